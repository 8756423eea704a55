# SPDX-License-Identifier: AGPL-3.0-or-later
"""The held images that cover an area: few of them, the newest that suffice, found without reading the many there are.

A place may be covered by thousands of images. The index of what is held gives the newest ones over a piece of the area
first (KNN over the second column of a GiST), so a round reads a few hundred; only what they leave is asked about again.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import shapely
from django.db import connection
from django.db.models import BooleanField, F, FloatField, Func, Q, Value
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.filters import SearchFilters, conditions
from dinamis.catalogue.selectors.viewer import Annotated, Viewer, with_state, without_delivered_twins
from dinamis.core.clock import PARIS
from dinamis.core.surface import only_surfaces
from orders.domain.covering import Cover, Piece, cover, pieces

# Images of the first round, over all pieces, also where they lie thin, and over one piece at least.
FIRST, FIRST_OF_YEARS, LEAST = 300, 800, 12
# After every image there will be: the nearest to it is the newest.
FAR = datetime(2200, 1, 1, tzinfo=UTC)
# Materialised: otherwise the outline would be read again for every image.
NEWEST_OF_EACH = """
WITH piece AS MATERIALIZED (
  SELECT place, ST_GeomFromEWKB(decode(hex, 'hex')) AS outline
  FROM unnest(%s::text[]) WITH ORDINALITY AS named(hex, place)
)
SELECT piece.place, found.pk FROM piece, LATERAL ({images}) AS found
"""
TOUCHING = Func(template="ST_Intersects(catalogue_item.footprint, piece.outline)", output_field=BooleanField())
OF_THESE = "WITH these AS (SELECT unnest(%s::bigint[]) AS pk) {images}"
ONE_OF_THESE = Func(template="catalogue_item.id IN (SELECT pk FROM these)", output_field=BooleanField())
# What a search is about besides columns of the image itself.
ELSEWHERE = ("sensors", "collections", "licences", "text", "states", "aoi", "place", "bbox")
NOT_HERE = ("text", "states", "aoi", "place", "bbox")


class OneOf(Func):
    """Whether a column is among the numbers of an array: one parameter, however many they are."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


class Nearness(Func):
    """`left <-> right`, which an index gives in order (btree_gist)."""

    template = "(%(expressions)s)"
    arg_joiner = " <-> "


@dataclass(frozen=True)
class Kind:
    """A kind of images: those of `state` for a person (held or not), of some collections, that suit what is wanted."""

    state: ItemState
    collections: tuple[int, ...]
    wanted: SearchFilters
    viewer: Viewer

    def candidates(self) -> Annotated:
        """Return images that may be of this kind, by their own columns: a join would take the index's order away."""
        held = self.state != ItemState.ORDER
        published: Annotated = Item.objects.published()
        images = published.annotate(shown=Value(True, output_field=BooleanField()))
        quality = conditions(self.wanted.without(*ELSEWHERE), None)
        return images.filter(_within(self.wanted.years), quality, held=held, collection_id__in=self.collections)

    def read(self, ids: Sequence[int]) -> "list[Image]":
        """Return those of `ids` that suit, each with what it is for the person, the newest first."""
        sql, params = self._suiting
        with connection.cursor() as cursor:
            cursor.execute(OF_THESE.format(images=sql), [list(ids), *params])
            rows = cursor.fetchall()
        outlines = shapely.from_wkb([row[1] for row in rows])
        return [
            Image(pk, outline, collection, state)
            for (pk, _wkb, collection, state), outline in zip(rows, outlines, strict=True)
        ]

    @cached_property
    def _suiting(self) -> tuple[str, tuple[Any, ...]]:
        """SQL of what suits among `these`: written once for all rounds, which takes Django as long as reading a few."""
        images = with_state(Item.objects.filter(ONE_OF_THESE), self.viewer)
        if self.state == ItemState.ORDER:
            images = without_delivered_twins(images, self.viewer.at)
        images = images.filter(conditions(self.wanted.without(*NOT_HERE), None)).order_by("-datetime", "pk")
        return images.values_list("pk", "footprint", "collection_id", "state").query.sql_with_params()

    def among(self, ids: Sequence[int]) -> set[int]:
        """Return those of `ids` that are of this kind."""
        return {image.pk for image in self.read(ids) if image.state == self.state}


def _within(years: Sequence[int]) -> Q:
    """From the first to the last of some years of Paris: the index finds dates, and no year within them."""
    if not years:
        return Q()
    begin, end = (datetime(year, 1, 1, tzinfo=PARIS) for year in (min(years), max(years) + 1))
    return Q(datetime__gte=begin, datetime__lt=end)


