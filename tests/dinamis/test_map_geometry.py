# SPDX-License-Identifier: AGPL-3.0-or-later
"""The area a map tells while it is drawn is the one that is priced."""

import json
import subprocess

import pytest
from shapely.geometry import MultiPolygon, Polygon, box, mapping

from dinamis.core import geo
from dinamis.embedded.state import checkout_root

MEASURED = """
const { area } = await import(process.argv[1]);
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(area)));
"""
AREAS = [
    box(3.8, 43.5, 3.95, 43.6),
    box(55.2, -21.4, 55.8, -20.9),
    Polygon([(-4, 48), (-3, 48.3), (-3.3, 49)]),
    box(2, 45, 2.4, 45.3).difference(box(2.1, 45.1, 2.2, 45.2)),
    MultiPolygon([box(5, 44, 5.1, 44.1), box(5.2, 44, 5.3, 44.1)]),
]


def test_areas_on_the_map_are_those_of_the_ellipsoid():
    module = (checkout_root() / "static/js/map/geometry.js").as_uri()
    words = ["node", "--input-type=module", "-e", MEASURED, module, json.dumps([mapping(one) for one in AREAS])]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert told == pytest.approx([geo.area_m2(one) for one in AREAS], rel=1e-4)
