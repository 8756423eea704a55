# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of a year equals the ledger to the cent, however it is cut; a closed year does not change."""

import csv
import io
import re
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage
from orders.enums import Cut, Figure, PriceBasis
from orders.models import NationalProgramme, YearClosing, YearFigure
from orders.selectors.money.accounts import account_of, entries_of_figure, lines_invoiced, years_of_account
from orders.selectors.money.prices import Price
from orders.services.money import ledger
from orders.services.money import year_closing as verbs
from orders.services.money.settlements import settle_by_reason
from tests.factories.accounts import ModeratorFactory
from tests.factories.orders import KM2, approved, arrived, drafted, envelope, neighbour, placed, world
from tests.orders.conftest import drive
from tests.orders.money.accounting import approved_invoice
from tests.orders.money.purses import referent_of

pytestmark = pytest.mark.django_db
TAKEN = (Figure.HELD, Figure.PRICE, Figure.CARRIED_OUT, Figure.COMMITTED)


def last_year():
    return clock.today().year - 1


@pytest.fixture(scope="module")
def written(module_rows):
    """A year that is over, with an entry of each kind, and what happened to it since."""
    w = world(budget_km2=1000)
    programme = NationalProgramme.objects.create(name="Littoral")
    other = envelope(0, name="Programme", kind="programme", programme=programme, family="spot-6-7")
    pot = envelope(0, name="Pot commun")
    with clock.at(datetime(last_year(), 6, 1, tzinfo=clock.PARIS)):
        for row, m2, cents in ((w.envelope, 300 * KM2, 70_000), (other, 50 * KM2, 0), (pot, 90 * KM2, 12_345)):
            ledger.grant(envelope=row, amount_m2=m2, amount_cents=cents, attempts=2, actor=SYSTEM, key=f"y{row.pk}")
        ledger.adjust(envelope=pot, amount_m2=-KM2, attempts=-1, actor=SYSTEM, key="less", words="Avenant")
        ledger.carry(ended=pot, following=other, amount_m2=KM2, attempts=0, amount_cents=7, actor=SYSTEM, key="1")
        lines = [costly(w, 60, 10_001), costly(w, 70, 9_999), costly(w, 64, 333)]
        ledger.hold(purses=[w.envelope, pot], items=lines, actor=SYSTEM)
        ledger.release(lines[2], actor=SYSTEM)
        ledger.commit(lines[0], actor=SYSTEM, price=Price(10_101, PriceBasis.LINE))
        ledger.refund(lines[0], actor=SYSTEM, words="nuages", part=Fraction(1, 3), key="third")
    ledger.commit(lines[1], actor=SYSTEM, price=Price(9_000, PriceBasis.LINE))
    ledger.refund(lines[0], actor=SYSTEM, words="perdu")
    return w


def costly(w, km2, cents):
    item = drafted(w).items.get()
    item.billed_area_m2, item.price_cents = km2 * KM2, cents
    item.save(update_fields=["billed_area_m2", "price_cents"])
    return item


def amounts(rows):
    columns = [rows.values_list(name, flat=True) for name in ("amount_m2", "attempts", "amount_cents")]
    return [sum(column) for column in columns]


def ledger_until(moment, envelope_id=None):
    """What the ledger itself adds up to before a moment."""
    where = "at < %s" + (" AND envelope_id = %s" if envelope_id else "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(sum(amount_m2), 0)::bigint, COALESCE(sum(attempts), 0)::bigint,"
            f" COALESCE(sum(amount_cents), 0)::bigint FROM orders_ledgerentry WHERE {where}",
            [moment, *([envelope_id] if envelope_id else [])],
        )
        return list(cursor.fetchone())


@pytest.mark.parametrize("back", [0, 1, 2])
def test_the_account_is_the_ledger_to_the_cent_however_it_is_cut(w, back):
    year = clock.today().year - back
    found = account_of(year)
    end = datetime(year + 1, 1, 1, tzinfo=clock.PARIS)
    assert found.total.figures[Figure.CLOSING] == ledger_until(end)
    assert found.total.figures[Figure.OPENING] == ledger_until(datetime(year, 1, 1, tzinfo=clock.PARIS))
    for row in found.cut(Cut.ENVELOPE):
        assert row.figures[Figure.CLOSING] == ledger_until(end, int(row.key))
    for cut in Cut:
        for figure in Figure:
            sums = [sum(column) for column in zip(*(row.figures[figure] for row in found.cut(cut)), strict=True)]
            assert sums in ([], found.total.figures[figure]), (cut, figure)


