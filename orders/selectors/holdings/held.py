# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first: what is asked, compared with what is held, ordered and planned already, and what is left (docs/adr/0032).

Every place of the area counts once, for the best that can be done there: download it now, sign a licence, ask for what
else is missing, wait for what somebody ordered or for a coverage; what remains, nobody has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Collection, Item
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.viewer import Viewer, viewer_of
from dinamis.core import geo
from dinamis.core.clock import PARIS
from dinamis.core.periods import last_day
from dinamis.core.surface import only_surfaces, surface_m2
from licensing.enums import Action, DenyCode
from licensing.models import Licence
from licensing.selectors.decision import Deny, Reason, decide_many
from orders.enums import AcquisitionMode, OrderKind
from orders.models import Order
from orders.selectors.holdings.held_images import Kind, Read, covered_by
from orders.selectors.holdings.running import IMAGES_OF_A_PASS, running_over

# A part of the area that nobody misses.
LITTLE = 1e-4
# What cutting alone may change.
LEAST_M2 = 1.0
NOTHING = Polygon()


class PartKind(StrEnum):
    """The parts of an area, the best first."""

    DOWNLOAD = "download"
    SIGN = "sign"
    CLOSED = "closed"
    ON_ORDER = "on_order"
    PLANNED = "planned"
    NOBODY = "nobody"


HELD = (PartKind.DOWNLOAD, PartKind.SIGN, PartKind.CLOSED)


@dataclass(frozen=True)
class Part:
    """A part of the area: its geometry, its area in m2, its share in percent, and few images that cover it."""

    kind: PartKind
    geometry: BaseGeometry
    area_m2: float
    percent: float
    images: tuple[int, ...] = ()


@dataclass(frozen=True)
class Signature:
    """A licence that is all that is missing for a part (m2, percent), and who must sign it."""

    licence: Licence
    area_m2: float
    percent: float
    images: tuple[int, ...]
    by_person: bool
    by_organisation: bool


@dataclass(frozen=True)
class Held:
    """The answer about an area: its disjoint parts, and what is known of some of them.

    `missing` is what keeps the person from the closed part; `until` is when the last running order over the area ends
    at the latest, None where none says; `own` are references of orders the person may read; `years` are those of the
    coverages that are on their way.
    """

    area: BaseGeometry
    area_m2: float
    wanted: SearchFilters
    at: datetime
    parts: tuple[Part, ...]
    signatures: tuple[Signature, ...] = ()
    missing: tuple[Reason, ...] = ()
    until: date | None = None
    own: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    images: dict[int, Item] = field(default_factory=dict)

    def part(self, kind: PartKind) -> Part:
        """Return one part; of no surface where there is none."""
        return next((part for part in self.parts if part.kind == kind), Part(kind, NOTHING, 0.0, 0.0))

    @property
    def held_percent(self) -> float:
        """The share that is held, whoever may have it."""
        return sum(self.part(kind).percent for kind in HELD)

    @property
    def residual(self) -> BaseGeometry:
        """What nobody has, ordered or planned."""
        return self.part(PartKind.NOBODY).geometry


def held_first(
    area: BaseGeometry,
    user: Any,
    wanted: SearchFilters,
    *,
    but: Order | None = None,
    at: datetime | None = None,
) -> Held:
    """Compare a valid polygonal area (longitude, latitude degrees) with everything held, ordered and planned.

    `user` is a person or nobody signed in, `wanted` what the images must be (its place does not count), `but` an order
    that is not counted: the one that is being written.
    """
    viewer = viewer_of(user, project=wanted.project, at=at)
    cut = _Cut(area, viewer, wanted)
    collections = cut.collections()
    cut.take(PartKind.DOWNLOAD, collections.of(viewer.permitted.licence_ids))
    signatures = _signatures(cut, collections)
    cut.take(PartKind.CLOSED, collections.all())
    running = running_over(cut.rest, viewer, user, wanted, but)
    cut.give(PartKind.ON_ORDER, running.ordered)
    cut.give(PartKind.PLANNED, running.planned)
    cut.leave()
    images = Item.objects.defer("footprint").prefetch_related("collection__licence").in_bulk(cut.images())
    return Held(
        area,
        cut.area_m2,
        wanted,
        viewer.at,
        tuple(cut.parts),
        signatures,
        missing=_missing(user, [images[pk] for pk in cut.images_of(PartKind.CLOSED)], viewer, wanted.project),
        until=running.until,
        own=running.own,
        years=running.years,
        images=images,
    )


