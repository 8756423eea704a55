# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of delivered images: who sees them, that the right is asked each time, and what is refused."""

import io
import threading
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from dinamis.catalogue import drawing
from dinamis.catalogue.imagery import preview
from dinamis.catalogue.imagery.cog import make_cog
from dinamis.core import clock
from licensing.models import Suspension
from tests.dinamis.catalogue.cast import build_world
from tests.dinamis.catalogue.imagery.helpers import landscape, write
from tests.factories.api import caller_of
from tests.factories.catalogue import AssetFactory, quicklook_of

pytestmark = pytest.mark.django_db
# Over the middle of the COG below.
ON = (15, 16729, 11965)
INSIDE = "3.794,43.600,3.797,43.602"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    make_cog(write(folder / "x.TIF", landscape(4, 600, 800)), folder / "items" / "held.tif")
    return folder


@pytest.fixture
def world(written, settings):
    settings.FILES_ROOT = written
    return build_world()


@pytest.fixture
def asset(world):
    quicklook_of(world.items["held"])
    return AssetFactory(item=world.items["held"], storage_key="items/held.tif", properties={"bands": [{}] * 4})


def tile(client, item, place=ON, form="webp", **more):
    z, x, y = place
    return client.get(f"/catalogue/items/{item.pk}/preview/{z}/{x}/{y}.{form}", **more)


def part(client, item, form="png", **query):
    return client.get(f"/catalogue/items/{item.pk}/preview.{form}", query)


def size(answer):
    assert answer.status_code == 200, answer.content
    with Image.open(io.BytesIO(answer.content)) as drawn:
        return drawn.size


def seen(answer):
    """Whether anything of the image is in a picture."""
    with Image.open(io.BytesIO(answer.content)) as drawn:
        return bool(np.asarray(drawn.convert("RGBA"))[:, :, 3].any())


def refused(answer, status, name):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    error = answer.json()["errors"][0]
    assert error["parameter"] == name
    assert error["detail"]
    return error


def test_who_may_download_sees_tiles_and_parts(client, world, asset):
    client.force_login(world.people["entitled"])
    answer = tile(client, asset.item)
    assert size(answer) == (256, 256)
    assert seen(answer)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/webp", "private, no-cache")
    assert "Cookie" in answer["Vary"]
    assert tile(client, asset.item, form="png")["Content-Type"] == "image/png"
    assert max(size(part(client, asset.item, pixels=200))) == 200
    assert max(size(part(client, asset.item, bbox=INSIDE, pixels=64))) == 64
    cut = part(client, asset.item, form="tif", bbox=INSIDE)
    assert cut["Content-Type"] == "image/tiff"
    assert cut["Content-Disposition"] == f'attachment; filename="image-{asset.item_id}.tif"'
    assert cut.content[:4] == b"II*\x00"


@pytest.mark.parametrize(("who", "status"), [("unsigned", 403), ("stranger", 403), ("suspended", 403), (None, 401)])
def test_whoever_may_not_download_sees_nothing(client, world, asset, monkeypatch, who, status):
    drawn = []
    monkeypatch.setattr(preview, "draw_tile", lambda *args, **kwargs: drawn.append(args))
    if who:
        client.force_login(world.people[who])
    for answer in (tile(client, asset.item), part(client, asset.item), part(client, asset.item, form="tif")):
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        if status == 403:
            assert answer.json()["missing"]
        else:
            assert "WWW-Authenticate" in answer
    assert drawn == []


@pytest.mark.parametrize("name", ["embargo", "reserved_theirs"])
def test_a_withheld_image_is_not_drawn(client, world, name):
    item = world.items[name]
    AssetFactory(item=item, storage_key="items/held.tif")
    client.force_login(world.people["entitled"])
    for answer in (tile(client, item), part(client, item)):
        assert answer.status_code == 403
        assert answer.json()["missing"]


def test_whom_it_is_reserved_for_sees_it(client, world):
    item = world.items["reserved_ours"]
    AssetFactory(item=item, storage_key="items/held.tif")
    client.force_login(world.people["entitled"])
    assert size(tile(client, item)) == (256, 256)


