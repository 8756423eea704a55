# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from django.utils.translation import override
from shapely.geometry import GeometryCollection, MultiPolygon, Polygon, mapping

from dinamis.catalogue.cql2.geometry import read_geometry
from dinamis.core.exceptions import Invalid
from tests.dinamis.core.areas.made import comb

BOW_TIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
CROSSED = Polygon([*comb(400).exterior.coords, *comb(400, lying=True).exterior.coords])


def test_an_outline_that_crosses_itself_is_repaired():
    assert read_geometry(mapping(BOW_TIE), pointer="intersects").area == pytest.approx(0.5)


@pytest.mark.parametrize(
    "geometry", [CROSSED, MultiPolygon([CROSSED, BOW_TIE]), GeometryCollection([MultiPolygon([CROSSED])])]
)
def test_one_that_crosses_itself_without_end_is_refused_before_it_is_repaired(geometry):
    with override("en"), pytest.raises(Invalid) as refused:
        read_geometry(mapping(geometry), pointer="intersects")
    assert (refused.value.code, refused.value.pointer) == ("geometry", "intersects")
    assert "too often" in str(refused.value)
