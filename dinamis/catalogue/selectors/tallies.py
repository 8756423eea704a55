# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts of the whole catalogue by the choices of its filters, from the tallies that triggers keep.

A million images are some thousand kinds. The tallies count plain images, of which everything is told to everybody;
what is withheld, or was until lately, and scenes that a delivered product stands for are few and counted as they are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import ExtractYear

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Collection, Item, Tally
from dinamis.catalogue.models.tally import CLOUD_CLASSES, GROUPED, INCIDENCE_CLASSES, RESOLUTION_CLASSES
from dinamis.catalogue.selectors.facet_choices import FACETS, class_of
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.viewer import (
    Annotated,
    Viewer,
    delivered_scenes,
    with_state,
    without_delivered_twins,
)

_OF_ITEM = {
    "year": ExtractYear("datetime"),
    "cloud": class_of("cloud_cover", CLOUD_CLASSES),
    "incidence": class_of("incidence_angle", INCIDENCE_CLASSES),
    "resolution": class_of("gsd", RESOLUTION_CLASSES),
}
_WITHHELD = Q(embargo_until__isnull=False) | Q(hold_back_until__isnull=False)


def is_tallied(filters: SearchFilters) -> bool:
    """Tell whether the tallies know all that is asked: no place, day or text, and maxima that are choices."""
    placed = (filters.aoi, filters.bbox, filters.since, filters.until)
    return (
        not any(value is not None for value in placed)
        and not filters.place
        and not filters.text
        and filters.cloud in {None, *CLOUD_CLASSES}
        and filters.incidence in {None, *INCIDENCE_CLASSES}
        and filters.resolution in {None, *RESOLUTION_CLASSES}
    )


def tallied_counts(filters: SearchFilters, viewer: Viewer) -> dict[str, Mapping[Any, int]]:
    """Return the counts of each facet, as `facets` does, for filters that are tallied. Five queries."""
    counts: dict[str, Counter[Any]] = {name: Counter() for name in FACETS}
    conditions = _conditions(filters)
    # What is withheld tells neither the choice of most facets nor whether it meets most conditions.
    closed = {name for name, facet in FACETS.items() if facet.only_shown}
    closed |= {name for name, facet in FACETS.items() if filters.without(*facet.ignores).tells_details}
    for (*choices, shown), images in _kinds(viewer).items():
        failed = [place for place, passes in conditions if not passes(choices[place])]
        for place, (name, counter) in enumerate(counts.items()):
            if (not failed or failed == [place]) and (shown or name not in closed):
                counter[choices[place]] += images
    return {name: +counter for name, counter in counts.items()}


def _conditions(filters: SearchFilters) -> list[tuple[int, Callable[[Any], bool]]]:
    """What each condition asks of a choice, with the place of the choice among FACETS."""
    most = {"clouds": filters.cloud, "incidences": filters.incidence, "resolutions": filters.resolution}
    found: list[tuple[int, Callable[[Any], bool]]] = []
    for place, name in enumerate(FACETS):
        if name in most and (limit := most[name]) is not None:
            found.append((place, partial(_within, limit)))
        elif name not in most and (wanted := getattr(filters, name)):
            found.append((place, set(wanted).__contains__))
    return found


def _within(limit: float, choice: float | None) -> bool:
    return choice is not None and choice <= limit


def _kinds(viewer: Viewer) -> Counter[tuple[Any, ...]]:
    """How many images there are of each kind: the choice of each facet in the order of FACETS, and whether shown."""
    collections = {one.pk: one for one in Collection.objects.select_related("licence")}
    found: Counter[tuple[Any, ...]] = Counter()

    def add(rows: Iterable[tuple[Any, ...]], sign: int = 1) -> None:
        for pk, held, *choices, images in rows:
            state = _plain_state(viewer, collections[pk], held=held)
            found[_kind(collections[pk], choices, state, shown=True)] += sign * images

    add(Tally.objects.values_list(*GROUPED).annotate(n=Sum("images")))
    odd = _WITHHELD | _lately(viewer, collections.values())
    add(_grouped(Item.objects.published().filter(odd).exclude(_WITHHELD)), -1)
    add(_grouped(Item.objects.published().filter(delivered_scenes(viewer.at), held=False).exclude(odd)), -1)
    told = without_delivered_twins(with_state(Item.objects.filter(odd), viewer), viewer.at)
    for pk, _held, *choices, state, shown, images in _grouped(told, "state", "shown"):
        found[_kind(collections[pk], choices, state, shown=shown)] += images
    return found


def _kind(collection: Collection, choices: Sequence[Any], state: str, *, shown: bool) -> tuple[Any, ...]:
    year, platform, level, stereo, cloud, incidence, resolution = choices
    own = (collection.family, platform, collection.slug, year, cloud, incidence, resolution, level, stereo)
    return (state, *own, collection.licence.code, shown)


def _grouped(items: Annotated, *more: str) -> Iterator[tuple[Any, ...]]:
    named = {f"by_{name}": _OF_ITEM.get(name, F(name)) for name in GROUPED}
    return items.order_by().annotate(**named).values_list(*named, *more).annotate(n=Count("pk")).iterator()


def _lately(viewer: Viewer, collections: Iterable[Collection]) -> Q:
    """Images so young that an embargo of their licence, or of the reader's right to it, may run."""
    found = Q(pk__in=())
    for one in collections:
        own = viewer.permitted.embargoes.get(one.licence_id, timedelta(0))
        if embargo := max(own, timedelta(days=one.licence.embargo_days)):
            found |= Q(collection=one, datetime__gt=viewer.at - embargo)
    return found


def _plain_state(viewer: Viewer, collection: Collection, *, held: bool) -> str:
    """What `with_state` says of a plain image that no embargo concerns."""
    if not held:
        return ItemState.ORDER.value
    if collection.licence_id in viewer.permitted.allows:
        return ItemState.HELD.value
    unlockable = collection.licence_id in viewer.permitted.unlockable_licence_ids
    return (ItemState.UNLOCK if unlockable else ItemState.NONE).value
