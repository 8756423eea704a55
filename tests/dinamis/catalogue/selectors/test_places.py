# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import AdminUnit
from dinamis.catalogue.selectors import places
from dinamis.catalogue.selectors.places import suggest_places
from tests.factories.catalogue import AdminUnitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _some_places():
    for code, name, population in (
        ("34172", "Montpellier", 300_000),
        ("26197", "Montélier", 4_000),
        ("76351", "Le Havre", 170_000),
        ("94038", "L’Haÿ-les-Roses", 31_000),
        ("35288", "Saint-Malo", 46_000),
        ("44176", "Saint-Malo-de-Guersac", 3_000),
        ("61430", "Sainte-Scolasse-sur-Sarthe", 600),
        ("75056", "Paris", 2_000_000),
        ("71343", "Paris-l'Hôpital", 300),
        ("82137", "Parisot", 500),
        ("02694", "Œuilly", 300),
    ):
        AdminUnitFactory(code=code, name=name, population=population)
    AdminUnitFactory(kind=AdminKind.DEPARTEMENT, code="75", name="Paris", population=2_000_000)
    AdminUnitFactory(kind=AdminKind.REGION, code="75", name="Nouvelle-Aquitaine", population=6_000_000)
    AdminUnitFactory(
        kind=AdminKind.EPCI, code="243400017", name="Montpellier Méditerranée Métropole", population=500_000
    )
    AdminUnitFactory(code="99999", name="Montpellier-sans-contour", geometry=None)


def found(text, limit=8):
    return [place.code for place in suggest_places(text, limit)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("mont", "34172"),
        ("MONTPELLIER", "34172"),
        ("montpelier", "34172"),
        ("montpllier", "34172"),
        ("le havre", "76351"),
        ("havre", "76351"),
        ("hay les roses", "94038"),
        ("l'hay", "94038"),
        ("L’HAŸ LES", "94038"),
        ("saint malo", "35288"),
        ("st malo", "35288"),
        ("St-Malo", "35288"),
        ("ste scolasse", "61430"),
        ("oeuilly", "02694"),
        ("œui", "02694"),
        ("34172", "34172"),
        ("montpellier med", "243400017"),
    ],
)
def test_a_place_is_found_as_people_type_it(typed, first):
    assert found(typed)[0] == first


def test_the_same_name_comes_first_then_beginnings_the_larger_unit_and_the_larger_population_before():
    assert found("paris") == ["75", "75056", "82137", "71343"]


def test_a_code_is_a_departement_before_it_is_a_region():
    assert [place.reference for place in suggest_places("75")][:2] == ["departement:75", "region:75"]


def test_a_name_that_begins_so_is_suggested_once_and_before_one_that_resembles():
    assert found("montpellier") == ["34172", "243400017", "26197"]
    assert found("montpellier", limit=1) == ["34172"]


@pytest.mark.parametrize("typed", ["", "m", "  m ", "--", "%%", "'; DROP TABLE x; --", "\x00", "_______"])
def test_what_names_nothing_suggests_nothing(typed):
    assert found(typed) == []


def test_a_place_without_an_outline_is_not_suggested():
    assert "99999" not in found("Montpellier-sans")


def test_names_are_kept_as_python_compares_them():
    for unit in AdminUnit.objects.all():
        assert unit.plain == places.plain(unit.name)
    assert AdminUnit.objects.get(code="76351").bare == "havre"
    assert AdminUnit.objects.get(code="75056").bare == ""


MANY = """
INSERT INTO catalogue_adminunit (kind, code, name, parent_code, population, geometry)
SELECT 'commune', 'x' || n, CASE WHEN n % 9 = 0 THEN 'La ' ELSE '' END || md5(n::text), '', n, geometry
FROM catalogue_adminunit, generate_series(1, 5000) n WHERE code = '34172'
"""


@pytest.mark.parametrize(
    ("sql", "indexes"),
    [
        (places.BEGINS, {"catalogue_place_prefix", "catalogue_place_bare", "catalogue_place_code"}),
        (places.RESEMBLES, {"catalogue_place_plain"}),
    ],
)
def test_each_branch_reads_its_index(sql, indexes):
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("ANALYZE catalogue_adminunit")
        # Of some thousand short rows it depends on what ran before whether an index is worth its while.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", {"text": "montp", "code": "MONTP", "limit": 8})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert {name for name in indexes if name in plan} == indexes
    assert "Seq Scan" not in plan


def test_a_point_is_near_the_departement_it_lies_in_or_the_nearest_one_and_far_from_none():
    for code, name, west in (("17", "Charente-Maritime", -2.0), ("79", "Deux-Sèvres", -1.0)):
        shape = MultiPolygon(Polygon.from_bbox((west, 45, west + 1, 46)), srid=4326)
        AdminUnitFactory(kind=AdminKind.DEPARTEMENT, code=code, name=name, geometry=shape)
    inside, between, beside, far = (-1.9, 45.5), (-0.9, 45.1), (-2.4, 45.5), (-20.0, 30.0)
    found = places.departements_near([inside, between, beside, far])
    assert found == {inside: "Charente-Maritime", between: "Deux-Sèvres", beside: "Charente-Maritime"}
    assert places.departements_near([]) == {}
