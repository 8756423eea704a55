# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger of the envelopes: every act once, every square metre counted."""

import pytest
from django.db import IntegrityError, transaction

from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, QuotaExceeded
from orders.models import LedgerEntry
from orders.selectors.money.envelope import Balance, balance, balances, propose
from orders.services.money import ledger
from tests.factories.orders import KM2, areas, drafted, envelope, world

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(module_rows):
    return world(budget_km2=100)


@pytest.fixture
def line(w):
    item = drafted(w).items.get()
    item.billed_area_m2 = 60 * KM2
    item.save(update_fields=["billed_area_m2"])
    return item


def kinds():
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", "amount_m2"))


def test_a_grant_counts_once_per_key(w):
    assert areas(w.envelope) == Balance(granted=100 * KM2)
    ledger.grant(envelope=w.envelope, amount_m2=KM2, actor=SYSTEM, key="one")
    ledger.grant(envelope=w.envelope, amount_m2=KM2, actor=SYSTEM, key="one")
    assert balance(w.envelope).available == 101 * KM2


def test_a_grant_is_positive(w):
    with pytest.raises(Invalid):
        ledger.grant(envelope=w.envelope, amount_m2=0, actor=SYSTEM, key="none")
    assert kinds() == [("grant", 100 * KM2)]


def test_hold_then_commit_then_refund(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    assert areas(w.envelope) == Balance(100 * KM2, held=60 * KM2, committed=0)
    ledger.commit(line, actor=SYSTEM)
    assert areas(w.envelope) == Balance(100 * KM2, held=0, committed=60 * KM2)
    assert balance(w.envelope).available == 40 * KM2
    ledger.give_back(line, actor=SYSTEM, words="l’opérateur a annulé")
    assert areas(w.envelope) == Balance(100 * KM2)
    assert kinds() == [("grant", 100 * KM2), ("hold", -60 * KM2), ("commit", 0), ("refund", 60 * KM2)]


def test_hold_then_release(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    ledger.give_back(line, actor=SYSTEM, words="refusé")
    assert areas(w.envelope) == Balance(100 * KM2)
    assert kinds()[1:] == [("hold", -60 * KM2), ("release", 60 * KM2)]


def test_every_act_happens_once(w, line):
    for _ in range(2):
        ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    for _ in range(2):
        ledger.commit(line, actor=SYSTEM)
    for _ in range(2):
        ledger.refund(line, actor=SYSTEM, words="perdu")
    assert [kind for kind, _amount in kinds()] == ["grant", "hold", "commit", "refund"]


def test_a_committed_line_is_not_released(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    ledger.commit(line, actor=SYSTEM)
    with pytest.raises(IllegalTransition):
        ledger.release(line, actor=SYSTEM)
    assert balance(w.envelope).committed == 60 * KM2


def test_a_released_line_is_not_committed(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    ledger.release(line, actor=SYSTEM)
    with pytest.raises(IllegalTransition):
        ledger.commit(line, actor=SYSTEM)
    assert balance(w.envelope).available == 100 * KM2


def test_only_a_committed_line_is_refunded(w, line):
    with pytest.raises(IllegalTransition):
        ledger.refund(line, actor=SYSTEM, words="")
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    with pytest.raises(IllegalTransition):
        ledger.refund(line, actor=SYSTEM, words="")
    assert balance(w.envelope).held == 60 * KM2


def test_releasing_nothing_does_nothing(w, line):
    ledger.release(line, actor=SYSTEM)
    with pytest.raises(IllegalTransition):
        ledger.commit(line, actor=SYSTEM)
    assert kinds() == [("grant", 100 * KM2)]


def test_what_does_not_fit_is_refused_with_the_figures(w, line):
    line.billed_area_m2 = 100 * KM2 + 1
    with pytest.raises(QuotaExceeded) as refused:
        ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    assert refused.value.extra == {
        "available": 100 * KM2,
        "required": 100 * KM2 + 1,
        "unit": "m2",
        "resets_at": w.envelope.period.upper.isoformat(),
    }
    assert kinds() == [("grant", 100 * KM2)]


def test_the_last_square_metre_may_be_held(w, line):
    line.billed_area_m2 = 100 * KM2
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    assert balance(w.envelope).available == 0


def test_lines_are_never_changed_nor_deleted(w):
    for act in (lambda rows: rows.update(amount_m2=1), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            act(LedgerEntry.objects.all())
    assert balance(w.envelope).granted == 100 * KM2


def test_several_balances_come_in_one_query(w, django_assert_num_queries):
    other = envelope(0, name="vide")
    with django_assert_num_queries(1):
        found = balances([w.envelope.pk, other.pk])
    assert found == {w.envelope.pk: Balance(100 * KM2), other.pk: Balance()}


def test_envelopes_are_proposed_own_first_and_those_that_suffice_before_the_others(w):
    from datetime import timedelta

    from dinamis.core import clock
    from tests.factories.accounts import OrganisationFactory

    now = clock.now()
    pot = envelope(1000, name="Pot commun")
    envelope(1000, name="Autre organisme", owner=OrganisationFactory())
    envelope(1000, name="Autre famille", family="spot-6-7")
    envelope(1000, name="Trimestre passé", period=(now - timedelta(days=90), now))
    fits = propose(family="pleiades", organisation_id=w.organisation.pk, required_m2=100 * KM2, at=now)
    assert [(p.envelope.pk, p.remaining_m2) for p in fits] == [(w.envelope.pk, 0), (pot.pk, 900 * KM2)]
    large = propose(family="pleiades", organisation_id=w.organisation.pk, required_m2=101 * KM2, at=now)
    assert [(p.envelope.pk, p.suffices) for p in large] == [(pot.pk, True), (w.envelope.pk, False)]
