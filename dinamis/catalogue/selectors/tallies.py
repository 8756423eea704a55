# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts by the choices of the filters: each kind of images is looked at once.

A million images are some thousand kinds. How many there are of each triggers keep for the whole catalogue, the tallies;
in an area they are counted. Both are of plain images, of which everything is told to everybody; what is withheld, or
was until lately, and scenes that a delivered product stands for are few and counted as they are.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import ExtractYear

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Collection, Item, Tally
from dinamis.catalogue.models.item import ItemQuerySet
from dinamis.catalogue.models.tally import CLOUD_CLASSES, INCIDENCE_CLASSES, RESOLUTION_CLASSES
from dinamis.catalogue.selectors.box_counts import is_countable, kinds_in_box
from dinamis.catalogue.selectors.facet_choices import FACETS, OF_COLLECTION, class_of
from dinamis.catalogue.selectors.filters import SearchFilters, on_columns, touching
from dinamis.catalogue.selectors.kinds import Column, Conditions, Kinds, choices_of
from dinamis.catalogue.selectors.viewer import (
    Annotated,
    Viewer,
    delivered_scenes,
    with_state,
    without_delivered_twins,
)

# The column of a tally that is the choice of a facet.
_COLUMNS = {
    "platforms": "platform",
    "years": "year",
    "clouds": "cloud",
    "incidences": "incidence",
    "resolutions": "resolution",
    "levels": "processing_level",
    "stereo": "stereo_count",
}
_OF_ITEM = {
    "year": ExtractYear("datetime"),
    "cloud": class_of("cloud_cover", CLOUD_CLASSES),
    "incidence": class_of("incidence_angle", INCIDENCE_CLASSES),
    "resolution": class_of("gsd", RESOLUTION_CLASSES),
}
_WITHHELD = Q(embargo_until__isnull=False) | Q(hold_back_until__isnull=False)


def counts_by_kind(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry | None) -> dict[str, Mapping[Any, int]]:
    """Return the counts of each facet, as `facets` does.

    Five queries; four more for each facet that is a condition of which kinds tell nothing.
    """
    counts: dict[str, Counter[Any]] = {name: Counter() for name in FACETS}
    conditions = _conditions(filters)
    # What is withheld tells neither the choice of most facets nor whether it meets most conditions.
    closed = {name for name, facet in FACETS.items() if facet.only_shown}
    closed |= {name for name, facet in FACETS.items() if filters.without(*facet.ignores).tells_details}
    collections = {one.pk: one for one in Collection.objects.select_related("licence")}
    same_images = defaultdict(list)
    for name, facet in FACETS.items():
        same_images[_not_of_kinds(filters).without(*facet.ignores)].append(name)
    for asked, names in same_images.items():
        images = _Images(asked, area, viewer, collections)
        for kinds in (images.plain(), images.odd()):
            kinds.add_up({name: counts[name] for name in names}, conditions, closed)
    return {name: +counter for name, counter in counts.items()}


def _not_of_kinds(filters: SearchFilters) -> SearchFilters:
    """The conditions that a kind does not tell: days, text, and maxima that are no choice."""

    def unless_in(classes: tuple[float, ...], most: float | None) -> float | None:
        return None if most in classes else most

    return SearchFilters(
        since=filters.since,
        until=filters.until,
        text=filters.text,
        cloud=unless_in(CLOUD_CLASSES, filters.cloud),
        incidence=unless_in(INCIDENCE_CLASSES, filters.incidence),
        resolution=unless_in(RESOLUTION_CLASSES, filters.resolution),
    )


def _conditions(filters: SearchFilters) -> Conditions:
    """What each condition asks of a choice, if kinds tell."""
    maxima = {
        "clouds": (filters.cloud, CLOUD_CLASSES),
        "incidences": (filters.incidence, INCIDENCE_CLASSES),
        "resolutions": (filters.resolution, RESOLUTION_CLASSES),
    }
    found: dict[str, Callable[[Any], bool]] = {}
    for name, (most, classes) in maxima.items():
        if most is not None and most in classes:
            found[name] = partial(_within, most)
    for name in FACETS:
        if name not in maxima and (wanted := getattr(filters, name)):
            found[name] = set(wanted).__contains__
    return found


def _within(limit: float, choice: float | None) -> bool:
    return choice is not None and choice <= limit


