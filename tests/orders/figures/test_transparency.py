# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public figures: what is counted, what is withheld, and that anybody reads them."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dinamis.core import clock
from licensing.models import Licence
from orders.models import DownloadTicket, PublicFigure, Reuse, TicketObject
from orders.selectors.figures.transparency import Cut, Figure, as_rows, figures, published, quarter_of, withhold
from orders.selectors.money.costs import rates_of
from orders.services.downloads.ticket import issue_ticket
from orders.services.figures.transparency import count_figures
from orders.services.reviewing.review import refuse_order
from tests.factories.licensing import approved_adhesion, grant, organisation_signs
from tests.factories.orders import KM2, delivered, in_review, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(settings):
    """Figures of a single organisation are published, so that a small world may be counted."""
    settings.DINAMIS = {**settings.DINAMIS, "PUBLIC_MIN_ORGANISATIONS": 1}


def another(w):
    """Somebody of one more organisation entitled to the same images."""
    adhesion = approved_adhesion()
    grant(adhesion, Licence.objects.get(pk=w.licence.pk))
    version = w.licence.versions.get()
    organisation_signs(adhesion.organisation, version)
    return member_of(adhesion.organisation, version)


def fetched(person, image, at=None):
    """The person's download of every file of an image."""
    ticket, _token, _paths = issue_ticket(
        person=person, assets=list(image.assets.filter(public=False)), project=None, at=clock.now()
    )
    TicketObject.objects.filter(ticket=ticket).update(fetched_at=at or clock.now())


def image_of(order):
    return order.items.get().product


def cell(cut, **where):
    return PublicFigure.objects.get(cut=cut, **where)


def test_what_was_delivered_is_counted(w, shown):
    order = delivered(w)
    line = order.items.get()
    count_figures(at=clock.now())
    year, quarter = quarter_of(clock.now())
    for row in (
        cell(Cut.TOTAL),
        cell(Cut.YEAR, year=year),
        cell(Cut.QUARTER, year=year, quarter=quarter),
        cell(Cut.FAMILY, key="pleiades"),
        cell(Cut.CLASS, key="french_institutional"),
        cell(Cut.YEAR_FAMILY, year=year, key="pleiades"),
    ):
        assert (row.images, row.area_m2, row.spent_cents, row.avoided_cents) == (1, line.area_m2, 100, 0)
        assert row.median_days == pytest.approx(0, abs=0.01)
    assert not PublicFigure.objects.filter(cut=Cut.THEME).exists()


def test_what_is_under_way_is_not_counted(w, shown):
    in_review(w)
    assert [figure for figure in figures(at=clock.now()) if figure.images] == []


def test_a_download_by_another_organisation_avoids_a_purchase(w, shown):
    """Acceptance test 10: the euros avoided are the tariff of the day for the whole image, once an organisation."""
    image = image_of(delivered(w))
    fetched(w.researcher, image)
    fetched(member_of(w.organisation, w.licence.versions.get()), image)
    count_figures(at=clock.now())
    assert (cell(Cut.TOTAL).avoided_cents, Reuse.objects.count()) == (0, 0)
    person = another(w)
    for _ in range(2):
        fetched(person, image)
        count_figures(at=clock.now())
    reuse = Reuse.objects.get()
    rates = rates_of(family="pleiades", kind="archive", eligibility_class="french_institutional", at=clock.now())
    expected = rates.cents(rates.billed_m2(reuse.area_m2))
    assert (reuse.cents, cell(Cut.TOTAL).avoided_cents, cell(Cut.TOTAL).reuses) == (expected, expected, 1)
    assert expected > 0
    assert reuse.area_m2 > 400 * KM2
    fetched(another(w), image)
    count_figures(at=clock.now())
    assert cell(Cut.TOTAL).avoided_cents == 2 * expected


def test_a_reuse_outlives_its_download(w, shown):
    fetched(another(w), image_of(delivered(w)))
    count_figures(at=clock.now())
    before = cell(Cut.TOTAL).avoided_cents
    DownloadTicket.objects.all().delete()
    count_figures(at=clock.now())
    assert cell(Cut.TOTAL).avoided_cents == before > 0


