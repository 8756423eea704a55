# SPDX-License-Identifier: AGPL-3.0-or-later
"""The change of an organisation's legal representative: declared, signed by the new one, confirmed, in effect.

Until it is in effect the former one binds the organisation. What they signed stays; rights have no gap.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation, User
from dinamis.accounts.services.membership import refuse_ended
from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.periods import day_start
from dinamis.core.transitions import apply_transition, lock, record_creation
from dinamis.core.validation import as_invalid
from licensing import notifications_of_representatives as notifications
from licensing.enums import AdhesionState, RepresentativeChangeState, RepresentativeReason
from licensing.models import Adhesion, Decision, LicenceVersion, RepresentativeChange
from licensing.models.adhesion import CLOSED
from licensing.selectors.representative import in_force_of
from licensing.selectors.restriction import restriction_of
from licensing.sentences import NEW_REPRESENTATIVE
from licensing.services.acceptance import Signatory, TextAccepted, accept_for_organisation
from licensing.services.certificate import reissue_certificate
from licensing.services.entitlement import issue_missing
from licensing.services.evidence import Upload, record_evidence, stored
from licensing.services.filing import LegalRepresentative, touch
from licensing.services.licence import USER_AGENT_LENGTH
from licensing.services.names import same_name
from licensing.services.ruling import Ruling, apply_ruling, check_reason, check_ruling, write_decision
from licensing.services.signing_link import ask_again, issue_link, revoke_links
from licensing.transitions import REPRESENTATIVE_OPEN

TOPIC = "licensing.change_representative"
CONFIRMED_BY_OFFICE = "one-time link and mailed code, confirmed by the office"
MOST_DAYS_AHEAD = 366
# Where a signature came from is kept with the signatures, or not at all.
FORGOTTEN: dict[str, Any] = {"ip": None, "user_agent": ""}


@dataclass(frozen=True)
class Declared:
    """Who is to bind the organisation, why, from which Paris day on, and the language of the link."""

    representative: LegalRepresentative
    reason: str
    effective_on: date
    language: str = "fr"


def declare_change(
    *, organisation: Organisation, actor: User, declared: Declared, upload: Upload
) -> RepresentativeChange:
    """Declare who is to be the legal representative, with the document that shows it, and send them the link to sign.

    A référent declares it; the office where there is none. Raises NotPermitted, IllegalTransition (no adhesion in
    force), Invalid naming the field: name, email, reason, effective_on, file; one that is under way already.
    """
    refuse_keys()
    with stored(upload) as file, transaction.atomic():
        home = Organisation.objects.select_for_update().get(pk=organisation.pk)
        _check_may_declare(home, actor)
        refuse_ended(home)
        adhesion = in_force_of(home, clock.now()).first()
        if adhesion is None:
            raise IllegalTransition(
                _("No adhesion of this organisation is in force: name the legal representative in the form."),
                code="not_in_force",
            )
        change = _drafted(adhesion, actor, declared)
        with acting(Actor.person(actor), action="licensing.representativechange.create", reason_code=change.reason):
            title = NEW_REPRESENTATIVE.keep()
            change.evidence = record_evidence(adhesion, file, title=title, actor=actor)
            _open(change)
            issue_link(matter=change, language=change.language)
        notifications.declared(change)
    return change


def _check_may_declare(home: Organisation, actor: User) -> None:
    asked = RepresentativeChange(organisation=home)
    if not actor.has_perm("licensing.declare_representative", asked):
        raise NotPermitted(_("Only a référent of the organisation may do this."))
    leads = actor.has_perm("licensing.withdraw_representative", asked)
    if not leads and restriction_of(home, clock.now()) is None:
        raise NotPermitted(_("The organisation has a référent, who declares this."))


def _drafted(adhesion: Adhesion, actor: User, declared: Declared) -> RepresentativeChange:
    """Return the change as declared, checked and tidied, not saved."""
    person = declared.representative
    name, email = " ".join(person.name.split()), person.email.strip().lower()
    if not name:
        raise Invalid(_("Say who the legal representative is."), pointer="name")
    with as_invalid("email"):
        validate_email(email)
    if declared.reason not in RepresentativeReason.values:
        raise Invalid(_("Choose the reason from the list."), pointer="reason")
    if declared.effective_on > clock.today() + timedelta(days=MOST_DAYS_AHEAD):
        raise Invalid(_("This day is more than a year away."), pointer="effective_on")
    known = same_name(name, adhesion.legal_representative_name)
    if known and email == adhesion.legal_representative_email.lower():
        raise Invalid(_("This person is the legal representative already."), pointer="name", code="same_person")
    return RepresentativeChange(
        organisation=adhesion.organisation,
        adhesion=adhesion,
        former_name=adhesion.legal_representative_name,
        legal_representative_name=name,
        legal_representative_title=" ".join(person.title.split()),
        legal_representative_email=email,
        language=declared.language,
        reason=declared.reason,
        effective_on=declared.effective_on,
        declared_by=actor,
        declared_at=clock.now(),
    )


def _open(change: RepresentativeChange) -> None:
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError as error:
        raise Invalid(
            _("A change of the legal representative is under way already."),
            repair=_("Withdraw it first, or wait until it is in effect."),
            code="one_open",
        ) from error
    record_creation(change, actor=Actor.person(change.declared_by))


def reissue_change_link(*, change: RepresentativeChange, actor: User) -> RepresentativeChange:
    """Revoke the link sent before and mail a new one. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        held = lock(change)
        if not actor.has_perm("licensing.withdraw_representative", held):
            raise NotPermitted(_("Only a référent of the organisation may do this."))
        if not held.signable:
            raise IllegalTransition(_("This change does not await a signature."), state=held.state)
        issue_link(matter=held, language=held.language)
    return held


