# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions under contention: one outcome, whoever comes first."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.exceptions import DomainError, NotPermitted
from dinamis.core.transitions import lock
from orders.models import Absence, AgendaRow, LedgerEntry, Minutes
from orders.services.requests.submission import cancel_order
from orders.services.reviewing import minutes, sessions
from orders.services.reviewing.absences import declare
from orders.services.reviewing.review import approve_order, refuse_order
from orders.services.reviewing.session_decisions import Word, decide, decide_several
from tests.concurrency.test_orders import together
from tests.factories.orders import in_review, world
from tests.orders.reviewing.committee import before_committee, moderator, opened, planned, with_stages

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def every_order_needs_the_committee():
    with with_stages():
        yield


def test_two_closings_at_once_make_one_set_of_minutes():
    w = world()
    session = opened(w.moderator, orders=[before_committee(w)])
    answers = together(*[lambda: minutes.close(session=session, actor=w.moderator)] * 3)
    assert sum(isinstance(answer, DomainError) for answer in answers) == 2
    assert Minutes.objects.count() == 1


def test_sessions_that_close_at_once_have_numbers_without_a_gap():
    w = world()
    rows = [opened(w.moderator) for _ in range(3)]
    answers = together(*[lambda row=row: minutes.close(session=row, actor=w.moderator) for row in rows])
    year = clock.today().year
    assert sorted(answer.number for answer in answers) == [f"PV-{year}-{n:04d}" for n in (1, 2, 3)]


def test_two_decisions_on_one_row_at_once_are_one():
    w = world()
    karim = moderator()
    session = opened(w.moderator, orders=[before_committee(w)])
    row = session.rows.get()
    granting = Word("grant", "Oui.", "need_established")
    refusing = Word("refuse", "Non.", "duplicate")
    # Who holds the claim of the order or nobody: the claim of the secretariat's stage is not one of the committee's.
    answers = together(
        lambda: decide(row=row, actor=w.moderator, word=granting),
        lambda: decide(row=row, actor=karim, word=refusing),
    )
    assert sum(isinstance(answer, DomainError) for answer in answers) == 1
    row.refresh_from_db()
    row.order.refresh_from_db()
    holds = LedgerEntry.objects.filter(kind="hold").count()
    assert (row.outcome, row.order.state, holds) in {("granted", "approved", 1), ("refused", "refused", 0)}


def test_a_decision_and_the_closing_at_once_tell_one_story():
    w = world()
    session = opened(w.moderator, orders=[before_committee(w)])
    row = session.rows.get()
    decided, closed = together(
        lambda: decide(row=row, actor=w.moderator, word=Word("grant", "Oui.", "need_established")),
        lambda: minutes.close(session=session, actor=w.moderator),
    )
    assert not isinstance(closed, DomainError)
    outcome = "deferred" if isinstance(decided, DomainError) else "granted"
    assert Minutes.objects.get().facts["rows"][0]["outcome"] == outcome
    row.order.refresh_from_db()
    assert row.order.state == ("in_review" if outcome == "deferred" else "approved")


def test_an_order_decided_and_withdrawn_at_once_holds_nothing():
    w = world()
    session = opened(w.moderator, orders=[before_committee(w)])
    row = session.rows.get()
    decided, cancelled = together(
        lambda: decide(row=row, actor=w.moderator, word=Word("grant", "Oui.", "need_established")),
        lambda: cancel_order(order=row.order, actor=w.researcher),
    )
    # An approved order may be cancelled until it is placed: whoever comes first, the withdrawal stands.
    assert not isinstance(cancelled, DomainError)
    row.refresh_from_db()
    row.order.refresh_from_db()
    kinds = sorted(LedgerEntry.objects.filter(kind__in=("hold", "release")).values_list("kind", flat=True))
    refused = isinstance(decided, DomainError)
    assert (row.order.state, row.outcome) == ("cancelled", "" if refused else "granted")
    assert kinds == ([] if refused else ["hold", "release"])


