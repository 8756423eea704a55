# SPDX-License-Identifier: AGPL-3.0-or-later
"""The grids and scenes of the demo: counts, shapes, and that they are always the same."""

import collections

import pytest
from shapely import unary_union
from shapely.geometry import Polygon

from dinamis.core.geo import area_m2
from dinamis.demo.geography.cells import all_cells, cells_of
from dinamis.demo.geography.coverages import filled_cells, held_codes, yearly_coverages
from dinamis.demo.geography.scenes import SATELLITES, archive_scenes, footprint

METROPOLE_KM2 = 549_000


def test_each_grid_has_its_cells():
    assert len(cells_of("spot")) == 240
    assert len(cells_of("coast")) == 100
    assert len(cells_of("overseas")) == 42


def test_codes_and_names_are_there_and_codes_are_unique():
    cells = all_cells()
    assert len({cell.code for cell in cells}) == len(cells)
    assert all(cell.name for cell in cells)


def test_cells_are_valid_and_counter_clockwise():
    for cell in all_cells():
        assert cell.shape.is_valid, cell.code
        assert all(part.exterior.is_ccw for part in cell.shape.geoms), cell.code


def test_the_spot_grid_covers_metropolitan_france_without_overlap():
    shapes = [cell.shape for cell in cells_of("spot")]
    together = area_m2(unary_union(shapes)) / 1e6
    assert together == pytest.approx(METROPOLE_KM2, rel=0.01)
    assert sum(area_m2(shape) for shape in shapes) / 1e6 == pytest.approx(together, rel=1e-3)


def test_there_are_twelve_spot_coverages_and_those_of_pleiades():
    counted = collections.Counter(yearly.collection for yearly in yearly_coverages())
    assert counted == {"spot-6-7-coverage": 12, "pleiades-coast": 3, "pleiades-overseas": 4}


def test_only_the_last_spot_year_is_unfinished():
    for yearly in yearly_coverages():
        states = collections.Counter(one.status.value for one in filled_cells(yearly))
        if (yearly.grid, yearly.year) == ("spot", 2025):
            assert states == {"delivered": 156, "produced": 49, "acquired": 14, "planned": 21}
        else:
            assert set(states) == {"delivered"}


def test_a_planned_cell_has_no_image_and_every_other_one_has():
    for yearly in yearly_coverages():
        for one in filled_cells(yearly):
            assert (one.scene is None) == (one.status == "planned")


def test_what_is_held_is_delivered():
    held = [one for yearly in yearly_coverages() for one in filled_cells(yearly) if one.held]
    assert len(held) == 36
    assert {one.status.value for one in held} == {"delivered"}
    assert sum(len(held_codes(yearly)) for yearly in yearly_coverages()) == 36


def test_the_archive_is_the_same_each_time():
    first, second = list(archive_scenes()), list(archive_scenes())
    assert first == second
    assert len({scene.id for scene in first}) == 3000


def test_scenes_are_believable():
    for scene in archive_scenes():
        assert scene.satellite.first <= scene.when <= scene.satellite.last
        assert 0 <= scene.cloud <= 100
        assert 0 < scene.incidence <= 30
        assert scene.sun_elevation > 10
        assert scene.id.startswith(f"DS_{scene.satellite.sensor}_{scene.when:%Y%m%d%H%M%S}")


def test_no_spot_7_after_its_end():
    last = max(scene.when for scene in archive_scenes() if scene.satellite.sensor == "SPOT7")
    assert last <= SATELLITES["SPOT7"].last


def test_a_footprint_has_the_swath_of_its_satellite_and_leans_like_its_orbit():
    ring = footprint(2.0, 47.0, 20.0, 40.0)
    assert ring[0] == ring[-1]
    assert Polygon(ring).exterior.is_ccw
    assert area_m2(Polygon(ring)) / 1e6 == pytest.approx(800, rel=0.01)
    north, south = (ring[0][0] + ring[3][0]) / 2, (ring[1][0] + ring[2][0]) / 2
    assert north > south  # a descending track goes from north-east to south-west
