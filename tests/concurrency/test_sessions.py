# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions under contention: one outcome, whoever comes first."""

from datetime import timedelta

import pytest

from dinamis.core import clock
from dinamis.core.exceptions import DomainError
from orders.models import Absence, AgendaRow, LedgerEntry, Minutes
from orders.services import minutes, sessions
from orders.services.absences import declare
from orders.services.session_decisions import Word, decide
from tests.concurrency.test_orders import together
from tests.factories.orders import world
from tests.orders.committee import before_committee, moderator, opened, planned, with_stages

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