@dataclass
class _Collections:
    """The collections of the families wanted, by licence."""

    rows: Sequence[tuple[int, int]]

    def of(self, licences: Sequence[int]) -> tuple[int, ...]:
        return tuple(pk for pk, licence in self.rows if licence in licences)

    def all(self) -> tuple[int, ...]:
        return tuple(pk for pk, _licence in self.rows)


class _Cut:
    """An area that is being cut: what is taken is a part, `rest` is what is left."""

    def __init__(self, area: BaseGeometry, viewer: Viewer, wanted: SearchFilters) -> None:
        self.rest = area
        self.area_m2 = self._left_m2 = surface_m2(area)
        self.little = LITTLE * area.area
        self.viewer, self.wanted = viewer, wanted
        self.parts: list[Part] = []
        self.read = Read()

    def collections(self) -> _Collections:
        rows = Collection.objects.order_by("pk")
        if self.wanted.sensors:
            rows = rows.filter(family__in=self.wanted.sensors)
        if self.wanted.collections:
            rows = rows.filter(slug__in=self.wanted.collections)
        return _Collections(list(rows.values_list("pk", "licence_id")))

    def take(self, kind: PartKind, collections: tuple[int, ...]) -> Part:
        """Take away what images of some collections cover, those in the state of this kind of part."""
        asked = Kind(STATES[kind], collections, self.wanted, self.viewer)
        found = covered_by(asked, self.rest, self.little, self.read)
        return self._taken(kind, found.rest, found.images)

    def give(self, kind: PartKind, shapes: Sequence[BaseGeometry]) -> Part:
        """Take away what outlines cover."""
        rest = only_surfaces(self.rest.difference(shapely.union_all(shapes))) if shapes else self.rest
        return self._taken(kind, rest, ())

    def leave(self) -> None:
        """Make a part of what is left: nobody has it."""
        if self._left_m2 >= LEAST_M2:
            self.parts.append(Part(PartKind.NOBODY, self.rest, self._left_m2, 100 * self._left_m2 / self.area_m2))

    def _taken(self, kind: PartKind, rest: BaseGeometry, images: tuple[int, ...]) -> Part:
        before, self.rest = self.rest, rest
        left = surface_m2(rest) if rest is not before else self._left_m2
        size = self._left_m2 - left
        if size < LEAST_M2:
            size, left = 0.0, self._left_m2
        self._left_m2 = left
        geometry = only_surfaces(before.difference(rest)) if size else NOTHING
        part = Part(kind, geometry, size, 100 * size / self.area_m2, images)
        if size:
            self.parts.append(part)
        return part

    def images(self) -> list[int]:
        return [pk for part in self.parts for pk in part.images]

    def images_of(self, kind: PartKind) -> list[int]:
        return [pk for part in self.parts if part.kind == kind for pk in part.images]


STATES = {
    PartKind.DOWNLOAD: ItemState.HELD,
    PartKind.SIGN: ItemState.UNLOCK,
    PartKind.CLOSED: ItemState.NONE,
}


