# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where images are wanted and not held: counts of organisations, never fewer than may be shown, never a name."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.test import Client
from shapely.geometry import MultiPolygon, box

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import AdminUnit, Collection, SavedSearch
from dinamis.catalogue.selectors.tiles import Tile
from dinamis.catalogue.services.freshness import count_newest, lay_cells
from dinamis.core import clock
from dinamis.providers.base import StatusCode
from orders.models import Need
from orders.selectors.figures import needs
from orders.selectors.figures.needs import Asked
from orders.services.figures.needs import count_needs
from orders.services.requests.submission import cancel_order
from orders.web.requests.areas import box_named
from tests.factories.accounts import UserFactory
from tests.factories.orders import SceneFactory, acquisition, acquisition_request, neighbour, placed, said, world
from tests.factories.orders import acquisition_approved as approved
from tests.mvt import layers

pytestmark = pytest.mark.django_db
TILE = Tile(8, 130, 93)
LAND, HERE = box(3.6, 43.3, 3.8, 43.5), box(3.58, 43.28, 3.72, 43.52)


@pytest.fixture
def worlds():
    """Three organisations, and the land."""
    outline = GEOSGeometry(memoryview(MultiPolygon([LAND]).wkb), srid=4326)
    AdminUnit.objects.create(kind=AdminKind.DEPARTEMENT, code="34", name="Hérault", geometry=outline)
    lay_cells()
    first = world()
    return [first, neighbour(first), neighbour(first)]


def counted(at=None):
    count_newest(at=at or clock.now())
    count_needs(at=at or clock.now())
    return rows()


def rows(family=""):
    found = Need.objects.filter(family=family)
    return [(need.organisations, need.requests, need.searches, need.unmet) for need in found]


def asking(w, **fields):
    return acquisition_request(w, areas=[HERE], **fields)


def searching(w, query="bbox=3.58,43.28,3.72,43.52"):
    return SavedSearch.objects.create(owner=w.researcher, name="ici", query=query)


def test_organisations_are_counted_where_they_ask(worlds):
    for w in worlds:
        asking(w)
    assert counted() == [(3, 3, None, None)] * 2


def test_of_too_few_organisations_there_is_no_row(worlds):
    for w in worlds[:2]:
        asking(w)
        asking(w)
    assert counted() == []


def test_an_organisation_counts_once_whatever_its_ways(worlds):
    for w in worlds:
        asking(w)
        searching(w)
    assert counted() == [(3, 3, 3, None)] * 2


def test_a_way_in_which_too_few_ask_has_no_number(worlds):
    asking(worlds[0])
    for w in worlds[1:]:
        searching(w)
    assert counted() == [(3, None, None, None)] * 2


def test_searches_without_an_area_or_of_people_without_an_organisation_do_not_count(worlds):
    asking(worlds[0])
    asking(worlds[1])
    searching(worlds[2], query="sensor=pleiades")
    SavedSearch.objects.create(owner=UserFactory(), name="ici", query="bbox=3.58,43.28,3.72,43.52")
    assert counted() == []


def test_drafts_and_what_was_taken_back_do_not_count(worlds):
    asking(worlds[0])
    asking(worlds[1])
    acquisition(worlds[2], aoi=HERE)
    cancel_order(order=asking(worlds[2]), actor=worlds[2].researcher)
    assert counted() == []


def test_what_was_asked_in_vain_counts_until_it_is_old(worlds, settings):
    for w in worlds:
        order = approved(w, asking(w))
        for row in placed(order):
            said(row, StatusCode.EXPIRED)
    assert counted() == [(3, None, None, 3)] * 2
    assert counted(at=clock.now() + timedelta(days=settings.DINAMIS["NEED_DAYS"] + 1)) == []


def test_counted_anew_nothing_old_stays(worlds):
    orders = [asking(w) for w in worlds]
    assert len(counted()) == 2
    cancel_order(order=orders[0], actor=worlds[0].researcher)
    assert counted() == []


def test_where_something_recent_is_held_there_is_no_gap(worlds):
    for w in worlds:
        asking(w)
    outline = GEOSGeometry(memoryview(box(3.5, 43.2, 3.75, 43.4).wkb), srid=4326)
    SceneFactory(collection=worlds[0].collection, held=True, footprint=outline)
    counted()
    now = clock.now()
    where_nothing, everywhere = Asked(), Asked(gap=False)
    (gap,) = needs.by_departement(where_nothing, at=now)
    (every,) = needs.by_departement(everywhere, at=now)
    assert (gap.cells, every.cells, every.nothing) == (1, 2, 1)
    assert [len(needs.most_wanted(asked, at=now)) for asked in (where_nothing, everywhere)] == [1, 2]
    features = layers(needs.need_tile(TILE, everywhere, at=now))["cells"]
    assert {(feature["wanted"], feature["age"]) for feature in features} == {(3, 0)}
    assert len(layers(needs.need_tile(TILE, where_nothing, at=now))["cells"]) == 1