def test_a_right_that_ends_stops_at_the_next_tile(client, world, asset):
    person = world.people["entitled"]
    client.force_login(person)
    first = tile(client, asset.item)
    known = {"If-None-Match": first["ETag"]}
    again = tile(client, asset.item, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert tile(client, asset.item, (15, 16728, 11965), headers=known).status_code == 200
    for right in asset.item.collection.licence.entitlements.filter(suspensions=None):
        Suspension.objects.create(
            entitlement=right, cause="inquiry", words="enquête", began_at=clock.now() - timedelta(hours=1)
        )
    assert tile(client, asset.item, headers=known).status_code == 403


def test_what_the_caller_has_is_not_drawn_again(client, world, asset, monkeypatch):
    client.force_login(world.people["entitled"])
    etag = part(client, asset.item)["ETag"]
    drawn = []
    monkeypatch.setattr(preview, "draw_part", lambda *args, **kwargs: drawn.append(args))
    answer = client.get(f"/catalogue/items/{asset.item_id}/preview.png", headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert drawn == []


@pytest.mark.parametrize(
    ("place", "name"),
    [((30, 0, 0), "z"), ((-1, 0, 0), "z"), ((3, 8, 0), "x"), ((3, 0, -1), "y"), ((3, 0, 999999999), "y")],
)
def test_a_tile_outside_the_pyramid(client, world, asset, place, name):
    client.force_login(world.people["entitled"])
    refused(tile(client, asset.item, place), 422, name)


def test_a_tile_beside_the_image_is_empty(client, world, asset):
    client.force_login(world.people["entitled"])
    answer = tile(client, asset.item, (3, 0, 0), form="png")
    assert size(answer) == (256, 256)
    assert not seen(answer)


@pytest.mark.parametrize("form", ["jpg", "tif", "mvt", "exe"])
def test_an_unknown_format_of_a_tile(client, world, asset, form):
    client.force_login(world.people["entitled"])
    assert "png" in refused(tile(client, asset.item, form=form), 422, "format")["repair"]
    if form != "tif":
        refused(part(client, asset.item, form=form), 422, "format")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "a,b,c,d"}, "bbox"),
        ({"bbox": "nan,0,1,1"}, "bbox"),
        ({"bbox": "4,43,3,44"}, "bbox"),
        ({"bbox": "-181,43,3,44"}, "bbox"),
        ({"bbox": "0,0,1,1"}, "bbox"),
        ({"bbox": "3.794,43.600,3.79400001,43.60000001"}, "bbox"),
        ({"pixels": "15"}, "pixels"),
        ({"pixels": "2049"}, "pixels"),
        ({"pixels": "many"}, "pixels"),
        ({"asset": "quicklook"}, "asset"),
        ({"project": "999999"}, "project"),
    ],
)
def test_a_part_that_cannot_be_given(client, world, asset, query, name):
    client.force_login(world.people["entitled"])
    refused(part(client, asset.item, **query), 422, name)


def test_a_part_too_large_to_be_cut_out_says_what_fits(client, world, asset, settings):
    settings.DINAMIS = {**settings.DINAMIS, "PREVIEW_MAX_PIXELS": 500}
    client.force_login(world.people["entitled"])
    assert "500" in refused(part(client, asset.item, form="tif"), 422, "bbox")["repair"]


def test_an_unknown_parameter_is_refused_by_name(client, world, asset):
    client.force_login(world.people["entitled"])
    answer = part(client, asset.item, size="10")
    assert (answer.status_code, answer.json()["parameters"]) == (400, ["size"])


def test_an_image_without_files_or_that_is_not_there(client, world, asset):
    client.force_login(world.people["entitled"])
    for item, code in ((world.items["scene"], "not_held"), (world.items["withdrawn"], "not_found")):
        answer = tile(client, item)
        assert answer.status_code == 404
        assert answer.json()["type"].endswith(code)
    assert client.get("/catalogue/items/999999999/preview.png").status_code == 404


def test_a_file_that_cannot_be_read_is_told_without_its_path(client, world, asset):
    asset.storage_key = "items/gone.tif"
    asset.sha256 = "cd" * 32
    asset.save()
    client.force_login(world.people["entitled"])
    answer = tile(client, asset.item)
    assert answer.status_code == 404
    assert "gone" not in answer.content.decode()


def test_a_key_that_may_ask_for_links_sees_tiles(client, world, asset):
    key = caller_of(world.people["entitled"], scopes=["tickets:create"])
    assert size(tile(key, asset.item, headers={"Accept": "image/webp"})) == (256, 256)
    other = caller_of(world.people["entitled"], scopes=["catalogue:read"], name="lecture")
    assert tile(other, asset.item).status_code == 403


def test_when_too_many_are_drawn_the_rest_comes_again(client, world, asset, settings, monkeypatch):
    settings.DINAMIS = {**settings.DINAMIS, "PREVIEW_WAIT_SECONDS": 0.01}
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(drawing, "_places", places)
    client.force_login(world.people["entitled"])
    with places:
        answer = tile(client, asset.item)
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")
    assert tile(client, asset.item).status_code == 200
