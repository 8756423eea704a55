# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whichever windows of time a tile is looked for in, it draws what one plain statement finds."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors import tiles
from dinamis.catalogue.selectors.filters import SearchFilters, area_of
from dinamis.catalogue.selectors.search import search
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.selectors.windows import Spread
from tests.dinamis.catalogue.cast import build_world
from tests.factories.catalogue import ItemFactory, square
from tests.mvt import layers

pytestmark = pytest.mark.django_db
NOON = datetime(2024, 6, 14, 12, 0, tzinfo=UTC)
WORLD, FRANCE, HERAULT, MONTPELLIER = (
    tiles.Tile(0, 0, 0),
    tiles.Tile(5, 16, 11),
    tiles.Tile(8, 130, 93),
    tiles.Tile(10, 523, 373),
)
FILTERS = (
    SearchFilters(),
    SearchFilters(cloud=40.0),
    SearchFilters(years=(2023,)),
    SearchFilters(years=(2022, 2024), platforms=("SPOT-6",)),
    SearchFilters(since=date(2023, 3, 1), until=date(2024, 2, 1)),
    SearchFilters(states=("held", "order")),
    SearchFilters(states=("unlock", "held")),
    SearchFilters(text="scene"),
    SearchFilters(bbox=(3.6, 43.4, 3.9, 43.7)),
    SearchFilters(years=(2016,)),
)


def scatter(chance, collection, count=30):
    """Images around Montpellier over three years, some at the same moment."""
    images = [
        Item(
            collection=collection,
            stac_id=f"scene-{number}",
            footprint=square(3 + chance.random(), 43 + chance.random(), chance.choice((0.2, 0.4, 1.5))),
            datetime=NOON - timedelta(days=chance.choice((chance.randrange(900), 100, 500))),
            platform=chance.choice(("PHR1A", "SPOT-6")),
            cloud_cover=chance.randrange(100),
            held=chance.random() < 0.5,
        )
        for number in range(count)
    ]
    Item.objects.bulk_create(images)


def plain(tile, filters, viewer, limit):
    """The newest `limit` images of a tile with their states, sorted out of all that answers."""
    box = tiles._envelope(tile)
    stateless = filters.without("states")
    found = search(stateless, viewer, area_of(filters)).filter(footprint__bboverlaps=box)
    rows = found.order_by("-datetime", "-pk").values_list("pk", "state")
    return [(pk, state) for pk, state in rows if not filters.states or state in filters.states][:limit]


def drawn(*asked):
    return [(one["id"], one["state"]) for one in layers(tiles.item_tile(*asked)).get("items", [])]


def spread(chance):
    """What PostgreSQL may say of the images: nothing, the truth, or something of other times."""
    days = sorted(chance.randrange(-900, 1) for _ in range(chance.choice((0, 2, 10))))
    ago = chance.choice((0, 0, 3000, -3000))
    return Spread(chance.choice((0, 40, 400)), tuple((NOON + timedelta(days=one - ago)).timestamp() for one in days))


@pytest.mark.parametrize("kind", ["anonymous", "entitled", "unsigned"])
@pytest.mark.parametrize("seed", range(2))
def test_a_tile_draws_what_a_plain_statement_finds(kind, seed, monkeypatch):
    chance, world = random.Random(f"{kind} {seed}"), build_world()
    scatter(chance, world.items["held"].collection)
    viewer = viewer_of(world.people[kind])
    for filters in FILTERS:
        limit, tile = chance.choice((1, 3, 10, 1000)), chance.choice((WORLD, FRANCE, HERAULT, MONTPELLIER))
        monkeypatch.setattr(tiles, "MAX_FEATURES", limit)
        expected = plain(tile, filters, viewer, limit)
        assert drawn(tile, filters, viewer, spread(chance)) == expected, (tile, filters, limit)


def test_where_much_was_taken_nothing_old_is_read(monkeypatch):
    for number in range(12):
        ItemFactory(datetime=NOON - timedelta(days=number))
    monkeypatch.setattr(tiles, "MAX_FEATURES", 2)
    days = tuple((NOON - timedelta(days=number)).timestamp() for number in reversed(range(12)))
    viewer = viewer_of(AnonymousUser())
    with CaptureQueriesContext(connection) as asked:
        found = drawn(FRANCE, SearchFilters(), viewer, Spread(20.0, days))
    assert found == plain(FRANCE, SearchFilters(), viewer, 2)
    assert len(asked) == 1
    assert "2024-06-11 04:48" in asked[0]["sql"]
