# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many images each choice of a filter would leave, and the answer a search gives before its list."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Count, Min, Q

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Collection, Coverage, Item
from dinamis.catalogue.models.tally import CLOUD_CLASSES, INCIDENCE_CLASSES, RESOLUTION_CLASSES
from dinamis.catalogue.selectors.filters import SearchFilters, area_of
from dinamis.catalogue.selectors.shares import shares_of_area
from dinamis.catalogue.selectors.tallies import counts_by_kind
from dinamis.catalogue.selectors.viewer import Viewer


@dataclass(frozen=True)
class Facets:
    """Counts by choice, each with every condition but its own. Withheld images tell only year and state."""

    states: Mapping[str, int] = field(default_factory=dict)
    sensors: Mapping[str, int] = field(default_factory=dict)
    platforms: Mapping[str, int] = field(default_factory=dict)
    collections: Mapping[str, int] = field(default_factory=dict)
    years: Mapping[int, int] = field(default_factory=dict)
    clouds: Mapping[float, int] = field(default_factory=dict)
    incidences: Mapping[float, int] = field(default_factory=dict)
    resolutions: Mapping[float, int] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    stereo: Mapping[int, int] = field(default_factory=dict)
    licences: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the search found: images by state, and the area (percent) by the best that can be done there."""

    total: int
    by_state: Mapping[str, int]
    held: float
    unlock: float
    order: float
    has_area: bool

    @property
    def downloadable(self) -> int:
        """How many images can be downloaded now."""
        return self.by_state.get(ItemState.HELD.value, 0)

    @property
    def none(self) -> float:
        """The rest, in percent."""
        return max(0.0, 100 - self.held - self.unlock - self.order)


_CLASSES = {"clouds": CLOUD_CLASSES, "incidences": INCIDENCE_CLASSES, "resolutions": RESOLUTION_CLASSES}


def facets(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry | None) -> Facets:
    """Return the counts of every facet."""
    counts = counts_by_kind(filters, viewer, area_of(filters) if area is None else area)
    for name, classes in _CLASSES.items():
        within = counts[name].items()
        counts[name] = {most: sum(count for least, count in within if least and least <= most) for most in classes}
    return Facets(**counts)


def answer(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry | None, counts: Facets) -> Answer:
    """Return the answer: shares of the drawn or named area when there is one, else of the images themselves."""
    chosen = set(filters.states or ItemState.values)
    by_state = {state: count for state, count in counts.states.items() if state in chosen}
    total = sum(by_state.values())
    if area is not None and area.dims == 2:
        shares = shares_of_area(filters, viewer, area)
        return Answer(total, by_state, shares[0], shares[1], shares[2], has_area=True)
    parts = [100 * by_state.get(state, 0) / total if total else 0.0 for state in ("held", "unlock", "order")]
    return Answer(total, by_state, parts[0], parts[1], parts[2], has_area=False)


def choices() -> list[Collection]:
    """Return every collection with its licence, in its order: the choices of the filters."""
    return list(Collection.objects.select_related("licence"))


@dataclass(frozen=True)
class Holdings:
    """What there is for a newcomer to see."""

    images: int
    held: int
    coverages: int
    first_year: int | None


def holdings() -> Holdings:
    """Return the size of the catalogue: one query and one of the coverages."""
    items = Item.objects.published().aggregate(
        images=Count("pk"), held=Count("pk", filter=Q(held=True)), first=Min("datetime")
    )
    first = items["first"].year if items["first"] else None
    return Holdings(items["images"], items["held"], Coverage.objects.count(), first)