def test_figures_of_few_organisations_are_withheld(w):
    delivered(w)
    count_figures(at=clock.now())
    assert set(PublicFigure.objects.values_list("withheld", flat=True)) == {True}
    for row in as_rows(published()):
        assert [row[name] for name in ("images", "area_km2", "spent_eur", "avoided_eur", "reuses")] == [None] * 5


def figure(cut, key, organisations, year=None, area=1):
    return Figure(cut, year, None, key, organisations, 1, area, 0, 0, 0, None)


def withheld(cells):
    return {(cell.year, cell.key) for cell in withhold(cells) if cell.withheld}


def test_one_withheld_cell_takes_a_second_with_it():
    cells = [figure(Cut.FAMILY, "a", 9), figure(Cut.FAMILY, "b", 4), figure(Cut.FAMILY, "c", 1)]
    assert withheld(cells) == {(None, "b"), (None, "c")}
    assert withheld(cells[:2]) == set()


def test_neither_rows_nor_columns_give_a_cell_away():
    cells = [
        figure(Cut.YEAR_FAMILY, key, organisations, year)
        for year, key, organisations in (
            (2025, "a", 9),
            (2025, "b", 1),
            (2025, "c", 5),
            (2026, "a", 9),
            (2026, "b", 8),
            (2026, "c", 7),
        )
    ]
    hidden = withheld(cells)
    assert (2025, "b") in hidden
    for line in ([c for c in cells if c.year == 2025], [c for c in cells if c.key == "b"]):
        assert sum((c.year, c.key) in hidden for c in line) != 1


def test_refusals_are_counted_by_cause(w, shown):
    order = in_review(w)
    refuse_order(order=order, actor=w.moderator, reason="Déjà acquis.")
    count_figures(at=clock.now())
    assert PublicFigure.objects.filter(cut=Cut.REFUSAL).get().images == 1


def test_quarters_are_those_of_paris():
    new_year = clock.now().replace(year=2027, month=1, day=1, hour=0, minute=30, tzinfo=clock.PARIS)
    assert quarter_of(new_year) == (2027, 1)
    assert quarter_of(new_year - timedelta(hours=1)) == (2026, 4)


# --- the pages -------------------------------------------------------------------------------------------------------


def test_anybody_reads_page_csv_and_json(client, w, shown):
    image = image_of(delivered(w))
    fetched(another(w), image)
    count_figures(at=clock.now())
    avoided = cell(Cut.TOTAL).avoided_cents / 100
    page = client.get(reverse("orders:transparency"))
    assert page.status_code == 200
    assert "id_password" not in page.text
    rows = list(csv.DictReader(io.StringIO(client.get(reverse("orders:transparency_csv")).getvalue().decode())))
    assert float(next(row for row in rows if row["cut"] == "total")["avoided_eur"]) == pytest.approx(avoided, abs=0.01)
    body = client.get(reverse("orders:transparency_json")).json()
    total = next(row for row in body["figures"] if row["cut"] == "total")
    assert total["avoided_eur"] == pytest.approx(avoided, abs=0.01)
    assert len(body["method"]) == 5
    assert str(w.organisation) not in page.text


def test_an_empty_page_says_so(client):
    assert client.get(reverse("orders:transparency")).status_code == 200
    assert client.get(reverse("orders:transparency"), {"year": "nonsense"}).status_code == 200
    assert client.get(reverse("orders:transparency_json")).json()["figures"] == []


def test_the_page_needs_as_many_queries_for_three_orders_as_for_one(client, w, shown):
    def queries():
        count_figures(at=clock.now())
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("orders:transparency"), {"year": str(clock.today().year)})
        return len(seen)

    fetched(another(w), image_of(delivered(w)))
    first = queries()
    for _ in range(2):
        fetched(another(w), image_of(delivered(w)))
    assert queries() == first