def test_each_figure_is_made_of_the_entries_it_leads_to(w):
    for year in (last_year(), clock.today().year):
        for row in account_of(year).rows:
            for figure in set(Figure) - {Figure.INVOICED, Figure.NOT_INVOICED}:
                sign = -1 if figure in TAKEN else 1
                made = amounts(entries_of_figure(year, row.cut, row.key, figure))
                assert row.figures[figure] == [sign * one for one in made], (year, row.cut, row.key, figure)


def test_the_figures_of_a_year_say_what_happened_in_it(w):
    before, now = account_of(last_year()).total.figures, account_of(clock.today().year).total.figures
    assert before[Figure.GRANTED] == [439 * KM2, 5, 82_345]
    assert (before[Figure.CARRIED_IN], before[Figure.CARRIED_OUT]) == ([KM2, 0, 7], [KM2, 0, 7])
    assert before[Figure.HELD] == [194 * KM2, 0, 20_333]
    assert before[Figure.RELEASED] == [64 * KM2, 0, 333]
    assert (before[Figure.PRICE][2], before[Figure.REFUNDED][2]) == (100, 3_367)
    # The price came with the commit: what was committed is worth the hold.
    assert before[Figure.COMMITTED] == [60 * KM2, 0, 10_001]
    assert (now[Figure.OPENING], now[Figure.PRICE][2]) == (before[Figure.CLOSING], -999)
    assert now[Figure.REFUNDED][2] == 10_101 - 3_367
    assert years_of_account() == [clock.today().year, last_year()]


def test_what_is_invoiced_is_shared_over_those_who_pay_and_the_rest_is_awaited(w):
    row, second = (placed(approved(w, title=title))[0] for title in ("Un", "Deux"))
    arrived(row)
    year = clock.today().year

    def told(cut, figure):
        return {line.key: line.figures[figure][2] for line in account_of(year).cut(cut) if line.figures[figure][2]}

    assert told(Cut.PROVIDER, Figure.NOT_INVOICED) == {"oneatlas": 200}
    approved_invoice(w, (row.reference, "0.60"), ("D-0", "7"), net=760)
    assert told(Cut.TOTAL, Figure.INVOICED) == {"": 760}
    assert told(Cut.PROVIDER, Figure.INVOICED) == {"oneatlas": 760}
    assert told(Cut.ENVELOPE, Figure.INVOICED) == {str(w.envelope.pk): 60, "": 700}
    assert told(Cut.FAMILY, Figure.NOT_INVOICED) == {"pleiades": 140}
    approved_invoice(w, (row.reference, "-0.10"), net=-10, number="A-1")
    assert told(Cut.ENVELOPE, Figure.INVOICED)[str(w.envelope.pk)] == 50
    settle_by_reason(reference=row.reference, actor=w.moderator, difference_cents=-50, code="discount")
    assert told(Cut.TOTAL, Figure.NOT_INVOICED) == {"": 100}
    for cut, key, number in (
        (Cut.TOTAL, "", 3), (Cut.PROVIDER, "oneatlas", 3), (Cut.PROVIDER, "x", 0), (Cut.ENVELOPE, "", 1),
        (Cut.ENVELOPE, str(w.envelope.pk), 2), (Cut.OWNER, f"organisation:{w.organisation.pk}", 2), (Cut.OWNER, "x", 0),
    ):  # fmt: skip
        assert lines_invoiced(year, cut, key).count() == number, (cut, key)
    assert not lines_invoiced(last_year(), Cut.TOTAL, "").exists()
    assert second.lines.exists()


@pytest.mark.parametrize(
    ("cut", "key", "figure"),
    [("envelope", "x", "held"), ("owner", "nobody", "held"), ("owner", "programme:x", "held"), ("no", "", "held"),
     ("total", "", "nothing"), ("owner", "programme:" + "9" * 20, "held")],
)  # fmt: skip
def test_a_figure_that_is_not_there_has_no_entries(w, cut, key, figure):
    assert not entries_of_figure(last_year(), cut, key, figure).exists()


