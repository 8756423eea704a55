# SPDX-License-Identifier: AGPL-3.0-or-later
"""The cells of a map of the nation as files: a table for spreadsheets, outlines for maps."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse

from dinamis.catalogue.grid import bounds_of
from dinamis.core.spreadsheet import MARK, table


def table_of(cells: Iterable[Mapping[str, Any]], columns: Sequence[str], name: str) -> HttpResponse:
    """Return the cells as CSV, one a line under `columns`; what is not known is empty."""
    written = MARK + table([columns, *([cell[column] for column in columns] for cell in cells)])
    return _named(HttpResponse(written, content_type="text/csv; charset=utf-8"), f"{name}.csv")


def outlines_of(cells: Iterable[Mapping[str, Any]], name: str) -> HttpResponse:
    """Return the cells as GeoJSON (RFC 7946): their squares, with what the table says of them."""
    document = {"type": "FeatureCollection", "features": [_feature(cell) for cell in cells]}
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return _named(HttpResponse(written, content_type="application/geo+json"), f"{name}.geojson")


def _feature(cell: Mapping[str, Any]) -> dict[str, Any]:
    west, south, east, north = bounds_of(cell["cell"])
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    square = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "id": cell["cell"], "geometry": square, "properties": dict(cell)}


def _named(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
