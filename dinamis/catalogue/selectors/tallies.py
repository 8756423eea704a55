# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts by the choices of the filters, for filters that ask for choices: each kind of images is looked at once.

A million images are some thousand kinds. How many there are of each triggers keep for the whole catalogue, the tallies;
in an area they are counted. Both are of plain images, of which everything is told to everybody; what is withheld, or
was until lately, and scenes that a delivered product stands for are few and counted as they are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import ExtractYear

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Collection, Item, Tally
from dinamis.catalogue.models.item import ItemQuerySet
from dinamis.catalogue.models.tally import CLOUD_CLASSES, INCIDENCE_CLASSES, RESOLUTION_CLASSES
from dinamis.catalogue.selectors.box_counts import is_countable, kinds_in_box
from dinamis.catalogue.selectors.facet_choices import FACETS, OF_COLLECTION, class_of
from dinamis.catalogue.selectors.filters import SearchFilters, touching
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


def is_tallied(filters: SearchFilters) -> bool:
    """Tell whether the kinds of images tell all that is asked of them: no day or text, and maxima that are choices."""
    return (
        filters.since is None
        and filters.until is None
        and not filters.text
        and filters.cloud in {None, *CLOUD_CLASSES}
        and filters.incidence in {None, *INCIDENCE_CLASSES}
        and filters.resolution in {None, *RESOLUTION_CLASSES}
    )


def tallied_counts(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry | None) -> dict[str, Mapping[Any, int]]:
    """Return the counts of each facet, as `facets` does, for filters that are tallied. Five queries."""
    counts: dict[str, Counter[Any]] = {name: Counter() for name in FACETS}
    conditions = _conditions(filters)
    # What is withheld tells neither the choice of most facets nor whether it meets most conditions.
    closed = {name for name, facet in FACETS.items() if facet.only_shown}
    closed |= {name for name, facet in FACETS.items() if filters.without(*facet.ignores).tells_details}
    collections = {one.pk: one for one in Collection.objects.select_related("licence")}
    odd = _WITHHELD | _lately(viewer, collections.values())
    for kinds in (_plain(viewer, area, odd, collections), _odd(viewer, area, odd, collections)):
        kinds.add_up(counts, conditions, closed)
    return {name: +counter for name, counter in counts.items()}


def _conditions(filters: SearchFilters) -> Conditions:
    """What each condition asks of a choice."""
    most = {"clouds": filters.cloud, "incidences": filters.incidence, "resolutions": filters.resolution}
    found: list[tuple[str, Callable[[Any], bool]]] = []
    for name in FACETS:
        if name in most and (limit := most[name]) is not None:
            found.append((name, partial(_within, limit)))
        elif name not in most and (wanted := getattr(filters, name)):
            found.append((name, set(wanted).__contains__))
    return found


def _within(limit: float, choice: float | None) -> bool:
    return choice is not None and choice <= limit


def _plain(viewer: Viewer, area: GEOSGeometry | None, odd: Q, collections: Mapping[int, Collection]) -> Kinds:
    """The plain images that are not odd, and no scene that a delivered product stands for."""
    counted: Counter[int] = Counter()
    counted.update(dict(_by_kind(area)))
    plain = _in(area).filter(kind__isnull=False)
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


def _odd(viewer: Viewer, area: GEOSGeometry | None, odd: Q, collections: Mapping[int, Collection]) -> Kinds:
    """The images of which not everything is told to everybody, or was not lately."""
    told = without_delivered_twins(with_state(_in(area).filter(odd), viewer), viewer.at)
    named = {f"by_{name}": _OF_ITEM.get(name, F(name)) for name in _COLUMNS.values()}
    grouped = told.order_by().annotate(**named).values_list("state", "collection_id", *named, "shown")
    rows = list(grouped.annotate(n=Count("pk")))
    state, collection, *own, shown, images = zip(*rows, strict=True) if rows else [()] * (len(named) + 4)
    columns = {"states": Column.of(state)} | {
        name: Column.of(values) for name, values in zip(_COLUMNS, own, strict=True)
    }
    for name, tell in OF_COLLECTION.items():
        columns[name] = Column.of(tell(collections[pk]) for pk in collection)
    return Kinds(columns, np.array(images, dtype=np.int64), np.array(shown, dtype=bool))


def _in(area: GEOSGeometry | None) -> ItemQuerySet:
    return Item.objects.all() if area is None else Item.objects.filter(touching(area))


def _by_kind(area: GEOSGeometry | None) -> Iterable[tuple[int, int]]:
    """How many plain images there are of each kind."""
    if area is None:
        return Tally.objects.order_by().values_list("kind").annotate(n=Sum("images"))
    if is_countable(area):
        return kinds_in_box(area)
    return _number_of_each(_in(area).filter(kind__isnull=False))


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
