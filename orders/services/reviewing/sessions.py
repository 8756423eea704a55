# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions of the committee: planned, convened, their members and agenda. Every verb locks the session first."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.periods import day_after, day_start
from dinamis.core.transitions import apply_transition, lock, record_creation
from orders import notifications_of_sessions as notifications
from orders.enums import AgendaOutcome, Attendance, ReviewStage, SessionState
from orders.models import Absence, AgendaRow, CommitteeSession, Order, Recusal, SessionMember
from orders.reasons import check_reason
from orders.selectors.reviewing.absences import reviewers
from orders.selectors.reviewing.stages import open_review
from orders.services.reviewing import convocations


@transaction.atomic
def plan(
    *, actor: Any, starts_at: datetime, members: Iterable[int], place: str = "", link: str = ""
) -> CommitteeSession:
    """Plan a session to come. Raises NotPermitted, Invalid: a time that has passed, nowhere, people who sit in none."""
    if not actor.has_perm("orders.run_session"):
        raise NotPermitted(_("The office plans sessions."))
    _check_where(starts_at, place, link)
    session = CommitteeSession.objects.create(
        reference=_next_reference(), starts_at=starts_at, place=place, link=link, convened_by=actor
    )
    record_creation(session, actor=Actor.person(actor))
    _seat(session, members)
    return session


@transaction.atomic
def change(
    *, session: CommitteeSession, actor: Any, starts_at: datetime, members: Iterable[int], place: str, link: str
) -> CommitteeSession:
    """Move a planned session, or change who sits in it. Once it was convened, a move calls everybody anew, a new member
    is called, and who sits no more is told. Raises as `plan`, IllegalTransition once it has opened."""
    locked = locked_for(session, actor, SessionState.PLANNED)
    _check_where(starts_at, place, link)
    before = notifications.seated(locked)
    moved = (starts_at, place, link) != (locked.starts_at, locked.place, locked.link)
    if starts_at != locked.starts_at:
        locked.reminded_at = None
    locked.starts_at, locked.place, locked.link = starts_at, place, link
    locked.version += 1
    wanted = set(members)
    gone, _counts = locked.members.exclude(person__in=wanted).delete()
    if locked.convened_at is not None and (moved or gone):
        locked.sequence += 1
    locked.save(update_fields=["starts_at", "place", "link", "reminded_at", "sequence", "version"])
    new = wanted - set(locked.members.values_list("person_id", flat=True))
    _seat(locked, new)
    if locked.convened_at is not None:
        _tell_changed(locked, before, only=None if moved else new)
    return locked


@transaction.atomic
def convene(*, session: CommitteeSession, actor: Any) -> CommitteeSession:
    """Send the members, and the delegates of those who are away then, the convocation with the agenda; again after a
    change. Raises NotPermitted, IllegalTransition, Invalid when nobody sits in it."""
    locked = locked_for(session, actor, SessionState.PLANNED)
    if not locked.members.exists():
        raise Invalid(_("Nobody sits in this session."), pointer="members", repair=_("Choose its members first."))
    locked.convened_at = clock.now()
    locked.version += 1
    locked.save(update_fields=["convened_at", "version"])
    convocations.call(locked)
    return locked


