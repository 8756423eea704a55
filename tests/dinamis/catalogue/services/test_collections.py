# SPDX-License-Identifier: AGPL-3.0-or-later
"""The collections and sensors DINAMIS starts with."""

from datetime import date

import pytest
from django.core.management import call_command
from django.utils import translation

from dinamis.catalogue.described import COLLECTIONS
from dinamis.catalogue.enums import CollectionKind, SensorKind
from dinamis.catalogue.models import Collection, Sensor
from dinamis.catalogue.sensors import SENSORS
from dinamis.catalogue.services.collections import load_collections
from dinamis.core.exceptions import Invalid
from tests.factories.licensing import LicenceFactory

pytestmark = pytest.mark.django_db
SLUGS = [
    "spot-6-7-coverage",
    "pleiades-coast",
    "pleiades-overseas",
    "pleiades",
    "pleiades-ciest2",
    "pleiades-neo",
    "spot-6-7",
    "spot-world-heritage",
    "sentinel-2",
    "kalideos-rapideye",
    "kalideos-aster",
    "kalideos-cosmo-skymed",
    "kalideos-terrasar-x",
]


@pytest.fixture
def licences():
    for code in sorted({entry.licence for entry in COLLECTIONS}):
        LicenceFactory(code=code)


def test_a_licence_that_is_missing_is_named_and_nothing_is_written():
    with pytest.raises(Invalid, match="pleiades-uia"):
        load_collections()
    assert not Collection.objects.exists()
    assert not Sensor.objects.exists()


def test_loaded_twice_nothing_changes(licences):
    saved = load_collections()
    before = (list(Collection.objects.values()), list(Sensor.objects.values()))
    links = list(Sensor.collections.through.objects.order_by("pk").values())
    load_collections()
    assert [collection.slug for collection in saved] == SLUGS
    assert (list(Collection.objects.values()), list(Sensor.objects.values())) == before
    assert list(Sensor.collections.through.objects.order_by("pk").values()) == links


def test_every_licence_is_one_that_the_project_ships():
    call_command("load_licences")
    load_collections()
    found = dict(Collection.objects.values_list("slug", "licence__code"))
    assert found["sentinel-2"] == "copernicus"
    assert {slug for slug, code in found.items() if code.startswith("kalideos")} == set(SLUGS[9:])


def test_each_collection_has_sensors_of_its_family_providers_and_keywords_in_both_languages(licences):
    for collection in load_collections():
        families = set(collection.sensors.values_list("family", flat=True))
        assert families == {collection.family}, collection.slug
        assert any("producer" in provider["roles"] for provider in collection.providers)
        assert any("licensor" in provider["roles"] for provider in collection.providers)
        with translation.override("fr"):
            french = (collection.title, collection.description, collection.keywords)
        with translation.override("en"):
            english = (collection.title, collection.description, collection.keywords)
        assert all(french)
        assert all(english)
        assert french[1] != english[1]
        assert french[2] != english[2]


def test_what_is_relayed_is_told_from_what_is_bought(licences):
    load_collections()
    relayed = Collection.objects.filter(kind=CollectionKind.RELAY).values_list("slug", flat=True)
    assert set(relayed) == set(SLUGS[7:])


def test_spot_7_has_an_end_and_radars_are_radars(licences):
    load_collections()
    assert Sensor.objects.get(platform="SPOT-7").ended_on == date(2023, 3, 17)
    assert Sensor.objects.get(platform="SPOT-6").ended_on is None
    radars = Sensor.objects.filter(kind=SensorKind.SAR).values_list("collections__slug", flat=True)
    assert set(radars) == {"kalideos-cosmo-skymed", "kalideos-terrasar-x"}


def test_every_sensor_of_a_collection_is_known_once():
    platforms = [sensor.platform for sensor in SENSORS]
    assert len(platforms) == len(set(platforms))
    assert {platform for entry in COLLECTIONS for platform in entry.platforms} == set(platforms)


def test_a_service_does_not_end_before_it_begins():
    assert all(one.launched_on and (one.ended_on is None or one.ended_on > one.launched_on) for one in SENSORS)
