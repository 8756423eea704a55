# SPDX-License-Identifier: AGPL-3.0-or-later
"""How old the newest image is that one may use, cell by cell: counted, read, drawn, and as a page without its map."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import GEOSGeometry
from django.test import Client
from shapely.geometry import MultiPolygon, Point, box

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import AdminUnit, LandCell, NewestImage
from dinamis.catalogue.selectors import freshness
from dinamis.catalogue.selectors.freshness import Kind
from dinamis.catalogue.selectors.tiles import Tile
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.services.freshness import count_newest, lay_cells
from dinamis.core import clock
from dinamis.core.geo import to_shapely
from tests.factories.orders import SceneFactory, world
from tests.mvt import layers

pytestmark = pytest.mark.django_db
# Four cells and a half of a tenth of a degree: the fifth column is half at sea.
LAND = box(3.6, 43.3, 3.85, 43.5)
WEST = box(3.5, 43.2, 3.7, 43.6)


@pytest.fixture
def w():
    return world()


@pytest.fixture(autouse=True)
def land():
    made = departement("34", LAND)
    lay_cells()
    return made


def departement(code, shape):
    outline = GEOSGeometry(memoryview(MultiPolygon([shape]).wkb), srid=4326)
    return AdminUnit.objects.create(kind=AdminKind.DEPARTEMENT, code=code, name=f"Dép {code}", geometry=outline)


def image(w, days=100, area=WEST, **fields):
    facts = {"held": True, "datetime": clock.now() - timedelta(days=days), "gsd": 0.5, "collection": w.collection}
    footprint = GEOSGeometry(memoryview(area.wkb), srid=4326)
    return SceneFactory(footprint=footprint, **facts | fields)


def counted():
    count_newest(at=clock.now())


def ages(user, **kind):
    rows = freshness.every_cell(Kind(**kind), viewer_of(user))
    return sorted(round((clock.now() - cell.taken_at) / timedelta(days=1)) for cell in rows if cell.taken_at)


def test_the_land_is_laid_with_cells_that_have_a_point_on_it():
    cells = list(LandCell.objects.all())
    assert len(cells) == 6
    assert all(LAND.covers(Point(cell.inside.x, cell.inside.y)) for cell in cells)
    assert all(to_shapely(cell.geometry).area == pytest.approx(0.01) for cell in cells)
    assert {"E0036N0433", "E0038N0434"} < {cell.code for cell in cells}


def test_cells_are_laid_once_and_those_on_a_border_belong_to_who_has_most_of_them():
    assert lay_cells() == 0
    departement("30", box(3.85, 43.3, 4.0, 43.5))
    assert lay_cells() == 2
    assert LandCell.objects.get(code="E0038N0433").departement == "34"


def test_a_cell_is_named_by_the_commune_of_its_point_once_that_is_known():
    assert set(LandCell.objects.values_list("commune", flat=True)) == {""}
    for name, shape in (("Sète", box(3.6, 43.3, 3.7, 43.5)), ("Agde", box(3.71, 43.3, 3.85, 43.5))):
        outline = GEOSGeometry(memoryview(MultiPolygon([shape]).wkb), srid=4326)
        AdminUnit.objects.create(kind=AdminKind.COMMUNE, code=name, name=name, geometry=outline)
    assert lay_cells() == 0
    assert LandCell.objects.get(code="E0036N0434").commune == "Sète"
    # Between two generalised outlines: the nearest.
    assert {cell.commune for cell in LandCell.objects.exclude(code__startswith="E0036")} == {"Agde"}


def test_the_newest_image_over_the_point_of_a_cell_counts(w):
    image(w, days=900)
    image(w, days=100)
    counted()
    assert ages(w.researcher) == [100, 100]
    assert NewestImage.objects.count() == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"held": False},
        {"withdrawn_at": clock.now()},
        {"embargo_until": clock.now() + timedelta(days=9)},
        {"days": -3},
    ],
    ids=["not held", "withdrawn", "under embargo", "dated ahead"],
)
def test_what_cannot_be_used_does_not_count(w, fields):
    image(w, **fields)
    counted()
    assert not NewestImage.objects.exists()


def test_what_is_held_back_counts_once_it_opens(w):
    until = clock.now() + timedelta(days=9)
    image(w, hold_back_until=until, hold_back_organisation=w.organisation)
    counted()
    assert not NewestImage.objects.exists()
    count_newest(at=until)
    assert NewestImage.objects.exists()


def test_an_embargo_of_its_licence_counts_from_the_acquisition(w):
    w.licence.embargo_days = 101
    w.licence.save()
    image(w, days=100)
    counted()
    assert not NewestImage.objects.exists()
    count_newest(at=clock.now() + timedelta(days=2))
    assert NewestImage.objects.exists()


def test_each_person_sees_the_images_they_may_use(w):
    image(w)
    counted()
    nobody = AnonymousUser()
    assert (ages(w.researcher), ages(nobody), ages(nobody, mine=False)) == ([100, 100], [], [100, 100])


def test_sensor_fineness_and_stereo_narrow_what_counts(w):
    image(w, days=10, gsd=6)
    image(w, days=50, stereo_count=2, gsd=1.5)
    image(w, days=100, gsd=0.5)
    counted()
    assert ages(w.researcher)[0] == 10
    assert ages(w.researcher, fineness=1)[0] == 50
    assert ages(w.researcher, fineness=0)[0] == 100
    assert ages(w.researcher, stereo=True)[0] == 50
    assert ages(w.researcher, family="spot-6-7") == []


def test_counted_anew_nothing_old_stays(w):
    gone = image(w)
    counted()
    gone.withdrawn_at = clock.now()
    gone.save()
    counted()
    assert not NewestImage.objects.exists()


def test_a_departement_is_summed_up(w):
    image(w, days=100)
    counted()
    (part,) = freshness.by_departement(Kind(), viewer_of(w.researcher))
    assert (part.label, part.cells, part.seen, part.median_days) == ("Dép 34", 6, 2, 100)
    assert (part.classes, sum(part.classes)) == ((0, 0, 0, 0, 0, 2), 2)


def test_the_oldest_places_are_listed_and_of_a_departement_those_without_an_image_first(w):
    image(w, days=100, area=box(3.6, 43.2, 3.7, 43.6))
    image(w, days=900, area=box(3.7, 43.2, 3.8, 43.6))
    counted()
    viewer = viewer_of(w.researcher)
    whole = freshness.oldest_cells(Kind(), viewer, limit=3)
    assert [(cell.age, cell.words) for cell in whole] == [(2, "30\u00a0mois")] * 2 + [(5, "3\u00a0mois")]
    own = freshness.oldest_cells(Kind(), viewer, departement="34", limit=3)
    assert [cell.taken_at is None for cell in own] == [True, True, False]
    assert freshness.oldest_cells(Kind(), viewer, departement="30", limit=3) == []
    assert freshness.bounds_of_departement("34") == "3.60,43.30,3.90,43.50"
    assert freshness.bounds_of_departement("30") == ""


@pytest.mark.parametrize(
    ("days", "words"), [(1, "1 jour"), (60, "60 jours"), (61, "2 mois"), (1095, "36 mois"), (1096, "3 ans")]
)
def test_an_age_is_told_in_words(days, words):
    assert freshness.age_words(days) == words.replace(" ", "\u00a0")


@pytest.mark.parametrize(("days", "place"), [(10, 5), (200, 4), (400, 3), (800, 2), (1200, 1), (4000, 0)])
def test_ages_fall_into_classes(w, days, place):
    image(w, days=days)
    counted()
    (part,) = freshness.by_departement(Kind(), viewer_of(w.researcher))
    assert part.classes[place] == 2


def test_a_tile_holds_every_cell_with_its_class(w):
    image(w)
    counted()
    told_layers = layers(freshness.age_tile(Tile(8, 130, 93), Kind(), viewer_of(w.researcher)))
    told = sorted((feature["code"], feature.get("age")) for feature in told_layers["cells"])
    assert len(told) == 6
    assert sum(age == 5 for _code, age in told) == 2
    assert sum(age is None for _code, age in told) == 4


class TestPages:
    """What a browser gets."""

    def test_the_page_says_it_without_its_map(self, w):
        image(w)
        counted()
        page = Client(headers={"Accept-Language": "en"}).get("/catalogue/age/?whose=all").content.decode()
        assert "Dép 34" in page
        assert "3\u00a0months" in page
        assert "key-age-5" in page
        assert "/orders/acquisition/?bbox=3.6,43.3,3.7,43.4" in page
        assert "/tiles/age/{z}/{x}/{y}.mvt?whose=all" in page

    def test_before_anything_is_laid_it_says_so(self, land):
        LandCell.objects.all().delete()
        assert (
            "Nothing is counted yet"
            in Client(headers={"Accept-Language": "en"}).get("/catalogue/age/").content.decode()
        )

    def test_an_unknown_filter_is_no_filter(self):
        assert Client().get("/catalogue/age/?family=none&fineness=x").status_code == 200

    def test_of_a_departement_it_lists_the_places(self, w):
        counted()
        page = Client(headers={"Accept-Language": "en"}).get("/catalogue/age/?departement=34").content.decode()
        assert "Dép 34: what to renew first" in page
        assert 'bounds="3.60,43.30,3.90,43.50"' in page

    def test_tiles_and_files(self, w):
        image(w)
        counted()
        answer = Client().get("/tiles/age/8/130/93.mvt?whose=all")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.mapbox-vector-tile")
        assert Client().get("/tiles/age/99/0/0.mvt").status_code == 400
        lines = Client().get("/catalogue/age.csv?whose=all").content.decode().splitlines()
        assert (lines[0], len(lines)) == ("\ufeffcell,longitude,latitude,commune,departement,newest,days", 7)
        outlines = Client().get("/catalogue/age.geojson?whose=all&departement=34").json()["features"]
        assert len(outlines) == 6
        assert outlines[0]["properties"].keys() == {*lines[0].lstrip("\ufeff").split(",")}
        # The days of Paris are counted: near midnight, and where the clocks were changed since, one more or less.
        assert sum(line.rpartition(",")[2] in {"99", "100", "101"} for line in lines) == 2