@dataclass(frozen=True)
class Image:
    """An image that suits, and what it is for the person (ItemState)."""

    pk: int
    footprint: BaseGeometry
    collection: int
    state: str


@dataclass
class Read:
    """What was read over an area, for the kinds that are asked about after it: what is left of the area only shrinks.

    `seen` was looked at, `images` are those of it that suit; `whole` are the collections of which every image over what
    is left was seen.
    """

    seen: set[int] = field(default_factory=set)
    images: list[Image] = field(default_factory=list)
    whole: set[int] = field(default_factory=set)

    def of(self, kind: "Kind") -> list[Image]:
        """Return the images of a kind."""
        return [one for one in self.images if one.state == kind.state and one.collection in kind.collections]


@dataclass(frozen=True)
class Covered:
    """The images chosen, and what no image of the kind covers."""

    images: tuple[int, ...]
    rest: BaseGeometry


def covered_by(kind: Kind, area: BaseGeometry, little: float, read: Read | None = None) -> Covered:
    """Choose few images of a kind that cover of `area` what all of them do; less than `little` is not asked for.

    Both areas are in degrees, `little` in square degrees. What is read is kept in `read`.
    """
    if area.area <= little:
        return Covered((), area)
    read = Read() if read is None else read
    known = read.of(kind)
    taken = cover(area, [image.footprint for image in known], little) if known else Cover((), area)
    before = [known[place].pk for place in taken.chosen]
    unread = replace(kind, collections=tuple(pk for pk in kind.collections if pk not in read.whole))
    chosen, rest = _covered(unread, taken.rest, little, read)
    return Covered((*before, *chosen), rest) if before or chosen else Covered((), area)


def _covered(kind: Kind, area: BaseGeometry, little: float, read: Read) -> tuple[list[int], BaseGeometry]:
    """Round by round, twice as many images each time, until there are no more or little is left."""
    # Images of a few years lie thin: a round of the usual size would leave the next one to read as many.
    waiting, done, most = area, [], FIRST_OF_YEARS if kind.wanted.years else FIRST
    chosen: list[int] = []
    deepest, growth = most, 2
    while kind.collections and waiting.area > little:
        asked = pieces(waiting)
        # What is left is mostly small: a few more images over each piece do, seldom many.
        limit = max(LEAST, min(most // len(asked), deepest))
        deepest, growth = limit * growth, 2 * growth
        found, counts = _newest(kind, asked, read.seen, limit)
        images = kind.read(found)
        read.seen |= set(found)
        read.images += images
        suit = [image for image in images if image.state == kind.state]
        taken = cover(waiting, [image.footprint for image in suit], little)
        chosen += [suit[place].pk for place in taken.chosen]
        # Fewer than the limit were all there are.
        over = [piece.cell for piece, count in zip(asked, counts, strict=True) if count < limit]
        if len(over) == len(asked):
            read.whole |= set(kind.collections)
            waiting = taken.rest
            break
        finished = shapely.union_all(over)
        done.append(only_surfaces(taken.rest.intersection(finished)))
        waiting = only_surfaces(taken.rest.difference(finished))
        most *= 2
    return chosen, only_surfaces(shapely.union_all([*done, waiting])) if done else waiting


def newest_over(kind: Kind, area: BaseGeometry, most: int) -> list[Image]:
    """Return about `most` images of a kind over an area, the newest of each part of it."""
    asked = pieces(area) if kind.collections else []
    if not asked:
        return []
    found, _counts = _newest(kind, asked, (), max(LEAST, most // len(asked)))
    return [image for image in kind.read(found) if image.state == kind.state]


def _newest(kind: Kind, asked: Sequence[Piece], seen: Collection[int], limit: int) -> tuple[list[int], list[int]]:
    """Return up to `limit` of the newest images not yet seen of each piece, each image once; and how many of each."""
    images = kind.candidates().filter(TOUCHING)
    images = images.exclude(OneOf(F("pk"), Value(list(seen)))) if seen else images
    near = Nearness(F("datetime"), Value(FAR), output_field=FloatField())
    sql, params = images.order_by(near).values_list("pk")[:limit].query.sql_with_params()
    parts = shapely.set_srid([piece.part for piece in asked], 4326)
    with connection.cursor() as cursor:
        cursor.execute(
            NEWEST_OF_EACH.format(images=sql), [shapely.to_wkb(parts, hex=True, include_srid=True).tolist(), *params]
        )
        rows = cursor.fetchall()
    counts = Counter(place for place, _pk in rows)
    return list({pk for _place, pk in rows}), [counts[place] for place in range(1, len(asked) + 1)]
