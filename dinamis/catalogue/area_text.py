# SPDX-License-Identifier: AGPL-3.0-or-later
"""How an area stands in the address of a page: its outline as WKT when that is short, else the name it is kept by."""

import hashlib
import re
from base64 import urlsafe_b64encode

from shapely import get_num_coordinates, normalize, set_precision, to_wkb, to_wkt
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

# Some 20 characters each once escaped; an address of 4,094 characters is all that the web server reads.
MAX_VERTICES = 120
DECIMALS = 5
# The outline in an address is drawn to a metre; where that would change the area by more than this share, it is kept.
MOST_CHANGE = 0.001
NAMED = re.compile(r"area-([\w-]{22})")


def short_wkt(geometry: BaseGeometry) -> str | None:
    """Return the area as WKT of at most 120 vertices on a grid of 1 m, None when its outline does not fit into that."""
    rounded = set_precision(geometry, 10**-DECIMALS)
    if int(get_num_coordinates(rounded)) > MAX_VERTICES:
        return None
    if abs(rounded.area - geometry.area) > MOST_CHANGE * geometry.area:
        return None
    return str(to_wkt(rounded, rounding_precision=DECIMALS, trim=True)).replace(", ", ",").replace("N (", "N(")


def token_of(geometry: BaseGeometry) -> str:
    """Return the 22 letters, digits, - and _ (128 bits of SHA-256) that name an area by its content.

    Wherever its rings begin, and in whichever order its parts come, an area has the same name.
    """
    parts = normalize(MultiPolygon(getattr(geometry, "geoms", [geometry])))
    digest = hashlib.sha256(to_wkb(parts, byte_order=1)).digest()
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def name_of(token: str) -> str:
    """Return what stands in the address for a kept area."""
    return f"area-{token}"


def token_named(text: str) -> str | None:
    """Return the token that the address names, None when it holds an outline."""
    found = NAMED.fullmatch(text)
    return found.group(1) if found else None
