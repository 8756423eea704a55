# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from dinamis.catalogue.models import AdminUnit
from dinamis.catalogue.services import places
from tests.factories.catalogue import square

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_files(monkeypatch):
    """Two communes of one département and one of another, in the shape of the package's files."""

    def commune(number, code, departement, epci, west):
        from django.contrib.gis.geos import MultiPolygon

        geometry = MultiPolygon(square(west, 43.5, 0.1)).hex.decode()
        row = {"id": str(number), "code": code, "type": "COM", "nom": f"Nom {code}", "type_nom": "2"}
        return row | {
            "population_municipale": "100",
            "departement_id": departement,
            "epci_id": epci,
            "geometry": geometry,
        }

    data = {
        "regions": [{"id": "0", "code": "76", "nom": "Occitanie"}],
        "departements": [
            {"id": "0", "code": "34", "nom": "Hérault", "region_id": "0"},
            {"id": "1", "code": "30", "nom": "Gard", "region_id": "0"},
        ],
        "epci": [{"id": "0", "code": "2000", "nom": "Métropole"}],
        "communes": [
            commune(0, "34001", "0", "0", 3.0),
            commune(1, "34002", "0", "0", 3.1),
            commune(2, "30001", "1", "\\N", 3.2),
            {**commune(3, "34003", "0", "0", 3.3), "type": "COMD"},
            {**commune(4, "34004", "0", "0", 3.3), "geometry": "\\N"},
        ],
    }
    monkeypatch.setattr(places, "_read", lambda name: iter(data[name]))


def named(kind):
    return {unit.code: unit for unit in AdminUnit.objects.filter(kind=kind)}


def test_larger_units_are_the_union_of_their_communes(small_files):
    assert places.load_places() == {"commune": 3, "departement": 2, "epci": 1, "region": 1}
    herault = named("departement")["34"]
    assert (herault.name, herault.parent_code, herault.population) == ("Hérault", "76", 200)
    assert herault.geometry.extent == pytest.approx((3.0, 43.5, 3.2, 43.6))
    assert len(herault.geometry) == 1
    assert named("commune")["34001"].name == "Le Nom 34001"
    assert named("commune")["34001"].parent_code == "34"
    assert named("region")["76"].geometry.extent == pytest.approx((3.0, 43.5, 3.3, 43.6))
    assert named("epci")["2000"].population == 200


def test_loaded_twice_nothing_changes(small_files):
    places.load_places()
    before = list(AdminUnit.objects.order_by("pk").values())
    places.load_places()
    assert list(AdminUnit.objects.order_by("pk").values()) == before


def test_the_communes_come_first_and_the_rest_later(small_files):
    assert places.load_places(derived=False) == {"commune": 3}
    assert places.load_places(communes=False) == {"commune": 3, "departement": 2, "epci": 1, "region": 1}