# --- closing -------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(w):
    return verbs.propose_closing(year=last_year(), actor=w.moderator)


def test_a_year_that_is_over_is_closed_once_by_two_people(w, proposed):
    with pytest.raises(NotPermitted):
        verbs.close_year(closing=proposed, actor=w.moderator)
    with pytest.raises(IntegrityError), transaction.atomic():
        YearClosing.objects.filter(pk=proposed.pk).update(state="closed", decided_by=w.moderator)
    with pytest.raises(Invalid) as refused:
        verbs.propose_closing(year=last_year(), actor=ModeratorFactory())
    assert refused.value.pointer == "year"
    assert not YearFigure.objects.exists()
    other = ModeratorFactory()
    closed = verbs.close_year(closing=proposed, actor=other)
    assert (closed.state, closed.decided_by) == ("closed", other)
    with pytest.raises(IllegalTransition):
        verbs.refuse_closing(closing=proposed, actor=other, words="Trop tard")


def test_a_year_that_cannot_be_closed_is_refused(w):
    for year in (clock.today().year, clock.today().year + 1, last_year() - 1):
        with pytest.raises(Invalid):
            verbs.propose_closing(year=year, actor=w.moderator)
    with pytest.raises(NotPermitted):
        verbs.propose_closing(year=last_year(), actor=w.researcher)
    assert not YearClosing.objects.exists()


def test_a_proposal_is_refused_with_a_reason_or_withdrawn_and_made_again(w, proposed):
    with pytest.raises(Invalid):
        verbs.refuse_closing(closing=proposed, actor=ModeratorFactory(), words=" ")
    with pytest.raises(NotPermitted):
        verbs.withdraw_closing(closing=proposed, actor=ModeratorFactory())
    verbs.refuse_closing(closing=proposed, actor=ModeratorFactory(), words="Une facture manque")
    again = verbs.propose_closing(year=last_year(), actor=w.moderator)
    verbs.withdraw_closing(closing=again, actor=w.moderator)
    assert not YearFigure.objects.exists()
    assert not OutboxMessage.objects.filter(topic=verbs.PRINT_TOPIC).exists()


