# SPDX-License-Identifier: AGPL-3.0-or-later
"""The cells of the demonstration's coverages, as they were cut out of France (`cutting`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

CELLS_FILE = Path(__file__).resolve().parent.parent / "data" / "cells.json"
SPOT, COAST, OVERSEAS = "spot", "coast", "overseas"


@dataclass(frozen=True)
class Cell:
    """A grid cell: grid (spot, coast, overseas), code, the largest commune in it, GeoJSON outline."""

    grid: str
    code: str
    name: str
    geometry: dict[str, Any]

    @property
    def shape(self) -> BaseGeometry:
        """The outline as a Shapely multipolygon, degrees."""
        return shape(self.geometry)


@cache
def all_cells() -> tuple[Cell, ...]:
    """Every cell, in the order of the file."""
    document = json.loads(CELLS_FILE.read_text())
    return tuple(Cell(**feature["properties"], geometry=feature["geometry"]) for feature in document["features"])


def cells_of(grid: str) -> tuple[Cell, ...]:
    """The cells of one grid."""
    return tuple(cell for cell in all_cells() if cell.grid == grid)
