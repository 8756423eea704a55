# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vector tiles (MVT 2.1) made by PostGIS: places, images, cells of a coverage."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import (
    BinaryField,
    CharField,
    F,
    Func,
    IntegerField,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast, ExtractMonth

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import CoverageCell
from dinamis.catalogue.models.month import month_of
from dinamis.catalogue.selectors.coverages import cell_state
from dinamis.catalogue.selectors.filters import NEVER, SearchFilters, area_of
from dinamis.catalogue.selectors.search import search
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.catalogue.selectors.windows import Spread, Window, first_window
from dinamis.catalogue.words import SATELLITES
from dinamis.core.clock import PARIS
from dinamis.core.exceptions import Invalid

MAX_ZOOM = 18
EXTENT = 4096
BUFFER = 64
MAX_BYTES = 500_000
# Footprints lie on one another: of more than this nobody sees the older ones.
MAX_FEATURES = 1000
# From which zoom a layer is drawn.
BASE_LAYERS = (
    ("land", AdminKind.REGION, 0),
    ("region", AdminKind.REGION, 3),
    ("departement", AdminKind.DEPARTEMENT, 5),
    ("commune", AdminKind.COMMUNE, 10),
)
BASE_SQL = """
SELECT ST_AsMVT(t, %(layer)s, 4096, 'geom') FROM (
    SELECT code, name, ST_AsMVTGeom(
        ST_Transform(ST_SimplifyPreserveTopology(geometry, %(tolerance)s), 3857),
        ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, TRUE) AS geom
    FROM catalogue_adminunit
    WHERE kind = %(kind)s
      AND geometry && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
) t WHERE geom IS NOT NULL
"""
# What is left out first, less than half a unit of the grid, need not be projected.
GEOM = """
ST_AsMVTGeom(ST_Transform(ST_Simplify(footprint, %s, TRUE), 3857), ST_TileEnvelope(%s, %s, %s), 4096, 64, TRUE)
"""
TITLE = f"CASE platform {'WHEN %s THEN %s ' * len(SATELLITES)}ELSE platform END"
TITLES = [word for platform, name in SATELLITES.items() for word in (platform, name.replace("\u00a0", " "))]
# All that answers is found before it is sorted: following the dates, PostgreSQL would go through the whole world. The
# geometry is drawn before it is looked at: else it would be drawn for each look.
ITEMS = f"""
WITH recent AS MATERIALIZED (
    SELECT * FROM ({{rows}} OFFSET 0) AS hit ORDER BY datetime DESC, id DESC LIMIT %s
), number AS (SELECT count(*) AS n FROM recent)
SELECT n, (
    SELECT ST_AsMVT(t, 'items', 4096, 'geom') FROM (
        SELECT id, state, (datetime AT TIME ZONE %s)::date::text AS date, CASE WHEN shown THEN {TITLE} END AS title,
            CASE WHEN shown THEN slug END AS collection, CASE WHEN shown THEN cloud_cover END AS cloud, {GEOM} AS geom
        FROM recent WHERE n >= %s OFFSET 0
    ) t WHERE geom IS NOT NULL
) FROM number
"""  # noqa: S608  (constants only)
# Stand in the compiled statement for where a window begins.
_SINCE = datetime.fromisoformat("0500-01-01T00:00:00+00:00")
_SINCE_MONTH = month_of(_SINCE)
WRAP = """
SELECT ST_AsMVT(t, %s, 4096, 'geom')
FROM (SELECT {columns}, geom FROM ({rows}) r WHERE geom IS NOT NULL) t
"""
CELL_COLUMNS = "code, status, state, code AS title, date, age"


@dataclass(frozen=True)
class Tile:
    """The address of a tile in the Web Mercator pyramid."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        """Refuse an address outside the pyramid. Raises Invalid."""
        if not 0 <= self.z <= MAX_ZOOM:
            raise Invalid(f"z must lie within 0 and {MAX_ZOOM}.", pointer="z", code="bad_tile")
        for name in ("x", "y"):
            if not 0 <= getattr(self, name) < 2**self.z:
                raise Invalid(
                    f"{name} must lie within 0 and {2**self.z - 1} at zoom {self.z}.", pointer=name, code="bad_tile"
                )

    @property
    def tolerance(self) -> float:
        """One unit of the tile's grid, in degrees at the equator."""
        return 360 / (2**self.z * EXTENT)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, with the buffer around the tile; never beyond the antimeridian."""
        size, margin = 360 / 2**self.z, BUFFER / EXTENT
        west, east = ((self.x + offset) * size - 180 for offset in (-margin, 1 + margin))
        south, north = (_latitude((self.y + offset) / 2**self.z) for offset in (1 + margin, -margin))
        return max(-180.0, west), south, min(180.0, east), north


def _latitude(share: float) -> float:
    """The latitude at a share of the height of the world in Web Mercator, counted from the north."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


def base_tile(tile: Tile) -> bytes:
    """Return the layers land, region, departement and commune (code, name) that are drawn at this zoom."""
    parts = []
    with connection.cursor() as cursor:
        for layer, kind, zoom in BASE_LAYERS:
            if tile.z < zoom:
                continue
            values: dict[str, Any] = {"layer": layer, "kind": kind.value, "tolerance": 2 * tile.tolerance}
            bounds = dict(zip(("west", "south", "east", "north"), tile.bounds, strict=True))
            cursor.execute(BASE_SQL, {**values, **bounds, "z": tile.z, "x": tile.x, "y": tile.y})
            parts.append(bytes(cursor.fetchone()[0]))
    return b"".join(parts)


