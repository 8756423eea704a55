# SPDX-License-Identifier: AGPL-3.0-or-later
"""Codes of cells, on both sides of the equator and of Greenwich."""

import pytest

from dinamis.catalogue.grid import bbox_of, bounds_of


@pytest.mark.parametrize(
    ("code", "box"),
    [
        ("E0025N0434", "2.5,43.4,2.6,43.5"),
        ("W0001N0492", "-0.1,49.2,0.0,49.3"),
        ("E0552S0211", "55.2,-21.1,55.3,-21.0"),
    ],
)
def test_a_code_is_the_lower_left_corner(code, box):
    assert bbox_of(code) == box


def test_what_is_no_code_is_refused():
    with pytest.raises(ValueError, match="H08"):
        bounds_of("H08")
