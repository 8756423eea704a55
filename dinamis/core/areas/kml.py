# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polygons of KML (OGC 12-007r2); points and lines beside them are left alone, links are not followed."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _
from shapely.geometry import Polygon

from dinamis.core.areas.errors import invalid
from dinamis.core.areas.names import local


def kml_polygons(root: Element) -> Iterator[Polygon]:
    """Yield the polygons of a document, in degrees. Raises Invalid for coordinates that are no numbers."""
    for element in root.iter():
        if local(element) == "Polygon":
            outer = list(_rings(element, "outerBoundaryIs"))
            if outer:
                yield Polygon(outer[0], list(_rings(element, "innerBoundaryIs")))


def _rings(polygon: Element, boundary: str) -> Iterator[list[tuple[float, float]]]:
    for side in polygon:
        if local(side) != boundary:
            continue
        for element in side.iter():
            if local(element) == "coordinates":
                yield _coordinates(element.text or "")


def _coordinates(text: str) -> list[tuple[float, float]]:
    try:
        points = [part.split(",") for part in text.split()]
        return [(float(point[0]), float(point[1])) for point in points]
    except (ValueError, IndexError) as error:
        raise invalid("not_kml", _("A coordinate of the KML is not a number."), _("Export the file again.")) from error
