# SPDX-License-Identifier: AGPL-3.0-or-later
"""The référent's side of an adhesion: open, fill in, send for signature, correct, withdraw (domain facts, 3.2)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Organisation, User
from dinamis.accounts.services.membership import refuse_ended, request_membership
from dinamis.accounts.services.organisation import OrganisationData, create_organisation, update_organisation
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import StatefulModel
from dinamis.core.transitions import apply_transition, lock, record_creation
from dinamis.core.validation import as_invalid
from licensing.enums import AdhesionState, EligibilityClass
from licensing.models import Adhesion, FormRevision
from licensing.models.adhesion import CLOSED
from licensing.selectors.adhesion import missing_to_send, reviewable_fields
from licensing.selectors.form import newer_revision, revision_in_force
from licensing.sentences import FILES_ADHESION
from licensing.services.change_request import check_changes_met
from licensing.services.entitlement import revoke_entitlements
from licensing.services.restriction import refuse_restricted
from licensing.services.signing_link import issue_link, revoke_links
from licensing.services.submission import record_submission
from licensing.validators import validate_answers, validate_class_identity

EDITABLE = (AdhesionState.DRAFT, AdhesionState.CHANGES_REQUESTED)


@dataclass(frozen=True)
class LegalRepresentative:
    """Who binds the organisation; needs no account."""

    name: str = ""
    email: str = ""
    title: str = ""


def open_adhesion(
    *,
    referent: User,
    organisation: Organisation | OrganisationData,
    eligibility_class: str,
    legal_representative: LegalRepresentative | None = None,
    mission: str = "",
    answers: Mapping[str, Any] | None = None,
) -> Adhesion:
    """Start an adhesion as a draft, with its organisation and the référent's membership, which waits for the decision.

    The form is the revision in force; `answers` maps the names of its questions to texts (dates in ISO 8601). Raises
    Invalid (identifiers, class, answers, an organisation or adhesion that exists already), NotPermitted for somebody
    else's organisation.
    """
    if eligibility_class not in EligibilityClass.values:
        raise Invalid(_("Choose the class of your organisation."), pointer="eligibility_class")
    representative = legal_representative or LegalRepresentative()
    revision = revision_in_force(eligibility_class, clock.now())
    given = checked_answers(revision, answers or {})
    with transaction.atomic():
        entity = _entity(referent, organisation, eligibility_class)
        refuse_ended(entity)
        refuse_restricted(entity)
        _join_as_referent(referent, entity)
        adhesion = _create(
            organisation=entity,
            eligibility_class=eligibility_class,
            referent=referent,
            legal_representative_name=representative.name.strip(),
            legal_representative_title=representative.title.strip(),
            legal_representative_email=representative.email.strip().lower(),
            mission=mission.strip(),
            answers=given,
            form_revision=revision,
        )
        record_creation(adhesion, actor=Actor.person(referent))
    return adhesion


def _entity(referent: User, given: Organisation | OrganisationData, eligibility_class: str) -> Organisation:
    if isinstance(given, Organisation):
        _check_own(referent, given)
        with as_invalid():
            validate_class_identity(eligibility_class, given.country, given.siret)
        return given
    data = given.tidied()
    with as_invalid():
        validate_class_identity(eligibility_class, data.country, data.siret)
    known = _known(data)
    if known is None:
        return create_organisation(data=data)
    _check_own(referent, known)
    return update_organisation(organisation=known, data=data)


def _known(data: OrganisationData) -> Organisation | None:
    """Return the organisation of this SIRET or ROR or, abroad, of this name and country."""
    if data.siret:
        return Organisation.objects.filter(siret=data.siret).first()
    if data.ror and (found := Organisation.objects.filter(ror=data.ror).first()):
        return found
    return Organisation.objects.filter(siret="", name__iexact=data.name, country=data.country).first()


def _check_own(referent: User, organisation: Organisation) -> None:
    """Refuse an organisation that somebody else answers for, or whose adhesion is under way.

    One that was never admitted and that nobody answers for may be filed again by anybody.
    """
    active = organisation.memberships.filter(state=MembershipState.ACTIVE)
    if active.filter(user=referent, role=MemberRole.REFERENT).exists():
        return
    under_way = organisation.adhesions.exclude(state__in=CLOSED)
    if active.exists() or under_way.exclude(referent=referent).exists():
        raise Invalid(
            _("“%(name)s” is registered already.") % {"name": organisation.name},
            pointer="siret",
            repair=_("Ask to join it, or write to its DINAMIS référent."),
            code="organisation_exists",
        )


def _join_as_referent(referent: User, organisation: Organisation) -> None:
    if referent.memberships.filter(organisation=organisation).exclude(state=MembershipState.ENDED).exists():
        return
    request_membership(
        user=referent, organisation=organisation, motivation=FILES_ADHESION.keep(), role=MemberRole.REFERENT
    )


def _create(**fields: Any) -> Adhesion:
    try:
        with transaction.atomic():
            return Adhesion.objects.create(**fields)
    except IntegrityError as error:
        raise Invalid(
            _("This organisation has an adhesion of this class already."), pointer="eligibility_class", code="one_open"
        ) from error


def edit_adhesion(
    *, adhesion: Adhesion, actor: User, values: Mapping[str, Any], expected_version: int | None = None
) -> Adhesion:
    """Change what the form says; a draft may be incomplete.

    `values` maps `organisation` (OrganisationData), `legal_representative_name|title|email`, `mission` and `answers`.
    Once signed, only what `reviewable_fields` names may change. Raises NotPermitted, IllegalTransition, StaleVersion,
    Invalid.
    """
    with transaction.atomic():
        held = lock_editable(adhesion, actor)
        if expected_version is not None and expected_version != held.version:
            raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
        allowed = reviewable_fields(held)
        if refused := sorted(set(values) - set(allowed)):
            raise IllegalTransition(
                _("This was signed by the legal representative and cannot change any more: %(fields)s.")
                % {"fields": ", ".join(refused)}
            )
        _write(held, dict(values))
        touch(held)
    adhesion.refresh_from_db()
    return held


def _write(adhesion: Adhesion, values: dict[str, Any]) -> None:
    data = values.pop("organisation", None)
    if data is not None:
        _rewrite_organisation(adhesion, data.tidied())
    if "answers" in values:
        values["answers"] = {**adhesion.answers, **checked_answers(adhesion.form_revision, values["answers"])}
    if "legal_representative_email" in values:
        values["legal_representative_email"] = values["legal_representative_email"].strip().lower()
    for field, value in values.items():
        setattr(adhesion, field, value.strip() if isinstance(value, str) else value)
    if values:
        adhesion.save(update_fields=list(values))


def checked_answers(revision: FormRevision, answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers tidied. Raises Invalid naming the question that was not answered as it admits."""
    tidy = {name: value.strip() if isinstance(value, str) else value for name, value in answers.items()}
    with as_invalid():
        validate_answers(revision.questions, tidy)
    return tidy


