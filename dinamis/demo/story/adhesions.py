# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each organisation joins as far as the play takes it, by the services and with everybody's own hand."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from dinamis.accounts.models import Membership, Organisation, User
from dinamis.accounts.services.membership import activate_membership, request_membership
from dinamis.core import clock
from dinamis.core.actors import Reason
from dinamis.demo.organisations import ORGANISATIONS, Cast, Member
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.paper import document
from dinamis.demo.story.stage import days_ago
from licensing.enums import AdhesionState as A
from licensing.enums import RepresentativeReason
from licensing.models import Adhesion
from licensing.selectors.adhesion import Matter, texts_due
from licensing.services import adhesion as verbs
from licensing.services.conversation import add_remark, send_message
from licensing.services.evidence import add_evidence
from licensing.services.filing import LegalRepresentative
from licensing.services.opinion import give_opinion
from licensing.services.representative_change import Declared, declare_change
from licensing.services.tokens import known_code

# The way to a state, and what is done on it so many days after the form was opened.
WAYS: dict[str, tuple[str, ...]] = {
    A.DRAFT: (),
    A.AWAITING_SIGNATURE: ("send",),
    A.SUBMITTED: ("send", "sign"),
    A.IN_REVIEW: ("send", "sign", "claim_today"),
    A.CHANGES_REQUESTED: ("send", "sign", "request_changes"),
    A.REFUSED: ("send", "sign", "refuse"),
    A.APPROVED: ("send", "sign", "approve"),
    A.SUSPENDED: ("send", "sign", "approve", "suspend", "notice"),
}
DAYS_AFTER = {"send": 0, "sign": 2, "request_changes": 9, "refuse": 12, "approve": 8, "suspend": 530, "notice": 552}


def load_adhesions() -> int:
    """Play every adhesion that is not there; returns how many were played."""
    known = set(Organisation.objects.values_list("name", flat=True))
    missing = [cast for cast in ORGANISATIONS if cast.data.name not in known]
    for cast in sorted(missing, key=lambda one: -one.days):
        _play(cast)
    return len(missing)


def _play(cast: Cast) -> None:
    referent = user(cast.referent[1])
    with days_ago(cast.days, 9):
        adhesion = verbs.open_adhesion(
            referent=referent,
            organisation=cast.data,
            eligibility_class=cast.eligibility_class,
            legal_representative=cast.representative,
            mission=cast.mission,
            answers=_answers(cast),
        )
        if cast.evidence:
            add_evidence(adhesion=adhesion, actor=referent, title=cast.evidence, upload=document(cast))
    for step in WAYS[cast.until]:
        with _moment_of(step, cast):
            STEPS[step](adhesion, cast)
        adhesion.refresh_from_db()
    for member in cast.members:
        _join(member, adhesion.organisation, referent)
    if cast.successor is not None:
        with days_ago(4, 15):
            _succeed(adhesion, cast, cast.successor)


def _moment_of(step: str, cast: Cast) -> AbstractContextManager[datetime]:
    """When a step is played: a claim of today now, since claims end after half an hour."""
    if step == "claim_today":
        return days_ago(0, 23)
    return days_ago(max(cast.days - DAYS_AFTER[step], 0), 14)


def _answers(cast: Cast) -> dict[str, str]:
    if not cast.ends_in:
        return dict(cast.answers)
    ends_on = clock.now() + timedelta(days=cast.days + cast.ends_in)
    return {**cast.answers, "project_ends_on": ends_on.date().isoformat()}


def _send(adhesion: Adhesion, cast: Cast) -> None:
    verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent, language=_language(cast))


def _language(cast: Cast) -> str:
    return "en" if cast.data.country == "EC" else "fr"


def _sign(adhesion: Adhesion, cast: Cast) -> None:
    _sign_all(adhesion, _language(cast))


