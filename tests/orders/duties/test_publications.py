# SPDX-License-Identifier: AGPL-3.0-or-later
"""Works in which images were used: their DOI as people write it, their images from one's rights, who sees them."""

import json

import pytest
from django.urls import reverse

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted
from orders.domain.doi import address, normalised
from orders.models import Publication
from orders.selectors.duties.obligations import works_of_year
from orders.services.duties.publications import declare_publication, remove_publication
from tests.factories.api import caller_of
from tests.factories.licensing import ProjectFactory
from tests.factories.orders import SceneFactory, held_file, member_of, neighbour
from tests.orders.duties.duties import downloaded, owed_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(w):
    return held_file(w).item


def declared(w, image, person=None, **changes):
    said = {"doi": "10.5281/zenodo.12", "title": "Dunes", "year": 2026, "items": [image.pk]}
    return declare_publication(person=person or w.researcher, organisation=w.organisation, **{**said, **changes})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("10.5281/zenodo.123456", "10.5281/zenodo.123456"),
        ("https://doi.org/10.5281/Zenodo.123456", "10.5281/zenodo.123456"),
        (" http://dx.doi.org/10.1000/ABC ", "10.1000/abc"),
        ("doi: 10.1000/abc", "10.1000/abc"),
        ("DOI:10.1000.10/123", "10.1000.10/123"),
        ("https://doi.org/10.1002/(SICI)1096%3C1::AID%3E3.0.CO;2-A", "10.1002/(sici)1096<1::aid>3.0.co;2-a"),
        ("10.1000/É", "10.1000/É"),
        ("10.1000/a/b?c#d", "10.1000/a/b?c#d"),
        ("", ""),
        ("10.1000", ""),
        ("10.1000/", ""),
        ("10.100/abc", ""),
        ("11.1000/abc", ""),
        ("10.1000/a b", ""),
        ("10.1000/a\u0000b", ""),
        ("10.1000/a\u202eb", ""),
        ("https://example.org/10.1000/abc", ""),
        ("10.1000/" + "x" * 250, ""),
        ("javascript:10.1000/abc", ""),
    ],
)
def test_a_doi_as_people_write_it(text, name):
    assert normalised(text) == name


def test_the_address_of_a_doi():
    assert address("10.1002/(sici)1<1::a>3;2-a") == "https://doi.org/10.1002/(sici)1%3C1::a%3E3;2-a"


def test_a_work_is_declared_once_for_an_organisation(w, image):
    row = declared(w, image, doi="https://doi.org/10.5281/ZENODO.12", title="  Dunes   mobiles ")
    assert (row.doi, row.title, list(row.items.all())) == ("10.5281/zenodo.12", "Dunes mobiles", [image])
    with pytest.raises(Invalid) as refused:
        declared(w, image, person=member_of(w.organisation, w.licence.versions.get()))
    assert (refused.value.code, Publication.objects.count()) == ("doi_declared", 1)
    other = neighbour(w)
    declared(other, image)
    assert Publication.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"doi": "abc"}, "doi"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"year": 1985}, "year"),
        ({"year": clock.today().year + 2}, "year"),
        ({"items": []}, "items"),
        ({"items": [10**9]}, "items"),
        ({"items": range(1, 502)}, "items"),
    ],
)
def test_what_is_wrong_is_not_declared(w, image, changes, pointer):
    with pytest.raises(Invalid) as refused:
        declared(w, image, **changes)
    assert (refused.value.pointer, Publication.objects.exists()) == (pointer, False)


def test_images_come_from_rights(w, image):
    with pytest.raises(Invalid):
        declared(w, SceneFactory(collection=w.collection))
    stranger = member_of(w.organisation)
    with pytest.raises(Invalid):
        declared(w, image, person=stranger)
    # What the organisation has fetched counts for all of its people.
    downloaded(w, asset=image.assets.get())
    declared(w, image, person=stranger)
    assert Publication.objects.count() == 1


def test_who_may_not_declare(w, image):
    for changes in ({"person": neighbour(w).researcher}, {"project": ProjectFactory()}):
        with pytest.raises(NotPermitted):
            declared(w, image, **changes)
    assert not Publication.objects.exists()


def test_who_may_remove(w, image):
    row = declared(w, image)
    for person in (member_of(w.organisation), w.moderator):
        with pytest.raises(NotPermitted):
            remove_publication(publication=row, actor=person)
    assert Publication.objects.exists()
    remove_publication(publication=row, actor=w.researcher)
    assert not Publication.objects.exists()


# --- pages -----------------------------------------------------------------------------------------------------------


def test_publications_are_paged_beside_what_is_owed(client, w, image, monkeypatch):
    monkeypatch.setattr("orders.web.duties.obligations.PER_PAGE", 2)
    for number in range(3):
        declared(w, image, doi=f"10.5281/{number}", title=f"Dunes {number}")
    client.force_login(w.researcher)
    first = client.get(reverse("orders:obligations"), {"page": "1", "kept": "é"})
    assert "Dunes 1" in first.text
    assert "Dunes 2" not in first.text
    # The other list stays where it is.
    assert 'href="?page=1&amp;kept=%C3%A9&amp;works=2#works-title"' in first.text
    second = client.get(reverse("orders:obligations"), {"works": "2"})
    assert "Dunes 2" in second.text
    assert "Dunes 1" not in second.text


