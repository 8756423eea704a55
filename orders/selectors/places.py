# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where nothing may be ordered, and where there is no ground for a product that needs some."""

from collections.abc import Mapping, Sequence

from shapely.geometry.base import BaseGeometry


def check_places(area: BaseGeometry, family: str, *, pointer: str = "aoi") -> None:
    """Raise Invalid when an area touches a country under a deny rule for this family."""


def check_ground(areas: Sequence[BaseGeometry], options: Mapping[str, str]) -> None:
    """Raise Invalid when an area lies on the sea though its product is laid on the ground."""
