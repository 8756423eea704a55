# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas and cells of GeoJSON polygons."""

from __future__ import annotations

from typing import Any

from pyproj import Geod
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

_GEOD = Geod(ellps="WGS84")
Polygon = dict[str, Any]


def polygon(geometry: Any) -> BaseGeometry:
    """A GeoJSON Polygon or MultiPolygon, or the bare rings OneAtlas' feasibility takes. Raises ``ValueError``."""
    if isinstance(geometry, list):
        geometry = {"type": "Polygon", "coordinates": geometry}
    try:
        result = shape(geometry)
    except (ShapelyError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise ValueError("the geometry cannot be read") from error
    if result.geom_type not in ("Polygon", "MultiPolygon") or result.is_empty or not result.is_valid:
        raise ValueError("the geometry must be a valid Polygon or MultiPolygon")
    return result


def area_km2(geometry: BaseGeometry) -> float:
    """Area on the WGS 84 ellipsoid, in km²."""
    area, _ = _GEOD.geometry_area_perimeter(geometry)
    return float(abs(area) / 1e6)


def surface(geometry: BaseGeometry) -> MultiPolygon:
    """The polygons of a geometry, which may also have touching lines and points; empty when it has none."""
    found = unary_union([part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type == "Polygon"])
    return MultiPolygon([part for part in getattr(found, "geoms", [found]) if part.geom_type == "Polygon"])


def geojson(geometry: BaseGeometry) -> Polygon:
    """A geometry as GeoJSON."""
    result: Polygon = mapping(geometry)
    return result


def utm_code(lon: float, lat: float) -> int:
    """EPSG code of the UTM zone of a place."""
    return (32600 if lat >= 0 else 32700) + min(60, int((lon + 180) // 6) + 1)


def cell_name(lon: float, lat: float) -> str:
    """The one-degree cell as in a catalogue id: E005N43."""
    return f"{'E' if lon >= 0 else 'W'}{int(abs(lon)):03d}{'N' if lat >= 0 else 'S'}{int(abs(lat)):02d}"