def adopt_revision(*, adhesion: Adhesion, actor: User) -> Adhesion:
    """Move a draft to the form in force; answers to questions it does not ask any more are dropped.

    Raises NotPermitted, IllegalTransition (not a draft, or on the form in force already).
    """
    with transaction.atomic():
        held = lock_editable(adhesion, actor)
        newer = newer_revision(held, clock.now())
        if held.state != AdhesionState.DRAFT or newer is None:
            raise IllegalTransition(_("This adhesion stands on the form it must be filled on."), state=held.state)
        held.form_revision = newer
        held.answers = {name: value for name, value in held.answers.items() if still_fits(newer, name, value)}
        held.save(update_fields=["form_revision", "answers"])
        touch(held)
    adhesion.refresh_from_db()
    return held


def still_fits(revision: FormRevision, name: str, value: str) -> bool:
    """Tell whether an answer given on another revision answers this one too."""
    try:
        validate_answers(revision.questions, {name: value})
    except ValidationError:
        return False
    return True


def _rewrite_organisation(adhesion: Adhesion, data: OrganisationData) -> None:
    if asdict(data) == {field: getattr(adhesion.organisation, field) for field in asdict(data)}:
        return
    if adhesion.organisation.adhesions.exclude(pk=adhesion.pk).filter(period__isnull=False).exists():
        raise NotPermitted(_("The office changes the identity of an organisation that was admitted."))
    with as_invalid():
        validate_class_identity(adhesion.eligibility_class, data.country, data.siret)
    update_organisation(organisation=adhesion.organisation, data=data)