def withdraw_change(*, change: RepresentativeChange, actor: User) -> RepresentativeChange:
    """Give a change up before it is in effect; nothing has changed then. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        withdrawn = apply_transition(change, "withdraw", actor=Actor.person(actor), **FORGOTTEN)
        revoke_links(withdrawn)
        notifications.over(withdrawn)
    return withdrawn


def close_changes(home: Organisation, reason: Reason) -> None:
    """Give up what is under way in an organisation that ends. Must be called in the transaction that holds it."""
    for change in home.representative_changes.filter(state__in=REPRESENTATIVE_OPEN):
        withdrawn = apply_transition(change, "withdraw", actor=SYSTEM, reason=reason, **FORGOTTEN)
        revoke_links(withdrawn)
        notifications.over(withdrawn)


def lapse_change(change: RepresentativeChange) -> None:
    """Give up a change whose link has expired unsigned; signed, withdrawn or sent again meanwhile, it stays."""
    with transaction.atomic():
        held = lock(change)
        if held.signable and not held.signing_links.filter(expires_at__gt=clock.now(), revoked_at=None).exists():
            lapsed = apply_transition(held, "lapse", actor=SYSTEM)
            revoke_links(lapsed)
            notifications.over(lapsed)


def keep_signature(change: RepresentativeChange, who: Signatory, texts: Sequence[TextAccepted]) -> RepresentativeChange:
    """Keep what the new representative signed: it binds the organisation once the office has confirmed who signed.

    Must be called inside the transaction that uses the link up.
    """
    signed = apply_transition(
        change,
        "sign",
        actor=Actor.signatory(who.typed_name),
        typed_name=who.typed_name,
        signed_at=clock.now(),
        signed=[asdict(text) for text in texts],
        ip=who.ip,
        user_agent=who.user_agent[:USER_AGENT_LENGTH],
    )
    notifications.signed(signed)
    return signed


def confirm_change(
    *, change: RepresentativeChange, actor: User, reason: Reason, expected_version: int
) -> RepresentativeChange:
    """Confirm who binds the organisation, from the day declared on; at once when that day has come.

    Raises NotPermitted (a part in the organisation, or who declared it), StaleVersion or IllegalTransition naming who
    acted meanwhile, Invalid without reason.
    """
    ruling = Ruling("confirm", Decision.Verdict.NEW_REPRESENTATIVE, actor, reason, expected_version)
    with transaction.atomic():
        confirmed = _decided(change, ruling)
        notifications.decided(confirmed)
        if confirmed.effective_on <= clock.today():
            return _take_effect(confirmed)
        outbox.put(
            TOPIC,
            {"change_id": confirmed.pk},
            key=f"{TOPIC}:{confirmed.pk}",
            at=day_start(confirmed.effective_on),
        )
    return confirmed


def refuse_change(
    *, change: RepresentativeChange, actor: User, reason: Reason, expected_version: int
) -> RepresentativeChange:
    """Refuse a change, with a coded reason, words and the way to contest it. Raises as `confirm_change` does."""
    ruling = Ruling("refuse", Decision.Verdict.KEEP_REPRESENTATIVE, actor, reason, expected_version)
    with transaction.atomic():
        refused = _decided(change, ruling, **FORGOTTEN)
        revoke_links(refused)
        notifications.decided(refused)
    return refused


def _decided(change: RepresentativeChange, ruling: Ruling, **changes: Any) -> RepresentativeChange:
    """Lock organisation and change, in this order, and write the decision with the transition."""
    Organisation.objects.select_for_update().get(pk=change.organisation_id)
    held = lock(change)
    check_ruling(held, ruling.actor, ruling.expected_version)
    check_reason(ruling.verdict, ruling.reason)
    decision = write_decision(held.adhesion, replace(ruling, expected_version=held.adhesion.version))
    return apply_ruling(held, ruling, decision=decision, **changes)


def take_effect(change: RepresentativeChange) -> None:
    """Let a confirmed change take effect when its day has come; called again, or once withdrawn, it changes nothing."""
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=change.organisation_id)
        held = lock(change)
        if held.state == RepresentativeChangeState.CONFIRMED and held.effective_on <= clock.today():
            _take_effect(held)


def _take_effect(change: RepresentativeChange) -> RepresentativeChange:
    former = list(in_force_of(change.organisation, clock.now()))
    with acting(SYSTEM, action="licensing.representativechange.take_effect"):
        for adhesion in change.organisation.adhesions.exclude(state__in=CLOSED).order_by("pk"):
            _hand_over(lock(adhesion), change)
        _bind(change)
        bound = list(in_force_of(change.organisation, clock.now()))
        for adhesion in bound:
            issue_missing(adhesion)
            reissue_certificate(adhesion)
    done = apply_transition(change, "take_effect", actor=SYSTEM, in_effect_at=clock.now(), **FORGOTTEN)
    for adhesion in bound:
        ask_again(adhesion=adhesion)
    notifications.in_effect(done, former)
    return done


def _hand_over(adhesion: Adhesion, change: RepresentativeChange) -> None:
    """Name the new representative on one adhesion; a link that the former one has not used goes to the new one."""
    for name in ("legal_representative_name", "legal_representative_title", "legal_representative_email"):
        setattr(adhesion, name, getattr(change, name))
    adhesion.save(
        update_fields=["legal_representative_name", "legal_representative_title", "legal_representative_email"]
    )
    touch(adhesion)
    revoke_links(adhesion)
    if adhesion.state == AdhesionState.AWAITING_SIGNATURE:
        issue_link(matter=adhesion, language=change.language)


def _bind(change: RepresentativeChange) -> None:
    """Write the signatures of the organisation that the new representative gave."""
    who = Signatory(
        organisation_id=change.organisation_id,
        email=change.legal_representative_email,
        typed_name=change.typed_name,
        authenticated_by=CONFIRMED_BY_OFFICE,
        ip=change.ip,
        user_agent=change.user_agent,
    )
    for text in change.signed:
        version = LicenceVersion.objects.get(pk=text["version_id"])
        accept_for_organisation(who, version, TextAccepted(**text))