def test_a_closed_year_does_not_change_and_a_correction_belongs_to_the_next(w, proposed):
    before = account_of(last_year())
    verbs.close_year(closing=proposed, actor=ModeratorFactory())
    for call in (
        lambda: YearFigure.objects.update(figures={}),
        lambda: YearFigure.objects.all().delete(),
        lambda: YearFigure.objects.create(closing=proposed, cut="total", position=999, key="x", figures={}),
        lambda: YearClosing.objects.update(year=1999),
        lambda: YearClosing.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            call()
    inside = clock.at(datetime(last_year(), 12, 31, 23, 59, tzinfo=clock.PARIS))
    with inside, pytest.raises(IntegrityError), transaction.atomic():
        ledger.grant(envelope=w.envelope, amount_m2=1, actor=SYSTEM, key="late")
    granted = account_of(clock.today().year).total.figures[Figure.GRANTED][2]
    ledger.adjust(envelope=w.envelope, amount_m2=0, attempts=0, amount_cents=5, actor=SYSTEM, key="c", words="Erreur")
    frozen, now = account_of(last_year()), account_of(clock.today().year)
    assert frozen.closing == proposed
    assert frozen.rows == before.rows
    assert now.total.figures[Figure.GRANTED][2] == granted + 5
    assert now.total.figures[Figure.OPENING] == frozen.total.figures[Figure.CLOSING]


def test_a_closed_year_is_printed_once_in_each_language(w, proposed, settings, tmp_path, client):
    settings.FILES_ROOT = tmp_path
    address = reverse("orders:account_document", args=[last_year()])
    client.force_login(w.moderator)
    verbs.print_account(proposed)
    assert client.get(address).status_code == 404
    verbs.close_year(closing=proposed, actor=ModeratorFactory())
    assert client.get(address).status_code == 404
    assert drive(verbs.PRINT_TOPIC) == 1
    proposed.refresh_from_db()
    kept = dict(proposed.files)
    assert set(kept) == {"fr", "en"}
    assert all((tmp_path / one["storage_key"]).read_bytes().startswith(b"%PDF") for one in kept.values())
    verbs.print_account(proposed)
    assert proposed.files == kept
    assert client.get(address)["X-Accel-Redirect"].endswith(".pdf")


# --- pages ---------------------------------------------------------------------------------------------------------


def test_the_page_the_entries_and_the_csv_say_the_same(w, client):
    client.force_login(w.moderator)
    year = last_year()
    page = client.get(reverse("orders:account", args=[year]))
    assert page.status_code == 200
    assert client.get(reverse("orders:accounts")).context["year"] == clock.today().year
    assert client.get(reverse("orders:account", args=[1999])).status_code == 404
    # More was spent than was granted in euros where no envelope limits them.
    assert not page.context["tables"][0].lines[0].below_zero
    ledger.hold(purses=[envelope(0, name="Sans plafond"), w.envelope], items=[costly(w, 60, 10**6)], actor=SYSTEM)
    assert client.get(reverse("orders:accounts")).context["tables"][0].lines[0].below_zero
    entries = reverse("orders:account_entries", args=[year])
    query = {"cut": "envelope", "key": str(w.envelope.pk), "figure": "held"}
    shown = client.get(entries, query)
    assert shown.context["total"]["cents"] == -shown.context["amounts"]["cents"]
    assert client.get(entries, {**query, "figure": "invoiced"}).status_code == 200
    for wrong in ({"key": "0"}, {"figure": "x"}, {"figure": "not_invoiced"}, {"cut": "x"}):
        assert client.get(entries, {**query, **wrong}).status_code == 404
    answer = client.get(reverse("orders:account_csv", args=[year]))
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (rows[0]["cut"], rows[0]["granted_eur"], rows[0]["held_m2"]) == ("total", "823.45", str(194 * KM2))


@pytest.mark.parametrize("closed", [False, True])
def test_who_leads_an_organisation_reads_the_account_of_its_envelopes_alone(w, client, proposed, closed):
    year, other = last_year(), neighbour(w)
    if closed:
        verbs.close_year(closing=proposed, actor=ModeratorFactory())
    address = reverse("orders:own_account", args=[year])
    client.force_login(referent_of(w.organisation))
    page = client.get(address)
    assert bool(page.context["closed"]) == closed
    (own,) = page.context["accounts"]
    total, envelopes = own["tables"]
    assert [line.label for line in envelopes.lines] == [w.envelope.name]
    granted = [
        next(c for c in line.cells if c.figure == Figure.GRANTED) for line in (total.lines[0], envelopes.lines[0])
    ]
    assert [(cell.m2, cell.cents) for cell in granted] == [(300 * KM2, 70_000)] * 2
    # Of the common pot and the programmes, of orders and invoices, nothing is said.
    main = page.content.decode().split("<main")[1].split("</main")[0]
    assert not re.search(r"Pot commun|/office/", main)
    # What did not happen is left out.
    assert (str(Figure.GRANTED.label) in main, str(Figure.CARRIED_IN.label) in main) == (True, False)
    assert client.post(address).status_code == 405
    assert client.get(reverse("orders:own_account", args=[1999])).status_code == 404
    client.force_login(referent_of(other.organisation))
    assert not any(
        cell.m2 for table in client.get(address).context["accounts"][0]["tables"][:1] for cell in table.lines[0].cells
    )
    for person in (w.researcher, w.moderator):
        client.force_login(person)
        assert client.get(address).status_code == 404


def test_a_year_is_closed_on_its_page(w, client):
    year, other = last_year(), Client()
    address = reverse("orders:account", args=[year])
    client.force_login(w.moderator)
    other.force_login(ModeratorFactory())
    for name in ("nothing", "close"):
        assert client.post(address, {"act": name}).status_code == 404
    client.post(address, {"act": "propose"})
    assert client.get(address).context["may_withdraw"]
    client.post(address, {"act": "withdraw", "version": 0})
    client.post(address, {"act": "propose"})
    assert (other.get(address).context["may_decide"], other.get(address).context["may_withdraw"]) == (True, False)
    assert not client.get(address).context["may_decide"]
    other.post(address, {"act": "refuse", "words": "Une facture manque", "version": 0})
    client.post(address, {"act": "propose"})
    other.post(address, {"act": "close", "version": 0})
    page = other.get(address)
    assert page.context["closed"].decided_by_id != w.moderator.pk
    assert str(year + 1) in page.content.decode()
    assert timedelta(0) <= clock.now() - page.context["closed"].decided_at