def test_a_product_family_is_counted_by_itself_and_answered_by_its_own_images(worlds):
    for w in worlds:
        asking(w)
    outline = GEOSGeometry(memoryview(box(3.5, 43.2, 3.75, 43.6).wkb), srid=4326)
    SceneFactory(collection=worlds[0].collection, held=True, footprint=outline)
    asked = worlds[0].collection.family
    counted()
    assert set(Need.objects.values_list("family", flat=True)) == {"", asked}
    assert rows(asked) == [(3, 3, None, None)] * 2
    assert all(need.newest_at for need in Need.objects.filter(family=asked))
    Collection.objects.update(family="spot-1-5")
    counted()
    assert not any(need.newest_at for need in Need.objects.filter(family=asked))
    assert all(need.newest_at for need in Need.objects.filter(family=""))


def test_of_a_family_that_too_few_want_there_is_no_row(worlds):
    asking(worlds[0])
    for w in worlds[1:]:
        searching(w)
    counted()
    assert set(Need.objects.values_list("family", flat=True)) == {""}


def test_a_search_of_several_sensors_counts_for_each_and_once_for_all(worlds):
    for w in worlds:
        searching(w, query="sensor=spot-6-7&sensor=pleiades&bbox=3.58,43.28,3.72,43.52")
    assert counted() == [(3, None, 3, None)] * 2
    assert rows("spot-6-7") == rows("pleiades") == [(3, None, 3, None)] * 2


def test_what_is_shown_can_be_narrowed_and_never_widened_below_the_threshold(worlds):
    for w in worlds:
        asking(w)
    counted()
    now = clock.now()
    assert len(needs.most_wanted(Asked(departement="34", at_least=1), at=now)) == 2
    assert len(needs.most_wanted(Asked(), at=now, limit=1)) == 1
    assert needs.frame(needs.most_wanted(Asked(), at=now)) == "2.6,42.3,4.7,44.5"
    assert needs.frame([]) == ""
    for narrowed in (Asked(departement="14"), Asked(at_least=4), Asked(family="aster")):
        assert needs.most_wanted(narrowed, at=now) == []
        assert needs.by_departement(narrowed, at=now) == []


def test_a_higher_minimum_hides_at_once_what_was_counted(worlds, settings):
    for w in worlds:
        asking(w)
    counted()
    settings.DINAMIS = {**settings.DINAMIS, "PUBLIC_MIN_ORGANISATIONS": 4}
    assert needs.by_departement(Asked(), at=clock.now()) == []
    assert needs.most_wanted(Asked(), at=clock.now()) == []


class TestPages:
    """What a browser gets."""

    @pytest.fixture
    def browser(self, worlds):
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(UserFactory())
        return client

    def test_the_page_says_it_without_its_map_and_names_nobody(self, worlds, browser):
        for w in worlds:
            asking(w)
        counted()
        page = browser.get("/orders/needs/").content.decode()
        assert "Hérault" in page
        assert "3 to 4" in page
        assert "3\u00a0organisations" in page
        assert "/orders/acquisition/?bbox=3.6,43.3,3.7,43.4" in page
        assert not any(w.organisation.name in page for w in worlds)
        lines = browser.get("/orders/needs.csv?held=any").content.decode().splitlines()
        assert len(lines) == 3
        assert lines[1].endswith(",34,3,3,,,")
        outlines = browser.get("/orders/needs.geojson?held=any").json()["features"]
        assert {outline["properties"]["organisations"] for outline in outlines} == {3}
        assert outlines[0]["geometry"]["coordinates"][0][0] == [3.6, 43.3]
        assert browser.get("/tiles/needs/8/130/93.mvt").status_code == 200
        assert browser.get("/tiles/needs/99/0/0.mvt").status_code == 400

    def test_the_link_of_a_place_begins_a_request_with_its_area(self, browser):
        page = browser.get("/orders/acquisition/?bbox=3.6,43.3,3.7,43.4").content.decode()
        assert "&quot;Polygon&quot;" in page

    @pytest.mark.parametrize("box", ["", "3.6,43.3,3.7", "a,b,c,d", "3.7,43.3,3.6,43.4", "0,0,nan,1", "0,-91,1,0"])
    def test_a_box_that_is_none_begins_it_without_an_area(self, box):
        assert box_named(box) == ""

    def test_where_there_is_nothing_it_says_so(self, browser):
        assert "Nothing to show" in browser.get("/orders/needs/?held=any").content.decode()
        assert browser.get("/tiles/needs/8/130/93.mvt").status_code == 204

    def test_an_unknown_filter_is_no_filter(self, browser):
        assert browser.get("/orders/needs/?family=none&at_least=x&departement=99").status_code == 200

    def test_it_is_for_who_is_signed_in(self):
        for address in ("/orders/needs/", "/orders/needs.csv", "/orders/needs.geojson", "/tiles/needs/8/130/93.mvt"):
            assert Client().get(address).status_code == 302