def test_from_page_to_page(client, w, image):
    downloaded(w, asset=image.assets.get(), days_ago=3)
    client.force_login(w.researcher)
    form = reverse("orders:publication_new")
    assert f'value="{image.pk}"' in client.get(form).text
    said = {"organisation": w.organisation.pk, "doi": "10.5281/zenodo.12", "title": "Dunes", "year": "2026"}
    for wrong in ({}, {"others": "nobody-knows-it"}, {"doi": "x", "downloaded": [image.pk]}, {"downloaded": ["0"]}):
        assert client.post(form, {**said, **wrong}).status_code == 422
    assert not Publication.objects.exists()
    assert client.post(form, {**said, "downloaded": [image.pk]}).status_code == 302
    row = Publication.objects.get()
    assert "10.5281/zenodo.12" in client.get(reverse("orders:obligations")).text
    client.logout()
    page = client.get(reverse("catalogue:item", args=[image.pk])).text
    assert "https://doi.org/10.5281/zenodo.12" in page
    assert str(w.researcher) not in page
    client.force_login(neighbour(w).researcher)
    assert client.post(reverse("orders:publication_remove", args=[row.pk])).status_code == 404
    client.force_login(w.researcher)
    client.post(reverse("orders:publication_remove", args=[row.pk]))
    assert not Publication.objects.exists()


def test_the_form_offers_what_is_ones_own(client, w, image):
    downloaded(w, asset=image.assets.get(), days_ago=3)
    other = neighbour(w)
    client.force_login(other.researcher)
    page = client.get(reverse("orders:publication_new")).text
    assert str(w.organisation) not in page
    assert f'value="{image.pk}"' not in page
    said = {"organisation": w.organisation.pk, "doi": "10.5281/zenodo.12", "title": "Dunes", "year": "2026"}
    assert client.post(reverse("orders:publication_new"), {**said, "others": image.stac_id}).status_code == 422
    assert not Publication.objects.exists()


def test_an_image_is_named_by_its_identifier(client, w, image):
    client.force_login(w.researcher)
    said = {"organisation": w.organisation.pk, "doi": "10.5281/zenodo.12", "title": "Dunes", "year": "2026"}
    assert client.post(reverse("orders:publication_new"), {**said, "others": image.stac_id}).status_code == 302
    assert list(Publication.objects.get().items.all()) == [image]


def test_two_organisations_that_cite_the_same_work_show_it_once(client, w, image):
    declared(w, image)
    declared(neighbour(w), image)
    page = client.get(reverse("catalogue:item", args=[image.pk])).text
    assert page.count("https://doi.org/10.5281/zenodo.12") == 1
    assert works_of_year(2026) == works_of_year(None) == 1
    assert works_of_year(2025) == 0
    assert 'id="works"' in client.get(reverse("orders:transparency")).text


def test_a_report_names_the_works_about_its_images(client, w):
    row = owed_report(w)
    (entry,) = row.facts["files"]
    declared(w, type(w.scene).objects.get(pk=entry["item"]))
    client.force_login(w.researcher)
    assert "10.5281/zenodo.12" in client.get(reverse("orders:obligation", args=[row.pk])).text


def test_the_office_takes_the_list_away(client, w, image):
    declared(w, image, title="=Dunes")
    client.force_login(w.moderator)
    lines = b"".join(client.get(reverse("orders:publications_csv")).streaming_content).decode()
    assert "'=Dunes" in lines
    assert image.stac_id in lines


# --- API -------------------------------------------------------------------------------------------------------------


def post(caller, **data):
    return caller.post("/api/v1/publications", json.dumps(data), content_type="application/json")


def test_a_key_declares_and_reads(w, image):
    caller = caller_of(w.researcher, scopes=[ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value])
    said = {"doi": "doi:10.5281/ZENODO.12", "title": "Dunes", "year": 2026, "items": [image.pk]}
    made = post(caller, **said)
    assert (made.status_code, made.json()["doi"], made.json()["items"]) == (201, "10.5281/zenodo.12", [image.pk])
    again = post(caller, **said)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "doi_declared")
    (listed,) = caller.get("/api/v1/publications").json()["results"]
    assert listed == made.json()


def test_a_key_that_reads_declares_nothing(w, image):
    caller = caller_of(w.researcher, scopes=[ApiScope.ORDERS.value])
    answer = post(caller, doi="10.5281/zenodo.12", title="Dunes", year=2026, items=[image.pk])
    assert (answer.status_code, Publication.objects.exists()) == (403, False)


def test_an_organisation_is_named_by_who_belongs_to_several_or_none(w, image):
    caller = caller_of(w.researcher, scopes=[ApiScope.ORDERS_WRITE.value])
    said = {"doi": "10.5281/zenodo.12", "title": "Dunes", "year": 2026, "items": [image.pk]}
    assert post(caller, **said, organisation=neighbour(w).organisation.pk).status_code == 422
    assert not Publication.objects.exists()
    assert post(caller, **said, organisation=w.organisation.pk).status_code == 201


def test_obligations_are_read(w):
    row = owed_report(w)
    caller = caller_of(w.researcher, scopes=[ApiScope.ORDERS.value])
    (listed,) = caller.get("/api/v1/obligations").json()["results"]
    assert (listed["number"], listed["state"], listed["images"], listed["late"]) == (row.number, "due", 1, False)
    assert len(listed["files"][0]["sha256"]) == 64
    other = caller_of(neighbour(w).researcher, scopes=[ApiScope.ORDERS.value])
    assert other.get("/api/v1/obligations").json()["results"] == []
