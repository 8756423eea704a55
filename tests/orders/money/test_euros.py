# SPDX-License-Identifier: AGPL-3.0-or-later
"""Euros in the ledger: where each amount comes from, differences, ceilings, sums to the cent."""

import csv
import io
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, QuotaExceeded
from dinamis.core.models import OutboxMessage
from dinamis.providers.base import PlacedOrder
from orders.enums import PriceBasis
from orders.models import Envelope, LedgerEntry, Tariff
from orders.selectors.money.envelope import balance
from orders.selectors.money.prices import Price, placed_prices, prices_of
from orders.selectors.money.purses import Need, Part, Purse, TooLarge, share_out
from orders.selectors.money.statement import adds_up, burn_down, entries_of, with_balance
from orders.sentences import CEILING_SHORT
from orders.services.fulfilment import placement
from orders.services.money import envelopes, ledger, quotes
from orders.web.money.burn_down import drawing
from tests.factories.accounts import ModeratorFactory
from tests.factories.orders import KM2, approved, approved_acquisition, drafted, envelope, offered, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w():
    return world(budget_km2=1000)


@pytest.fixture
def line(w):
    """A line of 60 km² at 243.60 €, as the tariff of 4.06 € a km² says."""
    item = drafted(w).items.get()
    item.billed_area_m2, item.price_cents = 60 * KM2, 24_360
    item.save(update_fields=["billed_area_m2", "price_cents"])
    return item


def cents_of(kind):
    return list(LedgerEntry.objects.filter(kind=kind).order_by("pk").values_list("amount_cents", flat=True))


def money(row):
    left = balance(row)
    return left.granted_cents, left.held_cents, left.committed_cents


# --- what an entry says --------------------------------------------------------------------------------------------


def test_a_hold_states_the_tariff_that_was_in_force(w, line):
    (held,) = ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    tariff = Tariff.objects.get(family="pleiades", kind="archive", quota="outside")
    assert (held.amount_cents, held.basis, held.tariff) == (-24_360, PriceBasis.TARIFF, tariff)
    assert money(w.envelope) == (0, 24_360, 0)


@pytest.mark.parametrize(
    ("price", "basis"), [(20_000, PriceBasis.LINE), (None, PriceBasis.UNPRICED), (24_361, PriceBasis.TARIFF)]
)
def test_a_price_that_no_tariff_explains_is_that_of_the_line_and_none_is_zero(line, price, basis):
    line.price_cents = price
    (found,) = prices_of([line])
    assert (found.cents, found.basis) == (price or 0, basis)


def test_a_tariff_that_came_later_does_not_explain_an_earlier_price(w, line):
    now = clock.now()
    Tariff.objects.filter(family="pleiades", kind="archive", quota="outside").update(valid=(None, now))
    line.order.submitted_at = now - timedelta(days=1)
    line.order.save(update_fields=["submitted_at"])
    assert prices_of([line])[0].basis == PriceBasis.TARIFF
    line.order.submitted_at = now + timedelta(days=1)
    line.order.save(update_fields=["submitted_at"])
    assert prices_of([line])[0].basis == PriceBasis.LINE


def test_an_accepted_quote_sets_the_price_of_exactly_what_it_names(w):
    order = drafted(w)
    line = order.items.get()
    quote = offered(order, cents=12_345)
    assert prices_of([line])[0].basis != PriceBasis.QUOTE
    quotes.accept(quote=quote, actor=w.researcher, fingerprint=quote.fingerprint)
    assert prices_of([line]) == [Price(12_345, PriceBasis.QUOTE, quote_id=quote.pk)]
    line.area_m2 -= 1
    assert prices_of([line])[0].basis != PriceBasis.QUOTE


@pytest.mark.parametrize(
    "fields",
    [
        {"basis": "tariff"}, {"basis": "quote"}, {"basis": "provider"}, {"basis": "unpriced"}, {"basis": "budget"},
        {"basis": "hold"},
    ],
)  # fmt: skip
def test_the_database_takes_no_amount_without_its_source(w, line, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            envelope=w.envelope, kind="hold", amount_cents=-1, order_item=line, key="x", actor_label="x", **fields
        )


# --- differences ---------------------------------------------------------------------------------------------------


