# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas of users: drawn, pasted, or in the files people have. Pure Python, no GDAL, nothing trusted.

One module for each kind of file. Every refusal is `Invalid` with words and a repair.
"""

from dinamis.core.areas.area import Area, Simplification, simplified_to
from dinamis.core.areas.axes import with_checked_axes
from dinamis.core.areas.errors import ACCEPTED, SUFFIXES, of_area
from dinamis.core.areas.files import read_area_file, read_areas_file
from dinamis.core.areas.size import check_size
from dinamis.core.areas.text import read_area, read_areas

__all__ = [
    "ACCEPTED",
    "SUFFIXES",
    "Area",
    "Simplification",
    "check_size",
    "of_area",
    "read_area",
    "read_area_file",
    "read_areas",
    "read_areas_file",
    "simplified_to",
    "with_checked_axes",
]
