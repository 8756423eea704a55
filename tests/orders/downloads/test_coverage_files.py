# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of a coverage: the page, the lists that programs fetch, and who gets none."""

import csv
import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.test import Client
from django.urls import reverse

from dinamis.catalogue.enums import AdminKind, CellStatus
from dinamis.catalogue.selectors.coverage_files import CellFile
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotEntitled
from orders.domain.file_lists import METALINK, Link, as_csv, as_metalink, as_text
from orders.models import DownloadTicket, TicketObject
from orders.services.downloads import coverage_files as service
from tests.dinamis.catalogue.cast import build_world
from tests.factories.catalogue import (
    AdminUnitFactory,
    AssetFactory,
    CoverageCellFactory,
    CoverageFactory,
    ItemFactory,
    square,
)
from tests.factories.licensing import ProjectFactory

pytestmark = pytest.mark.django_db
LINKS = [Link("H08", "a&b.tif", 5, "ab" * 32, "https://example.org/d/x/a%26b.tif")]


@pytest.fixture
def world():
    return build_world()


@pytest.fixture
def coverage(world):
    collection = world.items["held"].collection
    made = CoverageFactory(collection=collection)
    for number, item in enumerate((world.items["held"], ItemFactory(collection=collection, stac_id="second"))):
        AssetFactory(item=item)
        CoverageCellFactory(
            coverage=made,
            code=f"C{number}",
            status=CellStatus.DELIVERED,
            item=item,
            geometry=MultiPolygon(square(west=number), srid=4326),
        )
    return made


@pytest.fixture
def address(coverage):
    return reverse("orders:coverage_files", args=[coverage.collection.slug, coverage.year])


def codes(response):
    return [one.code for one in response.context["found"].files]


@pytest.mark.parametrize("kind", [AdminKind.COMMUNE, AdminKind.EPCI, AdminKind.DEPARTEMENT])
def test_files_of_a_place(client, world, address, kind):
    AdminUnitFactory(kind=kind, code="34", name="Causse", geometry=MultiPolygon(square(west=1.05, side=0.1), srid=4326))
    client.force_login(world.people["entitled"])
    assert codes(client.get(address, {"where": "Causse (34)"})) == ["C1"]
    assert codes(client.get(address, {"place": f"{kind}:34"})) == ["C1"]


def test_files_of_a_drawn_area_and_of_named_cells(client, world, address):
    client.force_login(world.people["entitled"])
    assert codes(client.get(address)) == ["C0", "C1"]
    assert codes(client.get(address, {"aoi": square(west=0.05, side=0.1).wkt})) == ["C0"]
    assert codes(client.get(address, {"cell": "C1, C9"})) == ["C1"]


def test_a_place_nobody_knows_offers_no_file_and_says_why(client, world, address):
    client.force_login(world.people["entitled"])
    response = client.get(address, {"where": "Xyzzy"})
    assert codes(response) == []
    assert response.context["form"].errors["where"]
    assert client.post(f"{address}?where=Xyzzy").status_code == 422
    assert not DownloadTicket.objects.exists()


def test_a_list_for_wget_is_one_address_a_line_and_each_opens(client, world, address):
    client.force_login(world.people["entitled"])
    response = client.post(address, {"format": "txt"})
    lines = response.content.decode().splitlines()
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"].endswith('-2024.txt"')
    assert len(lines) == TicketObject.objects.count() == 2
    for line in lines:
        assert Client().get("/d/" + line.partition("/d/")[2]).status_code == 200


def test_a_table_and_a_metalink_name_size_and_sum(client, world, address):
    client.force_login(world.people["entitled"])
    rows = list(csv.DictReader(io.StringIO(client.post(address, {"format": "csv"}).content.decode())))
    assert [(row["cell"], row["size"], row["sha256"]) for row in rows] == [
        ("C0", "1500000", "ab" * 32),
        ("C1", "1500000", "ab" * 32),
    ]
    root = ET.fromstring(client.post(address, {"format": "metalink"}).content)
    assert [file.get("name") for file in root] == [row["name"] for row in rows]