def test_the_quote_of_an_approved_line_is_a_difference_of_its_own(w):
    order = approved_acquisition(w)
    line = order.items.get()
    held = -cents_of("hold")[0]
    quote = offered(order, cents=held + 500)
    quotes.accept(quote=quote, actor=w.researcher, fingerprint=quote.fingerprint)
    entry = LedgerEntry.objects.get(kind="price")
    assert (entry.amount_cents, entry.basis, entry.quote) == (-500, PriceBasis.QUOTE, quote)
    row = placement.prepare_placement(item_id=line.pk)
    known = PlacedOrder(reference=row.reference, contract_id="C", order_id="S1", source="tasking", cents=held + 400)
    placement.record_placed(provider_order_id=row.pk, placed=known)
    assert money(w.envelope) == (0, 0, held + 500)
    assert (cents_of("hold"), cents_of("price"), cents_of("commit")) == ([-held], [-500], [0])
    assert LedgerEntry.objects.get(kind="commit").provider_order == row
    ledger.refund(line, actor=SYSTEM, words="perdu")
    assert money(w.envelope) == (0, 0, 0)


def test_without_a_quote_the_price_of_the_provider_is_committed(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    for _twice in range(2):
        ledger.commit(line, actor=SYSTEM, price=Price(30_000, PriceBasis.LINE))
    assert (cents_of("price"), money(w.envelope)) == ([-5_640], (0, 0, 30_000))


def test_a_lower_price_before_the_purchase_gives_room_back_and_a_release_gives_the_rest(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    for cents in (20_000, 22_000):
        ledger.reprice(line, Price(cents, PriceBasis.LINE), actor=SYSTEM)
    assert money(w.envelope) == (0, 22_000, 0)
    ledger.release(line, actor=SYSTEM)
    assert (cents_of("price"), cents_of("release"), money(w.envelope)) == ([4_360, -2_000], [22_000], (0, 0, 0))
    assert adds_up(w.envelope, balance(w.envelope))
    with pytest.raises(IllegalTransition):
        ledger.reprice(line, Price(1, PriceBasis.LINE), actor=SYSTEM)


def test_what_was_given_back_in_part_keeps_its_price(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    ledger.commit(line, actor=SYSTEM)
    ledger.refund(line, actor=SYSTEM, words="moitié", part=Fraction(1, 2), key="half")
    ledger.reprice(line, Price(1, PriceBasis.LINE), actor=SYSTEM)
    assert (cents_of("price"), money(w.envelope)) == ([], (0, 0, 12_180))
    held = LedgerEntry.objects.get(kind="hold")
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            envelope=w.envelope, kind="price", amount_cents=1, hold=held, order_item=line, basis="line", key="x",
            actor_label="x",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "m2", "cents"), [("release", 60 * KM2, 24_359), ("price", 0, 24_361), ("refund", 0, 1)]
)
def test_the_database_refuses_answers_that_are_not_what_was_held(w, line, kind, m2, cents):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    held = LedgerEntry.objects.get(kind="hold")
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            envelope=w.envelope, kind=kind, amount_m2=m2, amount_cents=cents, hold=held, order_item=line, basis="hold",
            key="x", actor_label="x",
        )  # fmt: skip


def test_refunds_of_a_split_line_are_rounded_once_and_the_whole_leaves_nothing(w, line):
    pot = envelope(1000, name="Pot commun")
    Envelope.objects.filter(pk=w.envelope.pk).update(counts_euros=True)
    w.envelope.refresh_from_db()
    ledger.grant(envelope=w.envelope, amount_cents=10_001, actor=SYSTEM, key="euros")
    ledger.hold(purses=[w.envelope, pot], items=[line], actor=SYSTEM)
    assert cents_of("hold") == [-10_001, -14_359]
    ledger.commit(line, actor=SYSTEM)
    ledger.refund(line, actor=SYSTEM, words="tiers", part=Fraction(1, 7), key="1")
    assert sum(cents_of("refund")) == 24_360 // 7
    held = LedgerEntry.objects.filter(kind="hold").first()
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(
            envelope=held.envelope, kind="refund", amount_cents=10_001, hold=held, order_item=line, basis="hold",
            key="x", actor_label="x",
        )  # fmt: skip
    ledger.refund(line, actor=SYSTEM, words="annulé")
    assert (sum(cents_of("refund")), money(w.envelope)[1:], money(pot)) == (24_360, (0, 0), (0, 0, 0))


def test_the_parts_of_a_grouping_are_the_price_of_the_provider_to_the_cent(w):
    lines = [drafted(w).items.get() for _ in range(3)]
    for item in lines:
        item.price_cents = 100
    row = placement.prepare_placement(item_id=approved(w).items.get().pk)
    row.price_cents = 1_000
    assert [price.cents for price in placed_prices(row, lines)] == [334, 333, 333]
    for item in lines:
        item.price_cents = 0
    assert sum(price.cents for price in placed_prices(row, lines)) == 1_000
    row.price_cents = None
    assert placed_prices(row, lines) == [None] * 3


