# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the walk needs of sign-in by providers, invitations, affiliations."""

from collections.abc import Callable
from datetime import timedelta

from allauth.socialaccount.models import SocialAccount
from django.core.files.uploadedfile import SimpleUploadedFile

from dinamis.accounts.models import AffiliationRule, Invitation
from dinamis.accounts.services.invitation import Invitee, invite, label_of
from dinamis.accounts.services.membership import end_membership
from dinamis.accounts.services.nomination import name_referent
from dinamis.core import clock
from dinamis.core.onetime import known_token
from licensing.services.ending import Ending, declare_end
from tests.factories.accounts import UserFactory, active_membership
from tests.walk.world import HOME, Case, World


def identity_of_alice(w: World) -> Case:
    """An identity the researcher may unlink: her password stays."""
    return Case((SocialAccount.objects.create(user=w.cast.alice, provider="orcid", uid="0000-0002-1825-0097").pk,))


def inviting(cell: str) -> Callable[[World], Case]:
    """Somebody nobody knows is invited."""
    return lambda w: Case((w.organisation(cell).pk,), {"email": "zoe@example.org", "name": "Zoé", "language": "fr"})


def inviting_by_file(cell: str) -> Callable[[World], Case]:
    """A file of one line."""
    return lambda w: Case(
        (w.organisation(cell).pk,), {"file": SimpleUploadedFile("people.csv", b"email,name\nzoe@example.org,Zo\n")}
    )


def _invitation(w: World, cell: str, email: str = "zoe@example.org") -> Invitation:
    invitee = Invitee(email, "Zoé")
    return invite(organisation=w.organisation(cell), actor=w.referent(cell), invitee=invitee)


def invitation_of(cell: str) -> Callable[[World], Case]:
    """An invitation that waits."""
    return lambda w: Case((_invitation(w, cell).pk,))


def invited_by_link(w: World) -> Case:
    """The foreign scientist is invited to the institute; whoever holds the link may read it."""
    invitation = _invitation(w, HOME, w.people["foreign_scientist"].email)
    return Case((known_token(label_of(invitation), invitation.token_sha256),))


def affiliations_of(cell: str) -> Callable[[World], Case]:
    """A rule about the scope of the référent's institution; no provider is configured here, so none may be written."""
    return lambda w: Case(
        (w.organisation(cell).pk,), {"scope": "univ-causse.fr", "affiliation": "member", "effect": "propose"}
    )


def affiliation_rule_of(cell: str) -> Callable[[World], Case]:
    """A rule that is switched on."""

    def prepared(w: World) -> Case:
        rule = AffiliationRule.objects.create(
            organisation=w.organisation(cell),
            scope="univ-causse.fr",
            affiliation="member",
            created_by=w.referent(cell),
        )
        return Case((rule.pk,))

    return prepared


def _member(w: World, cell: str):
    return w.member(cell).memberships.get(organisation=w.organisation(cell))


def naming(cell: str) -> Callable[[World], Case]:
    """The researcher is named as référent."""
    return lambda w: Case((w.organisation(cell).pk,), {"who": f"member-{_member(w, cell).pk}"})


def named(cell: str) -> Callable[[World], Case]:
    """The researcher was asked to be référent."""
    return lambda w: Case(
        (name_referent(organisation=w.organisation(cell), actor=w.referent(cell), who=_member(w, cell)).pk,)
    )


def second_referent(cell: str) -> Callable[[World], Case]:
    """The membership of a référent who is not the only one."""

    def prepared(w: World) -> Case:
        home = w.organisation(cell)
        active_membership(UserFactory(), home, role="referent")
        return Case((w.referent(cell).memberships.get(organisation=home).pk,))

    return prepared


def left_alone(cell: str) -> Callable[[World], Case]:
    """The only référent is gone; the office appoints the researcher."""

    def prepared(w: World) -> Case:
        home = w.organisation(cell)
        led = w.referent(cell).memberships.get(organisation=home)
        end_membership(membership=led, actor=w.dora, words="essai")
        return Case((home.pk,), {"email": w.member(cell).email, "words": "essai"})

    return prepared


def membership_of_office(cell: str) -> Callable[[World], Case]:
    """A member whom the office ends."""
    return lambda w: Case((_member(w, cell).pk,), {"words": "essai"})


def organisation_ending(cell: str) -> Callable[[World], Case]:
    """The end of an organisation, declared and confirmed."""
    data = {"kind": "ended", "effective_on": clock.today().isoformat(), "words": "essai", "confirm": "1"}
    return lambda w: Case((w.organisation(cell).pk,), data)


def declared_end(cell: str) -> Callable[[World], Case]:
    """An end whose day has not come."""

    def prepared(w: World) -> Case:
        said = Ending("ended", clock.today() + timedelta(days=30), "essai")
        end = declare_end(organisation=w.organisation(cell), actor=w.dora, ending=said)
        return Case((end.pk,), {"words": "essai"})

    return prepared
