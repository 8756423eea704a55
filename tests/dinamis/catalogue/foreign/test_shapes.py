# SPDX-License-Identifier: AGPL-3.0-or-later
from random import Random

import orjson
import pytest
import shapely

from dinamis.catalogue.foreign import MAX_ITEM_BYTES, Refused, parsed, read_shapes

SQUARE = [[3, 43], [4, 43], [4, 44.5], [3, 44], [3, 43]]
HOLE = [[3.2, 43.2], [3.4, 43.2], [3.4, 43.4], [3.2, 43.2]]
SOUND = [
    {"type": "Polygon", "coordinates": [SQUARE]},
    {"type": "Polygon", "coordinates": [SQUARE, HOLE]},
    {"type": "Polygon", "coordinates": [[[*point, 7] for point in SQUARE]]},
    {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[10, 0], [11, 0], [11, 1], [10, 0]]]]},
    {"type": "Point", "coordinates": [-1.25, 2]},
    {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]},
]
UNSOUND = [
    ([[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]], "Self-intersection"),
    ([[[0, 0], [1, 1], [0, 0]]], "Too few points"),
    ([[[0, 0], [1, 0], [1, 1], [0, 1]]], "cannot be read"),
    ([[[0, 0], [1, True], [1, 1], [0, 0]]], "cannot be read"),
    ([[[0, 0], [1, "0"], [1, 1], [0, 0]]], "cannot be read"),
    ([[[0, 0], [1], [1, 1, 0], [0, 0]]], "cannot be read"),
    ([[[0, 0], [200, 0], [1, 1], [0, 0]]], "outside the Earth"),
    ([["ab", "cd", "ef", "ab"]], "cannot be read"),
    ([SQUARE, None], "cannot be read"),
    ([], "cannot be read, or is empty"),
    (None, "cannot be read"),
    (orjson.loads("[" * 260 + "]" * 260), "cannot be read"),
]


@pytest.mark.parametrize("geometry", SOUND)
def test_a_sound_geometry_is_told_in_two_dimensions_with_its_reference_system(geometry):
    (shape,) = read_shapes([geometry])
    stored = shapely.from_wkb(shape.ewkb)
    given = shapely.geometry.shape(geometry)
    assert shapely.get_srid(stored) == 4326
    assert not stored.has_z
    assert stored.equals_exact(shapely.force_2d(given))
    assert tuple(shape.box) == given.bounds


@pytest.mark.parametrize(("coordinates", "reason"), UNSOUND)
def test_an_unsound_one_is_refused_among_sound_ones(coordinates, reason):
    before, odd, after = read_shapes([SOUND[0], {"type": "Polygon", "coordinates": coordinates}, SOUND[1]])
    assert isinstance(odd, Refused)
    assert reason in odd.reason
    assert before.text != after.text
    assert read_shapes([SOUND[0], SOUND[1]]) == [before, after]


def test_rings_are_judged_as_geos_judges_them():
    chance = Random(1)
    rings = [
        [[chance.randint(-3, 3), chance.randint(-3, 3)] for _point in range(chance.randint(2, 5))] for _ in range(200)
    ]
    geometries = [{"type": "Polygon", "coordinates": [[*ring, chance.choice(ring[:2])]]} for ring in rings]
    # What has a second ring, empty, is left to GEOS.
    others = [{**one, "coordinates": [*one["coordinates"], []]} for one in geometries]
    judged = [isinstance(one, Refused) for one in read_shapes(geometries)]
    assert judged == [isinstance(one, Refused) for one in read_shapes(others)]
    assert {True, False} == set(judged)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"a":"x\\u0000"}', "NUL"),
        ("[" * 260 + "]" * 260, "nested too deeply"),
        (b'"' + b"x" * MAX_ITEM_BYTES + b'"', "longer than"),
        (b"{", "no JSON"),
    ],
)
def test_a_text_that_nobody_could_hold_is_refused(text, reason):
    with pytest.raises(Refused) as refused:
        parsed(text)
    assert reason in refused.value.reason


def test_other_texts_are_what_they_say():
    assert parsed(b'{"a":"\\\\u0000"}') == {"a": "\\u0000"}
    assert parsed('{"a":[[1.5]]}') == {"a": [[1.5]]}
    assert parsed(b"[" * 200 + b"]" * 200) is not None
