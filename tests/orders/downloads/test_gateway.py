# SPDX-License-Identifier: AGPL-3.0-or-later
"""The download gateway asks at every request, hands over to nginx, and says no in problem+json."""

import logging
from datetime import timedelta

import pytest
from django.test import Client

from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotEntitled
from licensing.models import Suspension
from orders.models import DownloadTicket, TicketObject
from orders.services.downloads.ticket import hash_token, issue_ticket
from tests.factories.licensing import LicenceFactory, grant, organisation_signs, published_version
from tests.factories.orders import AssetFactory, CollectionFactory, SceneFactory, member_of, signs

pytestmark = pytest.mark.django_db


@pytest.fixture
def asset(w):
    return AssetFactory(
        item=SceneFactory(collection=w.collection, held=True),
        file_name="IMG été 1.tif",
        storage_key="private/products/7d44/IMG été 1.tif",
    )


def link(w, *assets, person=None, project=None):
    _ticket, _token, paths = issue_ticket(person=person or w.researcher, assets=assets, project=project, at=clock.now())
    return [paths[asset.pk] for asset in assets]


def suspend(w):
    return Suspension.objects.create(entitlement=w.entitlement, cause="inquiry", words="contrôle")


def test_a_ticket_stores_the_hash_of_a_long_token_and_expires_after_eight_hours(w, asset):
    ticket, token, paths = issue_ticket(person=w.researcher, assets=[asset], project=w.project.pk, at=clock.now())
    row = DownloadTicket.objects.get()
    assert len(token) == 43
    assert (row.pk, row.token_sha256) == (ticket.pk, hash_token(token))
    assert token not in str(DownloadTicket.objects.values().get())
    assert row.expires_at - row.issued_at == timedelta(hours=8)
    assert (row.objects_named.get().entitlement_id, row.project_id) == (w.entitlement.pk, w.project.pk)
    assert paths == {asset.pk: f"/d/{token}/IMG%20%C3%A9t%C3%A9%201.tif"}


def test_a_link_to_images_of_two_licences_names_the_right_of_each_file(w, asset):
    licence = LicenceFactory()
    version = published_version(licence)
    right = grant(w.adhesion, licence)
    organisation_signs(w.organisation, version)
    signs(w.researcher, version)
    other = AssetFactory(item=SceneFactory(collection=CollectionFactory(licence=licence), held=True))
    ticket, _token, _paths = issue_ticket(person=w.researcher, assets=[asset, other], project=None, at=clock.now())
    named = dict(ticket.objects_named.values_list("asset", "entitlement"))
    assert named == {asset.pk: w.entitlement.pk, other.pk: right.pk}


def test_the_gateway_hands_over_to_nginx_without_a_session(w, asset):
    (path,) = link(w, asset)
    response = Client().get(path)
    assert response.status_code == 200
    assert response.content == b""
    assert response["X-Accel-Redirect"] == "/_files/private/products/7d44/IMG%20%C3%A9t%C3%A9%201.tif"
    assert response["Content-Type"] == "image/tiff; application=geotiff; profile=cloud-optimized"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''IMG%20%C3%A9t%C3%A9%201.tif"
    assert response["Cache-Control"] == "private, no-store"
    assert "ETag" not in response
    assert "Set-Cookie" not in response
    assert TicketObject.objects.get().fetched_at is not None


def test_head_answers_as_get(w, asset):
    (path,) = link(w, asset)
    response = Client().head(path)
    assert (response.status_code, response["Content-Disposition"][:10]) == (200, "attachment")


def test_a_right_suspended_after_signing_stops_the_next_request(w, asset):
    (path,) = link(w, asset)
    assert Client().get(path).status_code == 200
    TicketObject.objects.update(fetched_at=None)
    suspend(w)
    response = Client().get(path)
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == "urn:dinamis:problem:not_entitled"
    assert [reason["code"] for reason in body["missing"]] == ["entitlement_suspended"]
    assert "X-Accel-Redirect" not in response
    assert TicketObject.objects.get().fetched_at is None


def test_a_person_who_left_is_told_so(w, asset):
    (path,) = link(w, asset)
    w.researcher.is_active = False
    w.researcher.save()
    response = Client().get(path)
    assert response.status_code == 403
    assert "person_inactive" in [reason["code"] for reason in response.json()["missing"]]


def test_a_withdrawn_image_is_not_handed_over(w, asset):
    (path,) = link(w, asset)
    asset.item.withdrawn_at = clock.now()
    asset.item.save()
    response = Client().get(path)
    assert response.status_code == 403
    assert [reason["code"] for reason in response.json()["missing"]] == ["withdrawn"]


@pytest.mark.parametrize("path", ["/d/unknown/file.tif", "/d/%00/x", "/d/" + "a" * 5000 + "/x"])
def test_an_unknown_link_is_404(path):
    response = Client().get(path)
    assert response.status_code == 404
    assert response.json()["type"] == "urn:dinamis:problem:not_found"


def test_another_name_under_a_right_token_is_404(w, asset):
    (path,) = link(w, asset)
    assert Client().get(path.rpartition("/")[0] + "/other.tif").status_code == 404


def test_an_expired_link_is_410(w, asset):
    (path,) = link(w, asset)
    with clock.at(clock.now() + timedelta(hours=8)):
        response = Client().get(path)
    assert response.status_code == 410
    assert response.json()["type"] == "urn:dinamis:problem:link_expired"
    assert TicketObject.objects.get().fetched_at is None


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_other_methods_are_405(w, asset, method):
    (path,) = link(w, asset)
    response = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("prefix", ["/media/", "/files/", "/_files/", "/static/"])
def test_a_guessed_storage_path_is_404(asset, prefix):
    assert Client().get(prefix + asset.storage_key).status_code == 404


def test_refusals_leave_no_token_in_the_log(w, asset, caplog):
    (path,) = link(w, asset)
    token = path.split("/")[2]
    suspend(w)
    with caplog.at_level(logging.DEBUG):
        Client().get(path)
        Client().post(path)
        Client().get(f"/d/{token}/other")
    assert token not in caplog.text


def test_no_ticket_without_the_signature(w, asset):
    newcomer = member_of(w.organisation)
    with pytest.raises(NotEntitled) as refused:
        link(w, asset, person=newcomer)
    assert [reason["code"] for reason in refused.value.extra["missing"]] == ["person_acceptance_missing"]
    assert DownloadTicket.objects.count() == 0


def test_one_ticket_covers_sixty_four_files_with_names_of_their_own(w):
    image = SceneFactory(collection=w.collection, held=True, stac_id="autre")
    assets = [AssetFactory(item=SceneFactory(collection=w.collection, held=True), file_name="data.tif")]
    assets += [AssetFactory(item=image, file_name="data.tif")]
    assets += [AssetFactory(item=image) for _ in range(62)]
    paths = link(w, *assets)
    assert len(set(paths)) == 64
    assert paths[1].endswith("/autre_data.tif")
    assert Client().get(paths[1])["X-Accel-Redirect"].endswith("/data.tif")
    with pytest.raises(Invalid):
        link(w, *assets, AssetFactory(item=image))
    with pytest.raises(Invalid):
        link(w)
    with pytest.raises(Invalid):
        link(w, assets[0], assets[0])
    assert DownloadTicket.objects.count() == 1