def test_closing_waits_for_an_order_that_is_being_withdrawn():
    w = world()
    session = opened(w.moderator, orders=[before_committee(w)])
    later = planned(w.moderator, days=9)
    order = session.rows.get().order
    answers = []
    closes = partial(minutes.close, session=session, actor=w.moderator)
    closing = threading.Thread(target=lambda: answers.extend(together(closes)))
    with transaction.atomic():
        cancel_order(order=order, actor=w.researcher)
        closing.start()
        while closing.is_alive() and not somebody_waits():
            closing.join(0.02)
        assert answers == []
    closing.join(30)
    assert not isinstance(answers[0], DomainError)
    assert Minutes.objects.get().facts["rows"][0]["outcome"] == "withdrawn"
    assert not later.rows.exists()


@pytest.mark.parametrize("lost", [{"office_role": "none"}, {"is_active": False}])
def test_who_loses_the_role_while_waiting_for_the_session_decides_nothing(lost):
    w = world()
    session = opened(w.moderator, orders=[before_committee(w)])
    row, answers = session.rows.get(), []
    decides = partial(decide, row=row, actor=w.moderator, word=Word("grant", "Oui.", "need_established"))
    deciding = threading.Thread(target=lambda: answers.extend(together(decides)))
    with transaction.atomic():
        lock(session)
        deciding.start()
        while deciding.is_alive() and not somebody_waits():
            deciding.join(0.02)
        User.objects.filter(pk=w.moderator.pk).update(**lost)
    deciding.join(30)
    row.refresh_from_db()
    assert [type(answer) for answer in answers] == [NotPermitted]
    assert (row.outcome, row.order.state, LedgerEntry.objects.filter(kind="hold").exists()) == ("", "in_review", False)


@pytest.mark.parametrize("verb", [approve_order, refuse_order])
def test_who_loses_the_role_while_waiting_for_the_order_decides_nothing(verb):
    w = world()
    with with_stages(("secretariat", "", "", 0)):
        order, answers = in_review(w), []
    decides = partial(verb, order=order, actor=w.moderator, reason="Vu.")
    deciding = threading.Thread(target=lambda: answers.extend(together(decides)))
    with transaction.atomic():
        lock(order)
        deciding.start()
        while deciding.is_alive() and not somebody_waits():
            deciding.join(0.02)
        User.objects.filter(pk=w.moderator.pk).update(office_role="none")
    deciding.join(30)
    order.refresh_from_db()
    assert ([type(answer) for answer in answers], order.state) == ([NotPermitted], "in_review")


def somebody_waits():
    """Whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN"
            " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
        return cursor.fetchone()[0] > 0


def test_the_same_rows_decided_alike_by_two_at_once_are_decided_once_each():
    w = world()
    karim = moderator()
    session = opened(w.moderator, orders=[before_committee(w), before_committee(w)])
    rows = list(session.rows.order_by("position"))
    word = Word("refuse", "Non.", "duplicate")
    answers = together(
        lambda: decide_several(rows=rows, actor=w.moderator, word=word),
        lambda: decide_several(rows=rows[::-1], actor=karim, word=word),
    )
    told = [one for answer in answers for one in answer]
    assert sorted(one.row.pk for one in told if not one.problem) == sorted(row.pk for row in rows)
    assert set(session.rows.values_list("outcome", "order__state")) == {("refused", "refused")}


def test_an_order_put_on_two_agendas_at_once_is_on_one():
    w = world()
    order = before_committee(w)
    rows = [planned(w.moderator), planned(w.moderator, days=9)]
    answers = together(
        *[lambda row=row: sessions.add_orders(session=row, actor=w.moderator, orders=[order.pk]) for row in rows]
    )
    assert sum(isinstance(answer, DomainError) for answer in answers) == 1
    assert AgendaRow.objects.count() == 1


def test_two_who_delegate_in_a_chain_at_once_do_not():
    one, two, three = moderator("Un"), moderator("Deux"), moderator("Trois")
    begins, ends = clock.now(), clock.now() + timedelta(days=9)
    answers = together(
        lambda: declare(person=one, begins=begins, ends=ends, delegate=two),
        lambda: declare(person=two, begins=begins, ends=ends, delegate=three),
        lambda: declare(person=one, begins=begins, ends=ends),
    )
    assert any(isinstance(answer, DomainError) for answer in answers)
    rows = Absence.objects.standing().filter(delegate__isnull=False)
    assert not {row.delegate_id for row in rows} & {row.person_id for row in rows}
    assert Absence.objects.filter(person=one).count() <= 1