def remind_members() -> int:
    """Remind the members of the sessions of tomorrow (Paris) that were convened, once; returns how many sessions."""
    tomorrow = clock.today() + timedelta(days=1)
    due = CommitteeSession.objects.filter(
        state=SessionState.PLANNED,
        convened_at__isnull=False,
        reminded_at__isnull=True,
        starts_at__gte=day_start(tomorrow),
        starts_at__lt=day_after(tomorrow),
    )
    return sum(_remind(pk) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def open_session(*, session: CommitteeSession, actor: Any) -> CommitteeSession:
    """Open a session, from when on its agenda is decided. Raises NotPermitted, IllegalTransition."""
    locked = locked_for(session, actor, SessionState.PLANNED)
    return apply_transition(locked, "open", actor=Actor.person(actor), locked=True)


@transaction.atomic
def call_off(*, session: CommitteeSession, actor: Any, words: str) -> CommitteeSession:
    """Call off a planned session: its orders wait for another one, its members are told if they were convened.

    Raises NotPermitted, IllegalTransition, Invalid without words.
    """
    locked = locked_for(session, actor, SessionState.PLANNED)
    for row in locked.rows.filter(outcome="").select_for_update(of=("self",)):
        row.outcome, row.decided_at = AgendaOutcome.DEFERRED, clock.now()
        row.save(update_fields=["outcome", "decided_at"])
    called = apply_transition(
        locked,
        "call_off",
        actor=Actor.person(actor),
        reason=Reason("", words.strip()),
        sequence=locked.sequence + (locked.convened_at is not None),
    )
    if called.convened_at is not None:
        notifications.session_called_off(called, words.strip())
    return called


@transaction.atomic
def set_attendance(*, session: CommitteeSession, actor: Any, seats: Mapping[int, str]) -> None:
    """Note who is there, by the number of the seat; `represented` takes the delegate of a member who is away then.

    Raises NotPermitted, IllegalTransition when the session is over, Invalid: no such seat or word, no delegate.
    """
    locked = locked_for(session, actor, SessionState.PLANNED, SessionState.OPEN)
    known = {seat.pk: seat for seat in locked.members.select_for_update(of=("self",)).select_related("person")}
    for pk, attendance in seats.items():
        if pk not in known or attendance not in Attendance.values:
            raise Invalid(
                _("There is no such member or attendance."),
                pointer=f"seat_{pk}",
                repair=_("Read the page again: who sits in the session was changed. Note each as present or excused."),
            )
        seat = known[pk]
        seat.attendance = attendance
        seat.stand_in = _stand_in(locked, seat) if attendance == Attendance.REPRESENTED else None
        seat.save(update_fields=["attendance", "stand_in"])


@transaction.atomic
def add_orders(*, session: CommitteeSession, actor: Any, orders: Iterable[int]) -> list[AgendaRow]:
    """Put orders at the end of the agenda, also late, until the session is over.

    Raises NotPermitted, IllegalTransition: an order that is not at the committee, or waits on an agenda already.
    """
    locked = locked_for(session, actor, SessionState.PLANNED, SessionState.OPEN)
    found = Order.objects.in_bulk(list(orders))
    if not found:
        raise Invalid(_("No order was named."), pointer="orders", repair=_("Tick those that go on the agenda."))
    return [append(locked, found[pk]) for pk in orders if pk in found]


def append(session: CommitteeSession, order: Order) -> AgendaRow:
    """Put one order last on the agenda of a session that the caller has locked. Raises IllegalTransition."""
    stage = open_review(order)
    if stage is None or stage.stage != ReviewStage.COMMITTEE:
        raise IllegalTransition(_("%(order)s is not at the stage of the committee.") % {"order": order.reference})
    last = session.rows.aggregate(last=Max("position"))["last"] or 0
    try:
        with transaction.atomic():
            return AgendaRow.objects.create(
                session=session, order=order, position=last + 1, late=session.convened_at is not None
            )
    except IntegrityError as error:
        raise IllegalTransition(_("%(order)s is on an agenda already.") % {"order": order.reference}) from error


@transaction.atomic
def take_off(*, row: AgendaRow, actor: Any) -> None:
    """Take an order that waits off the agenda. Raises NotPermitted, IllegalTransition when it was decided."""
    locked = locked_for(row.session, actor, SessionState.PLANNED, SessionState.OPEN)
    waiting = locked.rows.select_for_update(of=("self",)).filter(pk=row.pk, outcome="").first()
    if waiting is None:
        raise IllegalTransition(_("This order was decided, or is not on the agenda any more."))
    waiting.delete()


@transaction.atomic
def move(*, row: AgendaRow, actor: Any, up: bool) -> None:
    """Exchange an order with the one before or after it, where both wait. Raises NotPermitted, IllegalTransition."""
    locked = locked_for(row.session, actor, SessionState.PLANNED, SessionState.OPEN)
    rows = list(locked.rows.select_for_update(of=("self",)).filter(outcome="").order_by("position"))
    place = next((number for number, one in enumerate(rows) if one.pk == row.pk), None)
    other = None if place is None else place + (-1 if up else 1)
    if place is None or other is None or not 0 <= other < len(rows):
        return
    rows[place].position, rows[other].position = rows[other].position, rows[place].position
    for one in (rows[place], rows[other]):
        one.save(update_fields=["position"])


@transaction.atomic
def note_recusal(*, row: AgendaRow, actor: Any, person: Any, reason_code: str, words: str = "") -> Recusal:
    """Write down that a member steps back from an order: they may not decide on it any more. Twice = once.

    Raises NotPermitted, IllegalTransition when the session is over, Invalid: no member, or no reason.
    """
    locked = locked_for(row.session, actor, SessionState.PLANNED, SessionState.OPEN)
    sits = SessionMember.objects.filter(session=locked, person=person) | SessionMember.objects.filter(
        session=locked, stand_in=person
    )
    if not sits.exists():
        raise Invalid(
            _("%(name)s does not sit in this session.") % {"name": person},
            pointer="person",
            repair=_("Choose one of its members, or the delegate of one."),
        )
    check_reason("recuse", reason_code, words)
    order = lock(row.order)
    recusal, _new = Recusal.objects.get_or_create(
        order=order,
        person=person,
        defaults={"reason_code": reason_code, "words": words.strip(), "noted_by": actor if actor != person else None},
    )
    order.reviews.filter(state="open", claimed_by=person).update(claimed_by=None, claimed_until=None)
    return recusal


def locked_for(session: CommitteeSession, actor: Any, *states: SessionState) -> CommitteeSession:
    """Lock a session, in one of these states, for the office: for who belongs to it once the lock is theirs.

    Raises NotPermitted, IllegalTransition, Busy.
    """
    locked = lock(session)
    actor.read_again()
    if not actor.has_perm("orders.run_session", locked):
        raise NotPermitted(_("The office runs sessions."))
    if locked.state not in states:
        raise IllegalTransition(
            _("This is not possible any more: the session is %(state)s.") % {"state": locked.get_state_display()},
            state=locked.state,
        )
    return locked


def _tell_changed(session: CommitteeSession, before: Iterable[notifications.Told], *, only: set[int] | None) -> None:
    """Call the members anew, or those of `only`; tell those who were called before and are no more."""
    still = {person.pk for person, _away in notifications.seated(session)}
    notifications.seats_withdrawn(session, [told for told in before if told[0].pk not in still])
    convocations.call(session, only=only)


@transaction.atomic
def _remind(pk: int) -> bool:
    session = CommitteeSession.objects.select_for_update(of=("self",)).get(pk=pk)
    if session.reminded_at is not None or session.state != SessionState.PLANNED:
        return False
    session.reminded_at = clock.now()
    session.save(update_fields=["reminded_at"])
    notifications.session_reminder(session)
    return True


def _check_where(starts_at: datetime, place: str, link: str) -> None:
    if starts_at <= clock.now():
        raise Invalid(_("The session would begin in the past."), pointer="starts", repair=_("Choose a day to come."))
    if not (place or link):
        raise Invalid(_("Say where it is."), pointer="place", repair=_("Give a place, or the link of the conference."))


def _seat(session: CommitteeSession, people: Iterable[int]) -> None:
    wanted = set(people)
    found = set(reviewers().filter(pk__in=wanted).values_list("pk", flat=True))
    if wanted - found:
        raise Invalid(
            _("Somebody named does not review orders."),
            pointer="members",
            repair=_("Choose among those that the list names."),
        )
    SessionMember.objects.bulk_create(SessionMember(session=session, person_id=pk) for pk in sorted(found))


def _stand_in(session: CommitteeSession, seat: SessionMember) -> Any:
    away = Absence.objects.lasting(session.starts_at).filter(person=seat.person, delegate__isnull=False)
    row = away.select_related("person", "delegate").first()
    delegate: Any = row.delegate if row else None
    if delegate is None or not delegate.has_perm("orders.stand_in", row):
        raise Invalid(
            _("%(name)s has named no delegate for that day.") % {"name": seat.person},
            pointer=f"seat_{seat.pk}",
            repair=_("Note them as present or excused."),
        )
    return delegate


def _next_reference() -> str:
    """The next "S-2026-0003": year of Paris, then a number that never comes back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_session_reference_seq')")
        (number,) = cursor.fetchone()
    return f"S-{clock.today().year}-{number:04d}"
