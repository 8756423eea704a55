# SPDX-License-Identifier: AGPL-3.0-or-later
"""An order of places in which those that are near each other come together: the Z-order curve (Morton, 1966)."""

from typing import Any

import numpy as np

BITS = 16


def along_curve(longitudes: Any, latitudes: Any) -> Any:
    """Return the indexes of places, in degrees, in the order of the curve over the whole Earth; a stable sort.

    Rows written in this order share pages with their neighbours, so that a search in an area reads few of them.
    """
    columns = _spread(np.clip((np.asarray(longitudes) + 180.0) / 360.0, 0.0, 1.0))
    rows = _spread(np.clip((np.asarray(latitudes) + 90.0) / 180.0, 0.0, 1.0))
    return np.argsort(columns | (rows << np.uint64(1)), kind="stable")


def _spread(shares: Any) -> Any:
    """The bits of each share of 1, with a gap after each of them (Warren, Hacker's Delight, 7-2)."""
    bits = (shares * ((1 << BITS) - 1)).astype(np.uint64)
    for shift, mask in ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    bits = (bits | (bits << np.uint64(2))) & np.uint64(0x3333333333333333)
    return (bits | (bits << np.uint64(1))) & np.uint64(0x5555555555555555)