@dataclass(frozen=True)
class _Images:
    """The images in an area that meet the conditions of which kinds tell nothing."""

    asked: SearchFilters
    area: GEOSGeometry | None
    viewer: Viewer
    collections: Mapping[int, Collection]

    def plain(self) -> Kinds:
        """Those of which everything is told to everybody, without scenes that a delivered product stands for."""
        viewer, collections, odd = self.viewer, self.collections, self._odd
        counted: Counter[int] = Counter()
        counted.update(dict(self._by_kind()))
        plain = self._all.filter(kind__isnull=False)
        for left_out in (plain.filter(odd), plain.filter(delivered_scenes(viewer.at), held=False).exclude(odd)):
            counted.subtract(dict(_number_of_each(left_out)))
        own, images = choices_of(counted)
        held, of_collection = own["held"], own["collection_id"]
        states = Column.of((pk, is_held) for pk in of_collection.choices for is_held in held.choices)
        places = of_collection.places * len(held.choices) + held.places
        state = Column(states.choices, places).told(lambda of: _plain_state(viewer, collections.get(of[0]), held=of[1]))
        columns = {name: own[column] for name, column in _COLUMNS.items()} | {"states": state}
        for name, tell in OF_COLLECTION.items():
            told = {pk: tell(one) for pk, one in collections.items()}
            columns[name] = of_collection.told(told.get)
        return Kinds(columns, images, np.ones(len(images), dtype=bool))

    def odd(self) -> Kinds:
        """Those of which not everything is told to everybody, or was not lately."""
        told = without_delivered_twins(with_state(self._all.filter(self._odd), self.viewer), self.viewer.at)
        named = {f"by_{name}": _OF_ITEM.get(name, F(name)) for name in _COLUMNS.values()}
        grouped = told.order_by().annotate(**named).values_list("state", "collection_id", *named, "shown")
        rows = list(grouped.annotate(n=Count("pk")))
        state, collection, *own, shown, images = zip(*rows, strict=True) if rows else [()] * (len(named) + 4)
        columns = {"states": Column.of(state)} | {
            name: Column.of(values) for name, values in zip(_COLUMNS, own, strict=True)
        }
        for name, tell in OF_COLLECTION.items():
            columns[name] = Column.of(tell(self.collections[pk]) for pk in collection)
        return Kinds(columns, np.array(images, dtype=np.int64), np.array(shown, dtype=bool))

    @property
    def _odd(self) -> Q:
        return _WITHHELD | _lately(self.viewer, self.collections.values())

    @property
    def _all(self) -> ItemQuerySet:
        found = Item.objects.filter(on_columns(self.asked))
        return found if self.area is None else found.filter(touching(self.area))

    def _by_kind(self) -> Iterable[tuple[int, int]]:
        """How many plain images there are of each kind."""
        if self.asked != SearchFilters() or not (self.area is None or is_countable(self.area)):
            with _hashed():
                return list(_number_of_each(self._all.filter(kind__isnull=False)))
        if self.area is None:
            return Tally.objects.order_by().values_list("kind").annotate(n=Sum("images"))
        return kinds_in_box(self.area)


@contextmanager
def _hashed() -> Iterator[None]:
    """Have groups looked up and not sorted: PostgreSQL expects few images, and of many sorts for most of the time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
        yield
        cursor.execute("SET LOCAL enable_sort = on; SET LOCAL enable_incremental_sort = on")


def _number_of_each(items: Annotated) -> Annotated:
    return items.order_by().values_list("kind").annotate(n=Count("pk"))


def _lately(viewer: Viewer, collections: Iterable[Collection]) -> Q:
    """Images so young that an embargo of their licence, or of the reader's right to it, may run."""
    found = Q(pk__in=())
    for one in collections:
        own = viewer.permitted.embargoes.get(one.licence_id, timedelta(0))
        if embargo := max(own, timedelta(days=one.licence.embargo_days)):
            found |= Q(collection=one, datetime__gt=viewer.at - embargo)
    return found


def _plain_state(viewer: Viewer, collection: Collection | None, *, held: bool) -> str:
    """What `with_state` says of a plain image that no embargo concerns."""
    if not held or collection is None:
        return ItemState.ORDER.value
    if collection.licence_id in viewer.permitted.allows:
        return ItemState.HELD.value
    unlockable = collection.licence_id in viewer.permitted.unlockable_licence_ids
    return (ItemState.UNLOCK if unlockable else ItemState.NONE).value
