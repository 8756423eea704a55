# SPDX-License-Identifier: AGPL-3.0-or-later
"""The legal representative's act: one acceptance per text, through a one-time link and a mailed code."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import Invalid
from dinamis.core.transitions import apply_transition
from licensing import notifications
from licensing.enums import AdhesionState, Capacity, LicenceKind
from licensing.models import Acceptance, AcceptanceTrace, Adhesion, LicenceVersion, SigningLink
from licensing.selectors.adhesion import texts_due
from licensing.services.entitlement import issue_missing
from licensing.services.licence import USER_AGENT_LENGTH, check_in_force
from licensing.services.names import check_typed_name
from licensing.services.signing_link import lock_open, spend_attempt
from licensing.services.submission import record_submission

BY_LINK_AND_CODE = "one-time link and mailed code"


@dataclass(frozen=True)
class TextAccepted:
    """One ticked box: the version, the language it was read in, the SHA-256 (hex) of the text shown."""

    version_id: int
    language: str
    sha256: str


@dataclass(frozen=True)
class Trace:
    """Where a signature came from; kept apart from the evidence."""

    ip: str | None = None
    user_agent: str = ""


def sign_adhesion(
    *,
    link: SigningLink,
    code: str,
    typed_name: str,
    acceptances: Sequence[TextAccepted],
    ip: str | None,
    user_agent: str,
    name_confirmed: bool = False,
) -> Adhesion:
    """Accept charter and licences for the organisation; the link is used up.

    An adhesion that awaits its signature goes to the office. One in force keeps its state: what is accepted is a new
    version, or a licence added since, whose missing rights are issued within the decision that admitted it.
    Raises IllegalTransition when the link is not open any more, StaleVersion when a text in force is not the one shown,
    Invalid (charter not accepted, name, code).
    """
    check_signature(link.adhesion, typed_name=typed_name, acceptances=acceptances, name_confirmed=name_confirmed)
    spend_attempt(link, code)
    with transaction.atomic():
        held = lock_open(link)
        signed = [
            _accept(held, text, typed_name, Trace(ip, user_agent)) for text in _ordered(held.adhesion, acceptances)
        ]
        held.used_at = clock.now()
        held.code_sha256 = ""
        held.save(update_fields=["used_at", "code_sha256"])
        adhesion = _handed_over(held.adhesion, typed_name)
        notifications.adhesion_signed(adhesion, held, signed)
    link.refresh_from_db()
    return adhesion


def _handed_over(adhesion: Adhesion, typed_name: str) -> Adhesion:
    if adhesion.state == AdhesionState.APPROVED:
        issue_missing(adhesion)
        return adhesion
    signed = apply_transition(adhesion, "sign", actor=Actor.signatory(_tidy(typed_name)), submitted_at=clock.now())
    record_submission(signed)
    return signed


def check_signature(
    adhesion: Adhesion, *, typed_name: str, acceptances: Sequence[TextAccepted], name_confirmed: bool = False
) -> None:
    """Refuse what needs no code to be seen wrong, so that a slip spends neither a code nor an attempt.

    Raises StaleVersion, Invalid as `sign_adhesion` does.
    """
    _ordered(adhesion, acceptances)
    check_typed_name(typed_name, adhesion.legal_representative_name, confirmed=name_confirmed)


def _ordered(adhesion: Adhesion, acceptances: Sequence[TextAccepted]) -> list[tuple[LicenceVersion, TextAccepted]]:
    """Pair each ticked box with its text in force; the charter is due, the licences are free."""
    offered = {version.pk: version for version in texts_due(adhesion)}
    given = {text.version_id: text for text in acceptances}
    for text in acceptances:
        version = offered.get(text.version_id) or LicenceVersion.objects.filter(pk=text.version_id).first()
        if version is None:
            raise Invalid(_("This text is not part of the adhesion."), pointer="acceptances")
        check_in_force(version, text.language, text.sha256)
    if unknown := set(given) - set(offered):
        raise Invalid(_("This text is not part of the adhesion."), pointer=f"text-{min(unknown)}")
    for version in offered.values():
        if version.licence.kind == LicenceKind.CHARTER and version.pk not in given:
            raise Invalid(
                _("The charter must be accepted: without it there is no adhesion."),
                pointer=f"text-{version.pk}",
                code="charter_missing",
            )
    if not given:
        raise Invalid(_("Tick at least one text."), code="nothing_ticked")
    return [(version, given[pk]) for pk, version in offered.items() if pk in given]


def _accept(link: SigningLink, pair: tuple[LicenceVersion, TextAccepted], typed_name: str, trace: Trace) -> Acceptance:
    version, text = pair
    acceptance = Acceptance.objects.create(
        licence_version=version,
        capacity=Capacity.LEGAL_REPRESENTATIVE,
        organisation_id=link.adhesion.organisation_id,
        email=link.email,
        language=text.language,
        sha256=text.sha256,
        typed_name=_tidy(typed_name),
        authenticated_by=BY_LINK_AND_CODE,
        accepted_at=clock.now(),
    )
    AcceptanceTrace.objects.create(acceptance=acceptance, ip=trace.ip, user_agent=trace.user_agent[:USER_AGENT_LENGTH])
    return acceptance


def _tidy(name: str) -> str:
    return " ".join(name.split())


def decline_signature(*, link: SigningLink, reason: str) -> Adhesion:
    """Refuse to sign, with words for the référent; the link is used up and the adhesion is a draft again.

    Raises IllegalTransition when the link is not open any more, Invalid without words.
    """
    with transaction.atomic():
        held = lock_open(link)
        adhesion = _declined(held.adhesion, Reason(words=reason.strip()))
        held.used_at = clock.now()
        held.save(update_fields=["used_at"])
        notifications.signature_declined(adhesion, held, reason.strip())
    link.refresh_from_db()
    return adhesion


def _declined(adhesion: Adhesion, reason: Reason) -> Adhesion:
    if not reason:
        raise Invalid(_("Give a reason."), pointer="reason", repair=_("Write one sentence the other side can read."))
    if adhesion.state == AdhesionState.APPROVED:
        return adhesion
    actor = Actor.signatory(adhesion.legal_representative_name)
    return apply_transition(adhesion, "decline_signature", actor=actor, reason=reason)
