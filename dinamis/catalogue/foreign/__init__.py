# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items that others describe: a STAC item of any source, checked and taken apart, without Django and without GDAL."""

from dinamis.catalogue.foreign.document import MAX_ITEM_BYTES, bounded, merged, parsed, too_deep
from dinamis.catalogue.foreign.errors import Refused
from dinamis.catalogue.foreign.item import ForeignItem, read_item
from dinamis.catalogue.foreign.neighbours import along_curve
from dinamis.catalogue.foreign.shapes import Shape, read_shapes

__all__ = [
    "MAX_ITEM_BYTES",
    "ForeignItem",
    "Refused",
    "Shape",
    "along_curve",
    "bounded",
    "merged",
    "parsed",
    "read_item",
    "read_shapes",
    "too_deep",
]
