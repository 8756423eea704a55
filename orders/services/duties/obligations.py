# SPDX-License-Identifier: AGPL-3.0-or-later
"""Usage reports and certificates of destruction: asked when they are owed, recalled, sent once (docs/adr/0041).

A late one is told to everybody concerned and closes nothing: rights follow from `decide()` alone.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import Invalid
from dinamis.core.transitions import apply_transition, record_creation
from licensing.models import Entitlement
from licensing.services.names import check_typed_name
from orders import notifications_of_duties as notifications
from orders.enums import ObligationKind, ObligationState
from orders.models import Obligation, ObligationReminder
from orders.selectors.duties import obligations as selectors
from orders.selectors.duties.obligations import Owed

PRINT_TOPIC = "orders.print_destruction"
LONGEST = 10_000


def open_due(*, at: datetime) -> int:
    """Ask for everything that is owed at `at` and was not asked yet; returns how much. Twice = once."""
    reports = [_open_report(owed, at) for owed in selectors.reports_owed(at)]
    certificates = [_open_destruction(right, at) for right in selectors.rights_to_account_for(at)]
    return sum(reports) + sum(certificates)


def _open_report(owed: Owed, at: datetime) -> bool:
    return _open(
        Obligation(
            kind=ObligationKind.USAGE_REPORT,
            person_id=owed.person_id,
            organisation_id=owed.organisation_id,
            project_id=owed.project_id,
            since=owed.since,
            until=at,
            due_on=_day(at) + timedelta(days=settings.DINAMIS["USAGE_REPORT_DAYS"]),
            facts=selectors.facts_of(selectors.files_of_report(owed, at)),
        )
    )


def _open_destruction(right: Entitlement, at: datetime) -> bool:
    person = selectors.answerable(right)
    if person is None or right.project is None:
        # Nobody is left to ask: the office sees the organisation in restricted mode.
        return False
    files = list(selectors.files_of_right(right))
    return _open(
        Obligation(
            kind=ObligationKind.DESTRUCTION,
            person=person,
            organisation=right.organisation,
            project=right.project,
            entitlement=right,
            commissioner=selectors.commissioner_of(right.project),
            since=files[0].fetched_at or at,
            until=at,
            due_on=_day(at) + timedelta(days=settings.DINAMIS["DESTRUCTION_DAYS"]),
            facts=selectors.facts_of(files),
        )
    )


def _open(row: Obligation) -> bool:
    """Write an obligation and tell who owes it; False when somebody did so at the same moment."""
    row.opened_at = row.until
    with transaction.atomic():
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return False
        record_creation(row, actor=SYSTEM)
        notifications.asked(row)
    return True


def remind(*, at: datetime) -> int:
    """Recall what is due: of the steps that have come, the last one, once. Returns how many reminders are sent."""
    steps = sorted(settings.DINAMIS["OBLIGATION_REMINDER_DAYS"])
    today = _day(at)
    rows = Obligation.objects.filter(state=ObligationState.DUE, due_on__lte=today - timedelta(days=steps[0]))
    told = 0
    for row in rows.select_related("person", "organisation", "project").order_by("pk"):
        step = max(step for step in steps if row.due_on + timedelta(days=step) <= today)
        told += _recall(row, step, at)
    return told


@transaction.atomic
def _recall(row: Obligation, step: int, at: datetime) -> bool:
    if row.opened_at.astimezone(clock.PARIS).date() >= row.due_on + timedelta(days=step):
        # It was asked that day or later: the letter that asked has just been sent.
        return False
    try:
        with transaction.atomic():
            ObligationReminder.objects.create(obligation=row, step=step, sent_at=at)
    except IntegrityError:
        return False
    notifications.recalled(row, step=step)
    return True


@transaction.atomic
def send_report(*, obligation: Obligation, actor: Any, words: str, results: str = "") -> Obligation:
    """Send a usage report: what the images served for, and what came of it.

    Raises Invalid (no words, too long, another kind), NotPermitted, IllegalTransition (sent before, lifted).
    """
    _check_kind(obligation, ObligationKind.USAGE_REPORT)
    if not words.strip():
        raise Invalid(_("Say what the images served for."), pointer="words", repair=_("A few sentences are enough."))
    for pointer, text in (("words", words), ("results", results)):
        if len(text) > LONGEST:
            raise Invalid(_("This is longer than %(most)d characters.") % {"most": LONGEST}, pointer=pointer)
    return apply_transition(
        obligation,
        "send",
        actor=Actor.person(actor),
        words=words.strip(),
        results=results.strip(),
        sent_at=clock.now(),
        sent_by=actor,
    )


@transaction.atomic
def certify_destruction(
    *,
    obligation: Obligation,
    actor: Any,
    typed_name: str,
    destroyed_on: date | None,
    confirmed: bool,
    name_confirmed: bool = False,
    words: str = "",
) -> Obligation:
    """Sign that every file of the list, and every copy of it, was destroyed; the PDF is queued.

    Raises Invalid (name, a day to come or before the first download, not confirmed, another kind), NotPermitted,
    IllegalTransition (signed before, lifted).
    """
    _check_kind(obligation, ObligationKind.DESTRUCTION)
    check_typed_name(typed_name, actor.name, confirmed=name_confirmed)
    if destroyed_on is None or not _day(obligation.since) <= destroyed_on <= clock.today():
        raise Invalid(
            _("Give the day on which the files were destroyed."),
            pointer="destroyed_on",
            repair=_("Not before the first download, and not a day to come."),
        )
    if not confirmed:
        raise Invalid(_("Confirm that no copy is left."), pointer="confirmed")
    if len(words) > LONGEST:
        raise Invalid(_("This is longer than %(most)d characters.") % {"most": LONGEST}, pointer="words")
    moved = apply_transition(
        obligation,
        "send",
        actor=Actor.person(actor),
        typed_name=" ".join(typed_name.split()),
        destroyed_on=destroyed_on,
        words=words.strip(),
        sent_at=clock.now(),
        sent_by=actor,
    )
    outbox.put(PRINT_TOPIC, {"obligation_id": moved.pk}, key=f"{PRINT_TOPIC}:{moved.pk}")
    notifications.certified(moved)
    return moved


def lift(*, obligation: Obligation, actor: Any, words: str) -> Obligation:
    """Lift an obligation by the office, with a reason. Raises Invalid, NotPermitted, IllegalTransition."""
    return apply_transition(obligation, "lift", actor=Actor.person(actor), reason=Reason(words=words.strip()))


@transaction.atomic
def store_certificate(*, obligation_id: int, storage_key: str, sha256: str) -> bool:
    """Note where the PDF of a certificate lies; False when another one is there already."""
    row = Obligation.objects.select_for_update().get(pk=obligation_id)
    if row.storage_key:
        return False
    row.storage_key, row.sha256 = storage_key, sha256
    row.save(update_fields=["storage_key", "sha256"])
    return True


def _check_kind(obligation: Obligation, kind: str) -> None:
    if obligation.kind != kind:
        raise Invalid(_("This obligation is of another kind."), pointer="kind")


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.PARIS).date()