def _sign_all(matter: Matter, language: str) -> None:
    """The legal representative opens the link of the mail, asks for the code, and signs every text."""
    link = matter.signing_links.get(used_at__isnull=True, revoked_at__isnull=True)
    verbs.request_signing_code(link=link)
    link.refresh_from_db()
    verbs.sign_adhesion(
        link=link,
        code=known_code(link),
        typed_name=matter.legal_representative_name,
        acceptances=[
            verbs.TextAccepted(version.pk, language, version.sha256_in(language)) for version in texts_due(matter)
        ],
        ip=None,
        user_agent="",
    )


def _succeed(adhesion: Adhesion, cast: Cast, person: LegalRepresentative) -> None:
    """The référent declares the next legal representative, who signs; the office has not confirmed it yet."""
    change = declare_change(
        organisation=adhesion.organisation,
        actor=adhesion.referent,
        declared=Declared(person, RepresentativeReason.END_OF_MANDATE, clock.today()),
        upload=document(cast),
    )
    _sign_all(change, change.language)


def _moderator() -> User:
    return user(person("moderator").email)


def _claimed(adhesion: Adhesion) -> dict[str, Any]:
    held = verbs.claim_adhesion(adhesion=adhesion, actor=_moderator())
    return {"adhesion": held, "actor": _moderator(), "expected_version": held.version}


def _request_changes(adhesion: Adhesion, cast: Cast) -> None:
    verbs.request_changes(**_claimed(adhesion), reason=Reason("evidence_missing", cast.words), changes=cast.changes)


def _refuse(adhesion: Adhesion, cast: Cast) -> None:
    verbs.refuse_adhesion(**_claimed(adhesion), reason=Reason("wrong_purpose", cast.words))


def _approve(adhesion: Adhesion, cast: Cast) -> None:
    words = cast.words if cast.until == A.APPROVED else "Dossier complet : mission de service public établie."
    claimed = _claimed(adhesion)
    _give_opinions(adhesion)
    verbs.approve_adhesion(**claimed, reason=Reason("complete", words))


def _give_opinions(adhesion: Adhesion) -> None:
    """CNES and Airbus DS answer what the claim asked them."""
    for opinion in adhesion.opinions.filter(state="asked"):
        giver = user(person(f"opinion_{opinion.body}").email)
        give_opinion(opinion=opinion, actor=giver, verdict="yes", words="Coopération établie : avis favorable.")


def _suspend(adhesion: Adhesion, cast: Cast) -> None:
    verbs.suspend_adhesion(
        adhesion=adhesion,
        actor=_moderator(),
        reason=Reason("inquiry", cast.words),
        expected_version=adhesion.version,
    )


def _notice(adhesion: Adhesion, cast: Cast) -> None:
    """The inquiry has ended: the organisation may answer before a revocation is decided."""
    verbs.give_notice(
        adhesion=adhesion,
        actor=_moderator(),
        reason=Reason("breach", "Trois images ont été rediffusées à un tiers sans licence."),
        expected_version=adhesion.version,
    )


def _claim_today(adhesion: Adhesion, cast: Cast) -> None:
    """The second moderator has it in hand, has noted something, asked something, and was answered."""
    moderator = user(person("second_moderator").email)
    verbs.claim_adhesion(adhesion=adhesion, actor=moderator)
    for write, actor, words in (
        (add_remark, moderator, "Le syndicat a changé de président en mars : vérifier la délégation de signature."),
        (send_message, moderator, "Pouvez-vous joindre la délibération qui élit la présidente ?"),
        (send_message, adhesion.referent, "Elle est jointe : délibération du 12 mars."),
    ):
        write(adhesion=adhesion, actor=actor, words=words, key=uuid4())


STEPS: dict[str, Callable[[Adhesion, Cast], None]] = {
    "send": _send,
    "sign": _sign,
    "request_changes": _request_changes,
    "refuse": _refuse,
    "approve": _approve,
    "suspend": _suspend,
    "notice": _notice,
    "claim_today": _claim_today,
}


def _join(member: Member, organisation: Organisation, referent: User) -> None:
    with days_ago(member.days, 11):
        membership: Membership = request_membership(
            user=user(member.email), organisation=organisation, motivation=member.motivation
        )
    if member.active:
        with days_ago(member.days - 1, 9):
            activate_membership(membership=membership, actor=referent)
