# SPDX-License-Identifier: AGPL-3.0-or-later
"""Latitude and longitude exchanged: the commonest mistake of a file."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.errors import invalid

# Where an area of a French user most likely lies: west, south, east, north in degrees, each with a margin at sea.
TERRITORIES = (
    (-5.8, 41.0, 10.0, 51.5),  # metropolitan France
    (-63.5, 14.2, -60.6, 18.3),  # Guadeloupe, Martinique, Saint-Martin, Saint-Barthélemy
    (-54.8, 2.0, -51.4, 6.2),  # Guyane
    (55.0, -21.6, 56.0, -20.7),  # La Réunion
    (44.9, -13.2, 45.5, -12.5),  # Mayotte
    (-56.6, 46.6, -56.0, 47.3),  # Saint-Pierre-et-Miquelon
    (163.0, -23.0, 168.5, -19.0),  # Nouvelle-Calédonie
    (-155.0, -28.5, -134.0, -7.5),  # Polynésie française
    (-178.5, -14.6, -176.0, -13.0),  # Wallis-et-Futuna
)


def with_checked_axes(geometry: BaseGeometry) -> BaseGeometry:
    """Return `geometry`, or raise Invalid when its axes look exchanged: it lies nowhere near a French territory, and
    would lie in one the other way round."""
    if _in_france(geometry.bounds):
        return geometry
    west, south, east, north = geometry.bounds
    if not _in_france((south, west, north, east)):
        return geometry
    raise invalid(
        "axes_swapped",
        _("The axes look exchanged: with latitude first, the area would be around %(lat).2f° N, %(lon).2f° E.")
        % {"lat": (west + east) / 2, "lon": (south + north) / 2},
        _("Write longitude first. If the place is right, tick “the axes are right” and send again."),
    )


def _in_france(bounds: Sequence[float]) -> bool:
    area = box(*bounds)
    return any(area.intersects(box(*territory)) for territory in TERRITORIES)
