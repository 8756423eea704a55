# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the walk needs of sign-in by providers, invitations, affiliations."""

from collections.abc import Callable

from allauth.socialaccount.models import SocialAccount
from django.core.files.uploadedfile import SimpleUploadedFile

from dinamis.accounts.models import AffiliationRule, Invitation
from dinamis.accounts.services.invitation import Invitee, invite, label_of
from dinamis.core.onetime import known_token
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
