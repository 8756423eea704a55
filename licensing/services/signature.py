# SPDX-License-Identifier: AGPL-3.0-or-later
"""The legal representative's act: one acceptance per text, through a one-time link and a mailed code."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import Invalid
from dinamis.core.transitions import apply_transition
from licensing import notifications, notifications_of_representatives
from licensing.enums import AdhesionState, LicenceKind
from licensing.models import Adhesion, LicenceVersion, RepresentativeChange, SigningLink
from licensing.selectors.adhesion import Matter, texts_due
from licensing.services.acceptance import Signatory, TextAccepted, accept_for_organisation
from licensing.services.entitlement import issue_missing
from licensing.services.licence import check_in_force
from licensing.services.names import check_typed_name
from licensing.services.representative_change import keep_signature
from licensing.services.signing_link import lock_open, spend_attempt, use_up
from licensing.services.submission import record_submission

BY_LINK_AND_CODE = "one-time link and mailed code"


def sign_adhesion(
    *,
    link: SigningLink,
    code: str,
    typed_name: str,
    acceptances: Sequence[TextAccepted],
    ip: str | None,
    user_agent: str,
    name_confirmed: bool = False,
) -> Matter:
    """Accept charter and licences for the organisation; the link is used up.

    An adhesion that awaits its signature goes to the office. One in force keeps its state: what is accepted is a new
    version, or a licence added since, whose missing rights are issued within the decision that admitted it. The
    signature of a new legal representative counts once the office has confirmed who they are.
    Raises IllegalTransition when the link is not open any more, StaleVersion when a text in force is not the one shown,
    Invalid (charter not accepted, name, code).
    """
    check_signature(link.matter, typed_name=typed_name, acceptances=acceptances, name_confirmed=name_confirmed)
    spend_attempt(link, code)
    with transaction.atomic():
        held = lock_open(link)
        ticked = _ordered(held.matter, acceptances)
        use_up(held)
        who = Signatory(
            organisation_id=held.matter.organisation_id,
            email=held.email,
            typed_name=" ".join(typed_name.split()),
            authenticated_by=BY_LINK_AND_CODE,
            ip=ip,
            user_agent=user_agent,
        )
        matter = _signed(held, who, ticked)
    link.refresh_from_db()
    return matter


def _signed(link: SigningLink, who: Signatory, ticked: Sequence[tuple[LicenceVersion, TextAccepted]]) -> Matter:
    if isinstance(link.matter, RepresentativeChange):
        return keep_signature(link.matter, who, [text for _version, text in ticked])
    signed = [accept_for_organisation(who, version, text) for version, text in ticked]
    adhesion = _handed_over(link.matter, who.typed_name)
    notifications.adhesion_signed(adhesion, link, signed)
    return adhesion


def _handed_over(adhesion: Adhesion, typed_name: str) -> Adhesion:
    if adhesion.state == AdhesionState.APPROVED:
        issue_missing(adhesion)
        return adhesion
    signed = apply_transition(adhesion, "sign", actor=Actor.signatory(typed_name), submitted_at=clock.now())
    record_submission(signed)
    return signed


def check_signature(
    matter: Matter, *, typed_name: str, acceptances: Sequence[TextAccepted], name_confirmed: bool = False
) -> None:
    """Refuse what needs no code to be seen wrong, so that a slip spends neither a code nor an attempt.

    Raises StaleVersion, Invalid as `sign_adhesion` does.
    """
    _ordered(matter, acceptances)
    check_typed_name(typed_name, matter.legal_representative_name, confirmed=name_confirmed)


def _ordered(matter: Matter, acceptances: Sequence[TextAccepted]) -> list[tuple[LicenceVersion, TextAccepted]]:
    """Pair each ticked box with its text in force; the charter is due, the licences are free."""
    offered = {version.pk: version for version in texts_due(matter)}
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


def decline_signature(*, link: SigningLink, reason: str) -> Matter:
    """Refuse to sign, with words for the référent; the link is used up and an adhesion is a draft again.

    Raises IllegalTransition when the link is not open any more, Invalid without words.
    """
    with transaction.atomic():
        held = lock_open(link)
        matter = _declined(held.matter, Reason(words=reason.strip()))
        use_up(held)
        if isinstance(matter, RepresentativeChange):
            notifications_of_representatives.declined(matter, reason.strip())
        else:
            notifications.signature_declined(matter, held, reason.strip())
    link.refresh_from_db()
    return matter


def _declined(matter: Matter, reason: Reason) -> Matter:
    if not reason:
        raise Invalid(_("Give a reason."), pointer="reason", repair=_("Write one sentence the other side can read."))
    if matter.state == AdhesionState.APPROVED:
        return matter
    actor = Actor.signatory(matter.legal_representative_name)
    return apply_transition(matter, "decline_signature", actor=actor, reason=reason)