def item_tile(tile: Tile, filters: SearchFilters, viewer: Viewer, spread: Spread) -> bytes:
    """Return the layer `items` (id, state, date; title, collection, cloud unless withheld) of a search.

    The most recent `MAX_FEATURES` at most, fewer when the tile would pass 500 kB. `spread` tells how far to look for
    them first, and never which are drawn.
    """
    window = first_window(spread, filters, MAX_FEATURES)
    rows = _compiled(tile, filters, viewer, window.end)
    found, data = _newest(rows, tile, window, MAX_FEATURES)
    while found < MAX_FEATURES and not window.is_last:
        window = window.wider(found, MAX_FEATURES)
        found, data = _newest(rows, tile, window, MAX_FEATURES)
    limit = MAX_FEATURES
    while len(data) > MAX_BYTES and limit > 1:
        limit = _fewer(limit, data)
        _found, data = _newest(rows, tile, window, limit)
    return data


def _compiled(tile: Tile, filters: SearchFilters, viewer: Viewer, end: datetime) -> tuple[str, Sequence[Any]]:
    """The images of a search that lie in a tile, from `_SINCE` to `end`, as SQL with its parameters."""
    found = search(filters, viewer, area_of(filters)).filter(footprint__bboverlaps=_envelope(tile))
    found = found.filter(datetime__gte=_SINCE, month__gte=_SINCE_MONTH)
    if end != NEVER:
        found = found.filter(datetime__lt=end)
    rows = found.annotate(slug=F("collection__slug"))
    names = ("id", "datetime", "footprint", "state", "shown", "platform", "slug", "cloud_cover")
    text, parameters = rows.order_by().values(*names).query.sql_with_params()
    return str(text), parameters


def _newest(rows: tuple[str, Sequence[Any]], tile: Tile, window: Window, limit: int) -> tuple[int, bytes]:
    """How many images a window has, `limit` at most, and the layer of them unless a wider window may have more."""
    text, parameters = rows
    begins = {_SINCE: window.since, _SINCE_MONTH: month_of(window.since)}
    values = [begins.get(value, value) if isinstance(value, date) else value for value in parameters]
    least = 0 if window.is_last else limit
    drawn: list[Any] = [PARIS.key, *TITLES, tile.tolerance / 2, tile.z, tile.x, tile.y]
    with connection.cursor() as cursor:
        cursor.execute(ITEMS.format(rows=text), [*values, limit, *drawn, least])
        found, data = cursor.fetchone()
    return found, bytes(data or b"")


def _fewer(limit: int, data: bytes) -> int:
    return max(1, math.floor(limit * 0.8 * MAX_BYTES / len(data)))


def cell_tile(tile: Tile, coverage_id: int, viewer: Viewer) -> bytes:
    """Return the layer `cells` of one coverage: code, status, state, title; day and two months of the image, if any."""
    cells: QuerySet[Any, Any] = CoverageCell.objects.filter(
        coverage_id=coverage_id, geometry__intersects=_envelope(tile)
    )
    age = (Cast(ExtractMonth("acquired_on"), IntegerField()) - 1) / 2
    dated = cells.annotate(date=Cast("acquired_on", CharField()), age=age, state=cell_state(viewer))
    rows = dated.annotate(geom=_geometry(F("geometry"), tile)).order_by("code")
    return _encoded(rows.values("code", "status", "state", "date", "age", "geom"), "cells", CELL_COLUMNS)


def _envelope(tile: Tile) -> Polygon:
    """The tile and its buffer in degrees."""
    box = Polygon.from_bbox(tile.bounds)
    box.srid = 4326
    return box


def _geometry(column: F, tile: Tile) -> Func:
    # Less than half a unit of the grid is not drawn; what is left out first need not be projected.
    plain = Func(
        column,
        Value(tile.tolerance / 2),
        function="ST_Simplify",
        template="%(function)s(%(expressions)s, TRUE)",
        output_field=GeometryField(srid=4326),
    )
    mercator = Func(plain, Value(3857), function="ST_Transform", output_field=GeometryField(srid=3857))
    envelope = Func(
        Value(tile.z), Value(tile.x), Value(tile.y), function="ST_TileEnvelope", output_field=GeometryField(srid=3857)
    )
    template = f"ST_AsMVTGeom(%(expressions)s, {EXTENT}, {BUFFER}, TRUE)"
    return Func(mercator, envelope, template=template, output_field=BinaryField())


def _encoded(rows: QuerySet[Any, Any], layer: str, columns: str, limit: int = MAX_FEATURES) -> bytes:
    """Wrap a query in ST_AsMVT; with fewer rows again when the tile is too large."""
    sql, parameters = rows[:limit].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(WRAP.format(columns=columns, rows=sql), [layer, *parameters])
        data = bytes(cursor.fetchone()[0] or b"")
    if len(data) > MAX_BYTES and limit > 1:
        return _encoded(rows, layer, columns, _fewer(limit, data))
    return data