# --- ceilings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purses", "parts"),
    [
        ([Purse(1, 10, None, 30)], [Part(1, 10, 0, 30)]),
        ([Purse(1, 10, None, 10), Purse(2, 10)], [Part(1, 3, 0, 9), Part(2, 7, 0, 21)]),
        ([Purse(1, 10, None, 0), Purse(2, 10)], [Part(2, 10, 0, 30)]),
        ([Purse(1, 2, None, 99), Purse(2, 8, None, 24)], [Part(1, 2, 0, 6), Part(2, 8, 0, 24)]),
    ],
)
def test_euros_follow_the_area_and_a_purse_gives_as_far_as_both_reach(purses, parts):
    assert share_out([Need(10, 0, 30)], purses) == [parts]


def test_a_purse_with_area_and_without_euros_does_not_suffice():
    with pytest.raises(TooLarge) as refused:
        share_out([Need(10, 0, 30)], [Purse(1, 10, None, 29)])
    assert (refused.value.available, refused.value.required, refused.value.unit) == (29, 30, "cents")


def test_what_a_ceiling_leaves_no_room_for_is_refused_in_words(w, line):
    row = envelope(1000, name="Littoral", euros=243, owner=w.organisation)
    with pytest.raises(QuotaExceeded) as refused:
        ledger.hold(purses=[row], items=[line], actor=SYSTEM)
    assert (refused.value.extra["available"], refused.value.extra["required"]) == (24_300, 24_360)
    assert refused.value.extra["unit"] == "cents"
    for word in ("Littoral", "243\xa0€", "243,60\xa0€"):
        assert word in str(refused.value)
    with pytest.raises(QuotaExceeded) as refused:
        ledger.hold(purses=[row, envelope(1, name="Autre", euros=0)], items=[line], actor=SYSTEM)
    assert "Autre" in str(refused.value)
    assert not LedgerEntry.objects.filter(kind="hold").exists()


def test_the_database_holds_the_ceiling_whoever_writes(w, line):
    row = envelope(1000, euros=100)
    common = {"envelope": row, "order_item": line, "basis": "line", "actor_label": "x"}
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.bulk_create(
            LedgerEntry(kind="hold", amount_m2=-1, amount_cents=-cents, key=f"{cents}", **common)
            for cents in (6_000, 4_001)
        )
    LedgerEntry.objects.create(kind="hold", amount_m2=-1, amount_cents=-10_000, key="fits", **common)
    assert balance(row).available_cents == 0


def test_a_dearer_price_needs_room_before_the_purchase_and_is_owed_after_it(w, line):
    row = envelope(1000, name="Littoral", euros=250)
    ledger.hold(purses=[row], items=[line], actor=SYSTEM)
    with pytest.raises(QuotaExceeded):
        ledger.reprice(line, Price(25_001, PriceBasis.LINE), actor=SYSTEM)
    assert money(row) == (25_000, 24_360, 0)
    ledger.commit(line, actor=SYSTEM, price=Price(25_001, PriceBasis.LINE))
    assert balance(row).available_cents == -1
    assert adds_up(row, balance(row))


@pytest.mark.usefixtures("in_no_language")
def test_nothing_is_accepted_or_bought_beyond_a_ceiling(w):
    Envelope.objects.filter(pk=w.envelope.pk).update(counts_euros=True)
    ledger.grant(envelope=w.envelope, amount_cents=175_000, actor=SYSTEM, key="euros")
    w.envelope.refresh_from_db()
    order = approved_acquisition(w)
    line = order.items.get()
    before = money(w.envelope)
    quote = offered(order, cents=175_001)
    with pytest.raises(QuotaExceeded):
        quotes.accept(quote=quote, actor=w.researcher, fingerprint=quote.fingerprint)
    quote.refresh_from_db()
    assert (quote.state, money(w.envelope)) == ("offered", before)
    row = placement.prepare_placement(item_id=line.pk)
    with pytest.raises(QuotaExceeded):
        placement.reserve_price(provider_order_id=row.pk, asked_cents=175_001)
    placement.wait_for_envelope(provider_order_id=row.pk, asked_cents=175_001, left_cents=0, wanted_cents=1)
    row.refresh_from_db()
    assert (row.reason_code, money(w.envelope)) == ("envelope_exceeded", before)
    assert row.reason_text == CEILING_SHORT.keep(left=0, wanted=1)
    placement.reserve_price(provider_order_id=row.pk, asked_cents=175_000)
    assert money(w.envelope) == (175_000, 175_000, 0)


def proposed(w, **changes):
    words = {"envelope": w.envelope, "actor": w.moderator, "words": "Avenant", **changes}
    return envelopes.propose_adjustment(**words)


