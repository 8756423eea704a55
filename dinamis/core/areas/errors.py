# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals of an area: a code, words and a repair."""

from django.utils.translation import gettext as _

from dinamis.core.exceptions import Invalid
from dinamis.core.geo import POINTER

ACCEPTED = "GeoJSON, KML, KMZ, GPX, WKT, GeoPackage, Shapefile (.zip)"
# What a field of files offers first.
SUFFIXES = ".geojson,.json,.kml,.kmz,.gpx,.wkt,.gpkg,.zip"


def invalid(code: str, message: str, repair: str) -> Invalid:
    """Return the refusal of an area, its pointer the field it was given in."""
    return Invalid(message, pointer=POINTER, repair=repair, code=code)


def no_polygon() -> Invalid:
    """Return the refusal of what has no surface."""
    return invalid("not_a_surface", _("The file holds no polygon."), _("Points and lines have no surface."))


def unknown_kind() -> Invalid:
    """Return the refusal of another kind of file."""
    return invalid(
        "unknown_kind", _("This kind of file is not read."), _("These are read: %(kinds)s.") % {"kinds": ACCEPTED}
    )


def bad_ring() -> Invalid:
    """Return the refusal of an outline that encloses nothing."""
    return invalid(
        "bad_ring", _("An outline has fewer than three points, or some that are no numbers."), _("Check the polygon.")
    )


def of_area(error: Invalid, place: int, count: int, *, pointer: str = "") -> Invalid:
    """Return the refusal of one of `count` areas, counted from 0: where there are several, it says which."""
    words = error.message
    if count > 1:
        words = _("Area %(number)d: %(reason)s") % {"number": place + 1, "reason": words}
    return Invalid(words, pointer=pointer or error.pointer, repair=error.repair, code=error.code)
