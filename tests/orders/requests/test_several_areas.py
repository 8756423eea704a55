# SPDX-License-Identifier: AGPL-3.0-or-later
"""Several areas in one request: drawn, pasted or in a file, each stays apart and is a line; errors name the area."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from shapely.geometry import MultiPolygon, box, mapping

from dinamis.core.areas import read_areas, read_areas_file
from dinamis.core.exceptions import Invalid
from orders.models import Order
from tests.orders.requests.test_acquisition_pages import URL, browser, sent, text, written  # noqa: F401
from tests.orders.requests.wishes import ATLANTIC

# Parcels that share a border: their union is one outline.
WEST, EAST, NORTH = box(3.7, 44.0, 3.75, 44.1), box(3.75, 44.0, 3.8, 44.1), box(3.7, 44.2, 3.8, 44.3)
CROSSED = {"type": "Polygon", "coordinates": [[[3, 44], [4, 45], [4, 44], [3, 45], [3, 44]]]}


def collection(*shapes):
    features = [{"type": "Feature", "properties": {"name": str(n)}, "geometry": s} for n, s in enumerate(shapes)]
    return json.dumps({"type": "FeatureCollection", "features": features})


THREE = collection(mapping(WEST), mapping(EAST), mapping(MultiPolygon([NORTH, box(3.7, 44.4, 3.8, 44.5)])))


@pytest.mark.parametrize("read", [read_areas, lambda said: read_areas_file(said.encode())])
def test_features_stay_apart_though_they_touch(read):
    assert [area.geometry.geom_type for area in read(THREE)] == ["Polygon", "Polygon", "MultiPolygon"]


def test_a_lone_multipolygon_is_as_many_areas():
    assert len(read_areas(json.dumps(mapping(MultiPolygon([WEST, NORTH]))))) == 2
    assert len(read_areas(WEST.wkt)) == 1


def test_what_is_wrong_with_one_of_several_says_which():
    with pytest.raises(Invalid) as refusal:
        read_areas(collection(mapping(WEST), CROSSED))
    assert str(refusal.value).startswith(("Area 2", "Zone 2"))
    with pytest.raises(Invalid) as refusal:
        read_areas(collection(mapping(WEST), {"type": "Point", "coordinates": [1, 2]}))
    assert refusal.value.code == "not_a_surface"
    with pytest.raises(Invalid) as refusal:
        read_areas(json.dumps(CROSSED))
    assert "2" not in str(refusal.value).split(" : ")[0].split(":")[0]
    with pytest.raises(Invalid):
        read_areas('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(Invalid):
        read_areas("POLYGON EMPTY")


@pytest.mark.django_db
def test_each_feature_of_a_file_is_a_line_and_stays_one_when_it_is_changed(w, browser):  # noqa: F811
    file = SimpleUploadedFile("parcels.geojson", THREE.encode())
    answer = browser.post(URL, sent(w, "save") | {"aoi": "", "area_file": file, "separate": "on"})
    order = Order.objects.get()
    assert answer.status_code == 302
    assert order.items.count() == 3
    page = browser.get(f"/orders/{order.reference}/edit/")
    assert len(page.context["drawn"]["features"]) == 3
    again = sent(w, "save") | {"aoi": page.context["form"]["aoi"].value(), "separate": "on", "version": order.version}
    assert browser.post(f"/orders/{order.reference}/edit/", again).status_code == 302
    assert order.items.count() == 3


@pytest.mark.django_db
def test_as_one_area_they_are_one_line(w, browser):  # noqa: F811
    browser.post(URL, sent(w, "save") | {"aoi": THREE, "separate": ""})
    assert Order.objects.get().items.count() == 1


@pytest.mark.django_db
def test_a_refusal_names_the_area(w, browser):  # noqa: F811
    far = sent(w, "save", options={"processing_level": "ortho"}) | {"separate": "on"}
    answer = browser.post(URL, far | {"aoi": collection(mapping(WEST), mapping(ATLANTIC))})
    assert "Area 2: This area lies on the open sea" in text(answer)
    answer = browser.post(URL, far | {"aoi": collection(mapping(WEST), CROSSED)})
    assert "Area 2: The outline crosses itself" in text(answer)
    assert not Order.objects.exists()


@pytest.mark.django_db
def test_more_areas_than_an_order_has_lines_are_refused_with_the_limit(w, browser, settings):  # noqa: F811
    settings.DINAMIS = {**settings.DINAMIS, "ORDER_LINES_MAX": 2}
    answer = browser.post(URL, sent(w, "save") | {"aoi": THREE, "separate": "on"})
    assert "This order would have 3 lines; an order has at most 2." in text(answer)
    assert not Order.objects.exists()
