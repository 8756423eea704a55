# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue read by the page of another site: what it may ask, and that no session goes with it."""

import pytest

from tests.factories.accounts import UserFactory
from tests.factories.catalogue import AssetFactory, ItemFactory

pytestmark = pytest.mark.django_db
ELSEWHERE = {"Origin": "https://browser.example"}


@pytest.fixture
def item():
    item = ItemFactory(held=True)
    AssetFactory(item=item, key="quicklook", public=True, media_type="image/jpeg")
    return item


PUBLIC = ("/stac/", "/stac/search", "/stac/collections", "/catalogue/items/{}/quicklook.jpg")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_page_of_another_site_may_read_the_public_catalogue(client, item, address):
    answer = client.get(address.format(item.pk), headers=ELSEWHERE)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer


def test_it_may_search_by_post_and_send_a_key(client, item):
    asks = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "access-key,content-type,prefer,secret-key",
    }
    answer = client.options("/stac/search", headers={**ELSEWHERE, **asks})
    assert answer.status_code == 200
    assert "POST" in answer["Access-Control-Allow-Methods"]
    allowed = {name.strip() for name in answer["Access-Control-Allow-Headers"].split(",")}
    assert {"access-key", "secret-key", "authorization", "content-type", "prefer"} <= allowed


@pytest.mark.parametrize("address", ["/", "/catalogue/", "/catalogue/items/{}/", "/api/v1/me", "/orders/", "/stacks"])
def test_nothing_else_is_open_to_other_sites(client, item, address):
    client.force_login(UserFactory())
    answer = client.get(address.format(item.pk), headers=ELSEWHERE)
    assert "Access-Control-Allow-Origin" not in answer
