# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rings of GPX 1.1: somebody walked around an area, or drew a route around it.

A track (its segments joined in their order: a new one begins where reception was lost) or a route is an outline when
it comes back to where it began, within a fiftieth of its length: whoever walks with a receiver of 5 m does not end on
the very point. Open ones, and waypoints, are not made areas: a hull around them would take in land nobody named, and
an area is what images are ordered, and counted, for.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _
from shapely.geometry import Polygon

from dinamis.core.areas.errors import invalid
from dinamis.core.areas.names import local
from dinamis.core.geo import GEOD

GAP_SHARE = 0.02
LINES = {"trk": "trkpt", "rte": "rtept"}

Points = list[tuple[float, float]]


def gpx_rings(root: Element) -> Iterator[Polygon]:
    """Yield the closed tracks and routes of a document. Raises Invalid when there is none."""
    rings = [points for points in _lines(root) if _is_closed(points)]
    if not rings:
        raise invalid(
            "open_track",
            _("The GPX file holds no track or route that comes back to where it began."),
            _("Close the track around your area, draw the area on the map, or export a polygon as GeoJSON or KML."),
        )
    for ring in rings:
        yield Polygon(ring)


def _lines(root: Element) -> Iterator[Points]:
    for element in root:
        if name := LINES.get(local(element)):
            yield [_point(point) for point in element.iter() if local(point) == name]


def _point(element: Element) -> tuple[float, float]:
    try:
        return float(element.get("lon", "")), float(element.get("lat", ""))
    except ValueError as error:
        raise invalid("not_gpx", _("A point of the GPX has no position."), _("Export the file again.")) from error


def _is_closed(points: Points) -> bool:
    if len(points) < 4:
        return False
    length = GEOD.line_length(*zip(*points, strict=True))
    return GEOD.line_length(*zip(points[0], points[-1], strict=True)) <= GAP_SHARE * length
