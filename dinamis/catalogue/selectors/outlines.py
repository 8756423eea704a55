# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas whose outline has very many positions, asked exactly and at little cost.

Between a rough area that lies inside the asked one and a rough area that holds it there is a strip along the outline.
What touches the inner area touches the asked one, what misses the outer one misses it; only what lies in the strip is
compared with all positions.
"""

from shapely import get_num_coordinates
from shapely.geometry.base import BaseGeometry

# Below this an exact comparison is not worth avoiding.
DETAILED = 1_000
# The strip is this fine a part of the area's size, and wide enough to hold what a simpler outline leaves out of it.
FINENESS, WIDER, CORNERS = 200, 1.1, 2
SURFACES = {"Polygon", "MultiPolygon"}


def rough_bounds(area: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry] | None:
    """Return an area inside `area` (perhaps empty) and one that holds it, each of few positions.

    None where there are not so many positions, and for what is no surface. Whatever the strip is, what is left without
    it lies inside and what is joined with it holds the area.
    """
    if area.geom_type not in SURFACES or int(get_num_coordinates(area)) < DETAILED:
        return None
    west, south, east, north = area.bounds
    tolerance = max(east - west, north - south) / FINENESS
    strip = area.boundary.simplify(tolerance, preserve_topology=False).buffer(WIDER * tolerance, CORNERS)
    return area.difference(strip), area.union(strip)
