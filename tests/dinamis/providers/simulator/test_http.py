# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulator as an HTTP service: tokens, ranges, quicklooks, levers."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from dinamis.providers.base import OrderRequest
from tests.dinamis.providers.conftest import BASE, SCENE, SCENE_ID, Simulator


@pytest.mark.parametrize("path", ["/api/v1/contracts", "/simulator/state", "/deliveries/SAL1/a.zip"])
def test_nothing_without_a_token(simulator: Simulator, path: str) -> None:
    http = simulator.provider.client.http
    for header in ({}, {"Authorization": "Bearer forged.0000"}, {"Authorization": "Basic x"}):
        answer = http.get(f"{BASE}{path}", headers=header)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_wrong_key_gets_no_token(simulator: Simulator) -> None:
    http = simulator.provider.client.http
    url = f"{BASE}/auth/realms/IDP/protocol/openid-connect/token"
    answer = http.post(url, data={"apikey": "no", "grant_type": "api_key", "client_id": "IDP"})
    assert answer.status_code == 403
    assert "access_token" not in answer.json()


def test_ranges(simulator: Simulator, order: OrderRequest) -> None:
    placed = simulator.provider.place(order)
    simulator.deliver(placed)
    (file,) = simulator.provider.deliveries(placed)
    http, token = simulator.provider.client.http, simulator.provider.client.headers(BASE)
    whole = http.get(file.url, headers=token).content
    part = http.get(file.url, headers=token | {"Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (206, whole[:100])
    assert part.headers["Content-Range"] == f"bytes 0-99/{file.size}"
    tail = http.get(file.url, headers=token | {"Range": "bytes=-10"})
    assert tail.content == whole[-10:]
    assert http.get(file.url, headers=token | {"Range": "bytes=9-2"}).status_code == 416
    assert (
        http.get(f"{BASE}/deliveries/{placed.order_id}/..%2F..%2Fsimulator.sqlite3", headers=token).status_code == 404
    )


def test_quicklook_is_open_and_cached(simulator: Simulator) -> None:
    http = simulator.provider.client.http
    first = http.get(f"{BASE}/quicklooks/{SCENE_ID}.jpg?size=128")
    assert first.headers["Content-Type"] == "image/jpeg"
    assert max(Image.open(io.BytesIO(first.content)).size) == 128
    assert http.get(f"{BASE}/quicklooks/{SCENE_ID}.jpg?size=128").content == first.content
    assert http.get(f"{BASE}/quicklooks/unknown.jpg").status_code == 404


def test_bad_scenes_register_nothing(simulator: Simulator) -> None:
    before = simulator.call("GET", "/simulator/state").json()["counts"]["scenes"]
    for wrong in (
        {"id": "DS_XXX_1"},
        SCENE | {"id": "a/b"},
        SCENE | {"datetime": "yesterday"},
        SCENE | {"footprint": None},
    ):
        good = SCENE | {"id": "DS_PHR1B_202306121031453_FR1_PX_E005N43_0615_09999"}
        answer = simulator.call("POST", "/simulator/scenes", {"scenes": [good, wrong]})
        assert answer.status_code == 400
    assert simulator.call("GET", "/simulator/state").json()["counts"]["scenes"] == before


def test_unknown_levers_are_refused(simulator: Simulator) -> None:
    assert simulator.call("POST", "/simulator/faults", {"explode": True}).status_code == 400
    assert simulator.call("GET", "/simulator/faults").json()["on"] == {}
    assert simulator.call("POST", "/simulator/clock", {"advance_seconds": -1}).status_code == 400
    assert simulator.call("POST", "/simulator/clock", {"speed": "fast"}).status_code == 400


def test_wrong_paths_and_methods(simulator: Simulator) -> None:
    missing = simulator.call("GET", "/api/v1/nothing")
    assert (missing.status_code, missing.json()["internalCode"]) == (404, 404)
    wrong = simulator.call("DELETE", "/api/v1/prices")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")
    assert simulator.call("POST", "/api/v1/prices", [1]).status_code == 400
    assert simulator.call("GET", "/api/v1/contracts/other/productTypes").status_code == 404
