# SPDX-License-Identifier: AGPL-3.0-or-later
"""An area shared out among the scenes that show it, so that no place is bought twice. Pure geometry, in degrees."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas import simplified_to
from dinamis.core.surface import only_surfaces
from orders.domain.covering import sound
from orders.domain.residual import without_slivers


@dataclass(frozen=True)
class Shared:
    """The part of an area that each outline is taken for (empty: for none), and what none is taken for."""

    parts: tuple[BaseGeometry, ...]
    rest: BaseGeometry


def shared_out(
    area: BaseGeometry, outlines: Sequence[BaseGeometry], *, sliver_m: float, most_vertices: int = 999
) -> Shared:
    """Give each place of an area to the first outline that shows it.

    Strips narrower than `sliver_m` metres are nobody's: the provider would bill its minimum for them.
    """
    left, parts = area, []
    for outline in sound(outlines) if outlines else ():
        part = without_slivers(only_surfaces(left.intersection(outline)), sliver_m)
        if shapely.get_num_coordinates(part) > most_vertices:
            part = simplified_to(part, most_vertices).geometry
        parts.append(part)
        left = only_surfaces(left.difference(part)) if part.area else left
    return Shared(tuple(parts), left)


def needed(area: BaseGeometry, outlines: Sequence[BaseGeometry], little: float) -> list[int]:
    """Return places of the outlines that are needed to show what all of them show of an area, the first ones kept.

    One whose own ground, shown by no other that is kept, is at most `little` (square degrees) is not needed.
    """
    shapes = sound(outlines) if outlines else np.array([], dtype=object)
    kept = set(range(len(shapes)))
    for place in reversed(range(len(shapes))):
        others = _touching(shapes, kept - {place}, place)
        own = only_surfaces(area.intersection(shapes[place])).difference(shapely.union_all(others))
        if own.area <= little:
            kept.discard(place)
    return sorted(kept)


def _touching(shapes: NDArray[np.object_], kept: set[int], place: int) -> NDArray[np.object_]:
    others = shapes[sorted(kept)]
    return others[shapely.intersects(others, shapes[place])] if len(others) else np.array([MultiPolygon()])