def test_the_first_euros_are_a_ceiling_which_leaves_room_for_what_is_spent(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    with pytest.raises(QuotaExceeded):
        envelopes.confirm_adjustment(adjustment=proposed(w, amount_cents=24_359), actor=ModeratorFactory())
    w.envelope.refresh_from_db()
    assert (w.envelope.counts_euros, money(w.envelope)) == (False, (0, 24_360, 0))
    envelopes.confirm_adjustment(adjustment=proposed(w, amount_cents=30_000, recurs=True), actor=ModeratorFactory())
    w.envelope.refresh_from_db()
    assert (w.envelope.counts_euros, w.envelope.renew_cents, money(w.envelope)) == (True, 30_000, (30_000, 24_360, 0))
    with pytest.raises(QuotaExceeded):
        envelopes.confirm_adjustment(adjustment=proposed(w, amount_cents=-5_641), actor=ModeratorFactory())
    envelopes.confirm_adjustment(adjustment=proposed(w, amount_cents=-5_640), actor=ModeratorFactory())
    assert balance(w.envelope).available_cents == 0
    with pytest.raises(Invalid):
        proposed(w)


def test_euros_are_renewed_and_carried_as_areas_are(w, line):
    now = clock.now()
    row = envelope(
        100, period=(now - timedelta(days=30), now + timedelta(days=1)), euros=300, renews=True, renew_cents=1_000,
        carry="share", carry_percent=50,
    )  # fmt: skip
    ledger.hold(purses=[row], items=[line], actor=SYSTEM)
    with clock.at(now + timedelta(days=2)):
        for _twice in range(2):
            envelopes.open_periods(at=clock.now())
            envelopes.carry_over(at=clock.now())
        following = Envelope.objects.get(previous=row)
        assert following.counts_euros
        assert (balance(row).available_cents, balance(following).granted_cents) == (2_820, 1_000 + 2_820)


def test_people_are_told_when_euros_run_low(w, line):
    row = envelope(1000, euros=300)
    ledger.hold(purses=[row], items=[line], actor=SYSTEM)
    mail = OutboxMessage.objects.filter(key__startswith=f"mail:envelope-low:{row.pk}:80").first()
    assert mail is not None
    assert mail.payload["context"]["left_cents"] == 5_640


# --- the statement -------------------------------------------------------------------------------------------------


def test_every_line_of_the_statement_states_its_euros_and_their_source(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    rows = with_balance(w.envelope, list(entries_of(w.envelope)))
    assert [(row.left_cents, row.spent_cents, row.price_source) for row in rows] == [
        (0, 0, ""),
        (-24_360, 24_360, "4,06\xa0€/km²"),
    ]
    client = Client()
    client.force_login(w.moderator)
    page = client.get(reverse("orders:envelope", args=[w.envelope.pk]), headers={"Accept-Language": "en"})
    assert "243" in page.content.decode()
    answer = client.get(reverse("orders:envelope_csv", args=[w.envelope.pk]))
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    last = list(csv.DictReader(io.StringIO(text)))[-1]
    assert (last["eur"], last["left_eur"], last["price"]) == ("-243.60", "-243.60", "tariff")


def test_a_ceiling_is_proposed_and_drawn_on_the_page(w):
    client = Client()
    client.force_login(w.moderator)
    sent = {"amount": "", "euros": "1234.56", "words": "Convention"}
    client.post(reverse("orders:envelope_adjust", args=[w.envelope.pk]), sent)
    envelopes.confirm_adjustment(adjustment=w.envelope.adjustments.get(), actor=ModeratorFactory())
    assert money(w.envelope) == (123_456, 0, 0)
    page = client.get(reverse("orders:envelope", args=[w.envelope.pk]))
    assert [chart["unit"] for chart in page.context["charts"]] == ["m2", "cents"]


def test_nothing_is_drawn_of_euros_before_there_was_a_ceiling(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    granted, begun = clock.now(), clock.now() + timedelta(days=3)
    assert [point.left_cents for point in burn_down(w.envelope, granted)] == [None]
    with clock.at(begun):
        envelopes.confirm_adjustment(adjustment=proposed(w, amount_cents=30_000), actor=ModeratorFactory())
    w.envelope.refresh_from_db()
    points = burn_down(w.envelope, begun + timedelta(days=2))
    assert [point.left_cents for point in points] == [None, 5_640, 5_640]
    area, euros = (drawing(w.envelope, points, begun, unit) for unit in ("m2", "cents"))
    assert (area["begins"], euros["begins"]) == (None, points[1].day)
    assert (area["path"].count("H"), euros["path"].count("H")) == (2, 1)
    assert float(euros["path"][1:].split()[0]) > float(area["path"][1:].split()[0])
    assert euros["pace"][0] == euros["path"][1:].split()[0]
    with clock.at(begun):
        client = Client()
        client.force_login(w.moderator)
        page = client.get(reverse("orders:envelope", args=[w.envelope.pk]), headers={"Accept-Language": "en"})
    assert "before, there was no ceiling in euros" in page.content.decode()