def _signatures(cut: _Cut, collections: _Collections) -> tuple[Signature, ...]:
    """Take what signatures open, licence by licence, first those that the person signs alone; one part of them all."""
    denies = cut.viewer.permitted.denies
    codes = {pk: set(denies[pk].codes) for pk in cut.viewer.permitted.unlockable_licence_ids}
    licences = Licence.objects.in_bulk(list(codes))
    found = []
    for pk in sorted(codes, key=lambda pk: (DenyCode.ORGANISATION_ACCEPTANCE_MISSING in codes[pk], pk)):
        part = cut.take(PartKind.SIGN, collections.of([pk]))
        if not part.area_m2:
            continue
        signature = Signature(
            licences[pk],
            part.area_m2,
            part.percent,
            part.images,
            by_person=DenyCode.PERSON_ACCEPTANCE_MISSING in codes[pk],
            by_organisation=DenyCode.ORGANISATION_ACCEPTANCE_MISSING in codes[pk],
        )
        found.append((signature, part))
    if found:
        parts = [part for _signature, part in found]
        cut.parts = [part for part in cut.parts if part.kind != PartKind.SIGN] + [_together(parts)]
    return tuple(signature for signature, _part in found)


def _together(parts: Sequence[Part]) -> Part:
    return Part(
        parts[0].kind,
        only_surfaces(shapely.union_all([part.geometry for part in parts])),
        sum(part.area_m2 for part in parts),
        sum(part.percent for part in parts),
        tuple(pk for part in parts for pk in part.images),
    )


def _missing(user: Any, images: Sequence[Item], viewer: Viewer, project: int | None) -> tuple[Reason, ...]:
    """Return every reason for which images are closed to the person, each once."""
    answers = decide_many(user, Action.DOWNLOAD, [image.facts for image in images], project=project, at=viewer.at)
    reasons = {reason.code: reason for answer in answers if isinstance(answer, Deny) for reason in answer.reasons}
    return tuple(reasons.values())


def of_order(order: Order, *, at: datetime | None = None) -> Held:
    """Compare an order with what else there is, as its requester may have it."""
    return held_first(geo.to_shapely(order.aoi), order.requester, wanted_of(order), but=order, at=at)


def wanted_of(order: Order) -> SearchFilters:
    """Return what the images of an order must be: those of its scenes, or what it was sought by or asks for."""
    if order.kind == OrderKind.ACQUISITION:
        return _of_acquisition(order)
    if (search := getattr(order, "archive_search", None)) is not None:
        return wanted_of_search(order.family, search)
    scenes = [line.scene for line in order.items.select_related("scene") if line.scene]
    return wanted_of_scenes(order.family, scenes)


def wanted_of_scenes(family: str, scenes: Sequence[Item]) -> SearchFilters:
    """Return what would do instead of scenes: their family and, where they make relief, as many views of one pass."""
    return SearchFilters(sensors=(family,), stereo=_views(max((scene.stereo_count for scene in scenes), default=1)))


def wanted_of_search(family: str, asked: Any) -> SearchFilters:
    """Return what a search of the archive asks of images; `asked` is an ArchiveSearch, or says the same."""
    return SearchFilters(
        sensors=(family,),
        since=asked.first,
        until=asked.last,
        cloud=asked.cloud_max,
        incidence=asked.incidence_max,
        stereo=views_of(asked.mode),
    )


def _of_acquisition(order: Order) -> SearchFilters:
    asked = order.acquisition
    windows = [line.period for line in order.items.all() if line.period] or [asked.period]
    return SearchFilters(
        sensors=(order.family,),
        since=min(window.lower for window in windows).astimezone(PARIS).date(),
        until=last_day(max(window.upper for window in windows)),
        cloud=asked.cloud_max,
        incidence=asked.incidence_max,
        stereo=views_of(asked.mode),
    )


def views_of(mode: str) -> tuple[int, ...]:
    """Return how many views of one pass do for a way to look at the ground; () = any."""
    return _views(IMAGES_OF_A_PASS[AcquisitionMode(mode)])


def _views(least: int) -> tuple[int, ...]:
    """Views of one pass that do; any do where one is asked for."""
    return tuple(range(least, max(IMAGES_OF_A_PASS.values()) + 1)) if least > 1 else ()