def lock_editable(adhesion: Adhesion, actor: User) -> Adhesion:
    """Lock an adhesion whose content `actor` may change now. Raises NotPermitted, IllegalTransition."""
    held = lock(adhesion)
    if not actor.has_perm("licensing.file", held):
        raise NotPermitted(_("Only the référent who files this adhesion may change it."))
    if held.state not in EDITABLE:
        raise IllegalTransition(
            _("The adhesion cannot be changed while its state is “%(state)s”.") % {"state": held.get_state_display()},
            state=held.state,
        )
    return held


def touch(row: StatefulModel) -> None:
    """Make pages that show an older content stale: a decision is taken on what was read."""
    row.version += 1
    row.save(update_fields=["version"])


def send_for_signature(*, adhesion: Adhesion, actor: User, language: str = "fr") -> Adhesion:
    """Mail a one-time link to the legal representative. Raises Invalid naming what is missing, NotPermitted,
    IllegalTransition.
    """
    with transaction.atomic():
        held = lock(adhesion)
        refuse_restricted(held.organisation)
        _check_complete(held)
        sent = apply_transition(adhesion, "send_for_signature", actor=Actor.person(actor))
        issue_link(matter=sent, language=language)
    return sent


def _check_complete(adhesion: Adhesion) -> None:
    missing = missing_to_send(adhesion)
    if missing:
        raise Invalid(
            _("The form is not complete: %(missing)s.") % {"missing": ", ".join(line.text for line in missing)},
            pointer=missing[0].field,
            code="incomplete",
        )
    with as_invalid("legal_representative_email"):
        validate_email(adhesion.legal_representative_email)


def reissue_link(*, adhesion: Adhesion, actor: User, language: str = "fr") -> Adhesion:
    """Revoke the link sent before and mail a new one. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        held = lock(adhesion)
        if not actor.has_perm("licensing.file", held):
            raise NotPermitted(_("Only the référent who files this adhesion may do this."))
        if held.state != AdhesionState.AWAITING_SIGNATURE:
            raise IllegalTransition(_("This adhesion does not await a signature."), state=held.state)
        issue_link(matter=held, language=language)
    return held


def recall_adhesion(*, adhesion: Adhesion, actor: User) -> Adhesion:
    """Take a sent form back for a correction; its link dies. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        recalled = apply_transition(adhesion, "recall", actor=Actor.person(actor))
        revoke_links(recalled)
    return recalled


def withdraw_adhesion(*, adhesion: Adhesion, actor: User) -> Adhesion:
    """Give a request up before it is decided. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        withdrawn = apply_transition(
            adhesion, "withdraw", actor=Actor.person(actor), claimed_by=None, claimed_until=None
        )
        revoke_links(withdrawn)
        _drop_waiting_referent(withdrawn)
    return withdrawn


def _drop_waiting_referent(adhesion: Adhesion) -> None:
    waiting: QuerySet[Any] = adhesion.referent.memberships.filter(
        organisation=adhesion.organisation, state=MembershipState.REQUESTED, role=MemberRole.REFERENT
    )
    if adhesion.organisation.adhesions.exclude(state__in=CLOSED).exists():
        return
    from dinamis.accounts.services.membership import leave

    for membership in waiting:
        leave(membership=membership, actor=adhesion.referent)


def resubmit_adhesion(*, adhesion: Adhesion, actor: User) -> Adhesion:
    """Send the changes a moderator asked for, each made or answered.

    Raises NotPermitted, IllegalTransition, Invalid when incomplete or when a request was not met.
    """
    with transaction.atomic():
        held = lock(adhesion)
        refuse_restricted(held.organisation)
        _check_complete(held)
        sent = apply_transition(adhesion, "resubmit", actor=Actor.person(actor))
        check_changes_met(held)
        record_submission(sent)
    return sent


def terminate_adhesion(*, adhesion: Adhesion, actor: User, words: str = "") -> Adhesion:
    """End an adhesion on the organisation's own wish; its rights end. Raises NotPermitted, IllegalTransition."""
    reason = Reason("terminated_by_organisation", words)
    with transaction.atomic():
        ended = apply_transition(adhesion, "terminate", actor=Actor.person(actor), reason=reason)
        revoke_entitlements(adhesion=ended, reason=reason)
    return ended