def test_links_on_the_page(client, world, address):
    client.force_login(world.people["entitled"])
    text = client.post(address).content.decode()
    assert text.count('href="http') >= 2
    assert DownloadTicket.objects.count() == 1


@pytest.mark.parametrize("who", ["stranger", "unsigned", "suspended", "no_right"])
def test_whoever_may_not_download_gets_no_list(client, world, address, who):
    client.force_login(world.people[who])
    assert client.post(address, {"format": "txt"}).status_code == 422
    assert not DownloadTicket.objects.exists()


def test_signed_out_the_page_is_open_and_a_list_wants_a_person(client, address):
    assert codes(client.get(address)) == []
    response = client.post(address, {"format": "txt"})
    assert response.status_code == 302
    assert "/login/" in response["Location"]
    assert not DownloadTicket.objects.exists()


def test_only_one_s_own_projects_are_offered(client, world, address):
    other = ProjectFactory()
    client.force_login(world.people["entitled"])
    assert other not in client.get(address).context["projects"]
    assert "project" in client.get(address, {"project": other.pk}).context["form"].errors


def test_a_year_there_is_not_is_not_found(client, coverage):
    assert client.get(reverse("orders:coverage_files", args=[coverage.collection.slug, 1999])).status_code == 404


def test_more_files_than_one_ticket_holds_take_several(world, settings):
    settings.DINAMIS = {**settings.DINAMIS, "TICKET_MAX_OBJECTS": 2}
    files = [
        CellFile(str(n), AssetFactory(item=world.items["held"], key=f"f{n}", file_name=f"{n}.tif")) for n in range(5)
    ]
    links = service.issue_links(person=world.people["entitled"], files=files, project=None, at=clock.now())
    assert [link.name for link in links] == [f"{n}.tif" for n in range(5)]
    assert DownloadTicket.objects.count() == 3


def test_one_refused_file_and_no_ticket_is_written(world, settings):
    settings.DINAMIS = {**settings.DINAMIS, "TICKET_MAX_OBJECTS": 1}
    files = [CellFile(name, AssetFactory(item=world.items[name])) for name in ("held", "embargo")]
    with pytest.raises(NotEntitled):
        service.issue_links(person=world.people["entitled"], files=files, project=None, at=clock.now())
    assert not DownloadTicket.objects.exists()


def test_too_many_files_are_refused(world, monkeypatch):
    monkeypatch.setattr(service, "MAX_TICKETS", 0)
    files = [CellFile("A", AssetFactory(item=world.items["held"]))]
    with pytest.raises(Invalid) as refusal:
        service.issue_links(person=world.people["entitled"], files=files, project=None, at=clock.now())
    assert refusal.value.code == "too_many_files"
    assert not DownloadTicket.objects.exists()


def test_the_forms_of_a_list():
    assert as_text(LINKS) == "https://example.org/d/x/a%26b.tif\n"
    assert as_csv(LINKS).splitlines()[0] == "cell,name,size,sha256,href,credit"
    file = ET.fromstring(as_metalink(LINKS))[0]
    assert file.get("name") == "a&b.tif"
    assert [child.tag.removeprefix(f"{{{METALINK}}}") for child in file] == ["size", "hash", "url"]


def test_a_list_names_the_credit_line():
    links = [replace(LINKS[0], credit="Pléiades © CNES 2026, distribution Airbus DS")]
    assert as_csv(links).splitlines()[1].endswith(',"Pléiades © CNES 2026, distribution Airbus DS"')
    file = ET.fromstring(as_metalink(links))[0]
    assert file.findtext(f"{{{METALINK}}}copyright") == "Pléiades © CNES 2026, distribution Airbus DS"


def test_a_list_holds_no_formula():
    assert as_csv([replace(LINKS[0], name="=1+1", credit="@x")]).splitlines()[1].count("'") == 2
