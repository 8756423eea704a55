# SPDX-License-Identifier: AGPL-3.0-or-later
"""The codes of the grid that maps of the nation are counted on: the lower left corner in tenths of a degree."""

import re

CODE = re.compile(r"([EW])(\d{4})([NS])(\d{4})")


def bounds_of(code: str) -> tuple[float, float, float, float]:
    """Return west, south, east and north, in degrees, of the cell "E0025N0434". Raises ValueError for no code."""
    found = CODE.fullmatch(code)
    if found is None:
        raise ValueError(code)
    east, x, north, y = found.groups()
    west = int(x) * (1 if east == "E" else -1)
    south = int(y) * (1 if north == "N" else -1)
    return west / 10, south / 10, (west + 1) / 10, (south + 1) / 10


def bbox_of(code: str) -> str:
    """Return the same as the address of a search holds it: "2.5,43.4,2.6,43.5"."""
    return ",".join(f"{degrees:.1f}" for degrees in bounds_of(code))
