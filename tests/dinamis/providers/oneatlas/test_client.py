# SPDX-License-Identifier: AGPL-3.0-or-later
"""How HTTP failures become provider errors, on recorded answers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import respx

from dinamis.providers.base import ProviderError
from dinamis.providers.oneatlas import OneAtlas
from dinamis.providers.oneatlas.client import TOKEN_PATH

ORDER, AUTH, SEARCH = "https://order.example", "https://auth.example", "https://search.example"


@pytest.fixture
def provider() -> Iterator[OneAtlas]:
    adapter = OneAtlas(api_key="k", order_url=ORDER, auth_url=AUTH, search_url=SEARCH, attempts=2, wait_initial=0.001)
    yield adapter
    adapter.close()


@pytest.fixture
def net() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        router.post(f"{AUTH}{TOKEN_PATH}").respond(json={"access_token": "t1", "expires_in": 3600})
        yield router


@pytest.mark.parametrize(
    ("status", "body", "permanent", "code"),
    [
        (400, {"errorCode": "E2203", "message": "Unable to access workspace 'x'"}, True, "E2203"),
        (400, {"errors": [{"code": "ERR_NO_SENSOR_AVAILABLE", "locator": "aoi"}]}, True, "invalid_request"),
        (401, {"message": "Authentication failed (cause: Token expired)"}, True, "unauthorized"),
        (403, {"message": "no"}, True, "unauthorized"),
        (404, {"message": "CIS contract 'x' not found."}, True, "not_found"),
        (409, {"message": "late"}, True, "conflict"),
        (500, {"code": "UNEXPECTED_SERVER_ERROR"}, False, "server_error"),
        (503, {}, False, "server_error"),
    ],
)
def test_statuses(
    provider: OneAtlas, net: respx.MockRouter, status: int, body: dict[str, object], permanent: bool, code: str
) -> None:
    route = net.get(f"{ORDER}/api/v1/contracts").respond(status, json=body)
    with pytest.raises(ProviderError) as caught:
        provider.contracts()
    assert (caught.value.permanent, caught.value.code) == (permanent, code)
    assert dict(caught.value.payload) == body
    assert route.call_count == (1 if permanent and status != 401 else 2)


@pytest.mark.parametrize(("header", "seconds"), [("0", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None)])
def test_too_many_requests(provider: OneAtlas, net: respx.MockRouter, header: str, seconds: float | None) -> None:
    net.get(f"{ORDER}/api/v1/contracts").respond(429, headers={"Retry-After": header}, json={})
    with pytest.raises(ProviderError) as caught:
        provider.contracts()
    assert (caught.value.permanent, caught.value.code) == (False, "too_many_requests")
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("failure", "code"), [(httpx.ReadTimeout("slow"), "timeout"), (httpx.ConnectError("refused"), "network")]
)
def test_network(provider: OneAtlas, net: respx.MockRouter, failure: Exception, code: str) -> None:
    route = net.get(f"{ORDER}/api/v1/contracts").mock(side_effect=failure)
    with pytest.raises(ProviderError) as caught:
        provider.contracts()
    assert (caught.value.permanent, caught.value.code, route.call_count) == (False, code, 2)


def test_expired_token_is_renewed_once(provider: OneAtlas, net: respx.MockRouter) -> None:
    net.post(f"{AUTH}{TOKEN_PATH}").mock(
        side_effect=[
            httpx.Response(200, json={"access_token": "old", "expires_in": 3600}),
            httpx.Response(200, json={"access_token": "new", "expires_in": 3600}),
        ]
    )

    def answer(request: httpx.Request) -> httpx.Response:
        good = request.headers["Authorization"] == "Bearer new"
        return httpx.Response(200 if good else 401, json={"contracts": []} if good else {"message": "Token expired"})

    net.get(f"{ORDER}/api/v1/contracts").mock(side_effect=answer)
    assert provider.contracts() == []


def test_answer_that_is_not_json(provider: OneAtlas, net: respx.MockRouter) -> None:
    net.get(f"{ORDER}/api/v1/contracts").respond(200, text="<html>")
    with pytest.raises(ProviderError) as caught:
        provider.contracts()
    assert (caught.value.permanent, caught.value.code) == (True, "unreadable_answer")


def test_redirection_is_not_followed(provider: OneAtlas, net: respx.MockRouter) -> None:
    elsewhere = net.get("https://elsewhere.example/").respond(200, json={})
    net.get(f"{ORDER}/api/v1/contracts").respond(302, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(ProviderError) as caught:
        provider.contracts()
    assert caught.value.code == "unreadable_answer"
    assert elsewhere.call_count == 0


def test_token_goes_to_our_hosts_only(provider: OneAtlas, net: respx.MockRouter) -> None:
    assert provider.client.headers(f"{ORDER}/x") == {"Authorization": "Bearer t1"}
    assert provider.client.headers("https://evil.example/x") == {}


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.zip", "", ".hidden", "a\\b"])
def test_file_name_of_a_manifest_stays_in_its_folder(provider: OneAtlas, net: respx.MockRouter, name: str) -> None:
    line = {"fileName": name, "size": 1, "sha256": "0" * 64, "href": f"{ORDER}/f"}
    net.get(f"{ORDER}/api/v1/contracts/c/orders/SAL1/deliveries").respond(json={"deliveries": [line]})
    from dinamis.providers.base import PlacedOrder

    with pytest.raises(ProviderError) as caught:
        provider.deliveries(PlacedOrder(reference="r", contract_id="c", order_id="SAL1"))
    assert caught.value.code == "unreadable_answer"
