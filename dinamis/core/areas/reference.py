# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the reference system of a file to longitude and latitude."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from numpy import column_stack
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely import transform
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.errors import invalid

MAX_WKT = 20_000

Turn = Callable[[BaseGeometry], BaseGeometry]


def turner(system: str | int) -> Turn:
    """Return what turns a geometry of a reference system, given as WKT or EPSG code, into longitude, latitude.

    Raises Invalid when the system is not understood, or not one of places on the Earth.
    """
    try:
        known = CRS.from_epsg(system) if isinstance(system, int) else CRS.from_wkt(system[:MAX_WKT].strip())
        turn = Transformer.from_crs(known, CRS.from_epsg(4326), always_xy=True)
    except (CRSError, ProjError) as error:
        raise invalid(
            "wrong_crs",
            _("The reference system of the file is not understood."),
            _("Export the layer in WGS 84 (EPSG:4326)."),
        ) from error

    def turned(points: Any) -> Any:
        return column_stack(turn.transform(points[:, 0], points[:, 1]))

    return lambda geometry: transform(geometry, turned)
