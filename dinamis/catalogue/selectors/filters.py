# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a search asks for. The address of the page holds all of it."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.gis.geos import GEOSGeometry, Polygon
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import AdminKind, ItemState
from dinamis.catalogue.models import AdminUnit
from dinamis.catalogue.models.month import month_of
from dinamis.core.clock import PARIS

# PostGIS compares boxes in single precision, rounded outwards: by up to 0.00002 degrees at 180.
SLACK = 0.0001
# The states that only an image whose files are here has.
OF_HELD = {ItemState.HELD.value, ItemState.UNLOCK.value}
# Before every image, and after every one.
EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
DAY = timedelta(days=1)
BBox = tuple[float, float, float, float]


class Order(TextChoices):
    """How a list is sorted."""

    RECENT = "recent", _("most recent first")
    OLDEST = "oldest", _("oldest first")
    CLOUDS = "clouds", _("least clouds first")
    COVERS = "covers", _("covers most of my area first")


@dataclass(frozen=True, kw_only=True)
class SearchFilters:
    """Every condition of a search; empty means no condition.

    `aoi` is a polygon or a point (EPSG:4326), `place` is "kind:code", `cloud`, `incidence` and `resolution` are maxima
    in percent, degrees and metres, `stereo` counts the images of one pass, `licences` are codes, `since` and `until`
    are days in Paris, both included; `after` and `before` are keyset tokens.
    """

    sensors: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    since: date | None = None
    until: date | None = None
    cloud: float | None = None
    incidence: float | None = None
    resolution: float | None = None
    levels: tuple[str, ...] = ()
    stereo: tuple[int, ...] = ()
    licences: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    text: str = ""
    bbox: BBox | None = None
    aoi: GEOSGeometry | None = None
    place: str = ""
    project: int | None = None
    order: str = Order.RECENT.value
    after: str = ""
    before: str = ""

    def without(self, *names: str) -> "SearchFilters":
        """Return the same search with the conditions called `names` lifted: what a facet counts over."""
        empty = SearchFilters()
        return replace(self, **{name: getattr(empty, name) for name in names})

    @property
    def tells_details(self) -> bool:
        """Whether a condition looks at more than footprint and date, which a withheld image does not tell."""
        asked = (self.sensors, self.platforms, self.collections, self.levels, self.stereo, self.licences, self.text)
        return any(asked) or any(most is not None for most in (self.cloud, self.incidence, self.resolution))


def area_of(filters: SearchFilters) -> GEOSGeometry | None:
    """Return the geometry a search is about: the drawn area, else the place, else the box. One query for a place."""
    if filters.aoi is not None:
        return filters.aoi
    if filters.place and (unit := find_place(filters.place)):
        return unit.geometry
    if filters.bbox is not None:
        box = Polygon.from_bbox(filters.bbox)
        box.srid = 4326
        return box
    return None


def find_place(reference: str) -> AdminUnit | None:
    """Return the place called "kind:code" that has an outline, or None."""
    kind, _colon, code = reference.partition(":")
    if kind not in AdminKind.values:
        return None
    return AdminUnit.objects.filter(kind=kind, code=code, geometry__isnull=False).first()


def conditions(filters: SearchFilters, area: GEOSGeometry | None) -> Q:
    """Return the conditions on columns of an item annotated by `with_state`."""
    found = on_columns(filters)
    if filters.states:
        found &= Q(state__in=filters.states)
        # Said of the column too, so that the index of what is held answers.
        if OF_HELD.issuperset(filters.states):
            found &= Q(held=True)
    if filters.tells_details:
        found &= Q(shown=True)
    return found if area is None else found & touching(area) & _months(filters)


def on_columns(filters: SearchFilters) -> Q:
    """Return the conditions on columns of an item alone, whoever looks at it wherever it lies."""
    found = _time(filters) & _quality(filters) & _kind(filters)
    for word in filters.text.split():
        found &= Q(stac_id__icontains=word) | Q(source_id__icontains=word) | Q(title__icontains=word)
    return found


def touching(area: GEOSGeometry) -> Q:
    """The condition that a footprint touches an area.

    Of a box, what lies inside it by its own box is not looked at more closely, which is most of what a large one finds.
    """
    west, south, east, north = area.extent
    if min(east - west, north - south) <= 2 * SLACK or not area.equals(area.envelope):
        return Q(footprint__intersects=area)
    inner = Polygon.from_bbox((west + SLACK, south + SLACK, east - SLACK, north - SLACK))
    inner.srid = area.srid
    return Q(footprint__bboverlaps=area) & (Q(footprint__contained=inner) | Q(footprint__intersects=area))


def _kind(filters: SearchFilters) -> Q:
    one_of = {
        "collection__family__in": filters.sensors,
        "platform__in": filters.platforms,
        "collection__slug__in": filters.collections,
        "collection__licence__code__in": filters.licences,
        "processing_level__in": filters.levels,
        "stereo_count__in": filters.stereo,
    }
    return Q(**{column: values for column, values in one_of.items() if values})


def _quality(filters: SearchFilters) -> Q:
    found = Q()
    if filters.cloud is not None:
        found &= Q(cloud_cover__lte=filters.cloud)
    if filters.incidence is not None:
        found &= Q(incidence_angle__lte=filters.incidence)
    if filters.resolution is not None:
        found &= Q(gsd__lte=filters.resolution)
    return found


def _time(filters: SearchFilters) -> Q:
    found = Q()
    if filters.years:
        found &= Q(datetime__year__in=filters.years)
    if filters.since:
        found &= Q(datetime__gte=_midnight(filters.since))
    if filters.until:
        found &= Q(datetime__lt=_midnight(filters.until + timedelta(days=1)))
    return found


def span(filters: SearchFilters) -> tuple[datetime, datetime]:
    """Moments between which everything lies that the filters of time admit; a day wide of them, wherever days begin."""
    begins, ends = [EVER], [NEVER]
    if filters.years:
        begins.append(datetime(min(filters.years), 1, 1, tzinfo=UTC) - DAY)
        ends.append(datetime(max(filters.years) + 1, 1, 1, tzinfo=UTC) + DAY)
    if filters.since:
        begins.append(datetime.combine(filters.since, time.min, UTC) - DAY)
    if filters.until:
        ends.append(datetime.combine(filters.until, time.min, UTC) + 2 * DAY)
    return max(begins), min(ends)


def _months(filters: SearchFilters) -> Q:
    """The months that the conditions of time name, for the index that parts them."""
    begin, end = span(filters)
    found = Q() if begin == EVER else Q(month__gte=month_of(begin))
    return found if end == NEVER else found & Q(month__lte=month_of(end))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, PARIS).astimezone(UTC)
