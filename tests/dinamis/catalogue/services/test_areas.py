# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import date, timedelta

import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from dinamis.catalogue.area_text import short_wkt, token_of
from dinamis.catalogue.models import SearchArea
from dinamis.catalogue.services.areas import area_in_address, keep_area, kept_area
from dinamis.core import clock
from dinamis.core.areas import read_area
from dinamis.core.retention import apply_retention
from tests.dinamis.core.areas.made import coast

pytestmark = pytest.mark.django_db
LONG = coast(500)


def test_an_area_has_one_name_however_its_rings_are_written():
    points = list(LONG.exterior.coords)[:-1]
    turned = Polygon(points[77:] + points[:77])
    backwards = Polygon(points[::-1])
    assert {token_of(area) for area in (LONG, turned, backwards, MultiPolygon([LONG]))} == {token_of(LONG)}
    assert token_of(MultiPolygon([LONG, box(8, 43, 9, 44)])) == token_of(MultiPolygon([box(8, 43, 9, 44), LONG]))
    assert token_of(coast(501)) != token_of(LONG)
    assert len(token_of(LONG)) == 22


def test_kept_twice_it_is_one_row():
    assert keep_area(LONG) == keep_area(LONG)
    assert SearchArea.objects.count() == 1


def test_a_short_outline_stands_in_the_address_and_reads_back():
    text = area_in_address(box(3.8, 43.5, 4, 43.6))
    assert read_area(text).geometry.equals(box(3.8, 43.5, 4, 43.6))
    assert not SearchArea.objects.exists()


@pytest.mark.parametrize("area", [LONG, box(3.8, 43.5, 3.800001, 43.500001), box(3.8, 43.5, 3.80002, 43.500013)])
def test_what_the_address_would_change_is_kept_whole(area):
    assert short_wkt(area) is None
    token = area_in_address(area).removeprefix("area-")
    assert kept_area(token).area == pytest.approx(area.area, rel=1e-9)


def test_use_is_noted_now_and_then():
    token = keep_area(LONG)
    made = clock.today()
    later = clock.now() + timedelta(days=3)
    with clock.at(later):
        kept_area(token)
    assert SearchArea.objects.get().used_on == made
    with clock.at(later + timedelta(days=9)):
        kept_area(token)
    assert SearchArea.objects.get().used_on == made + timedelta(days=12)


def test_an_area_nobody_asked_for_in_two_years_is_forgotten():
    old, used = keep_area(LONG), keep_area(coast(501))
    SearchArea.objects.filter(token=old).update(used_on=date(2020, 1, 1))
    assert dict(apply_retention())["areas of searches"] == 1
    assert [row.token for row in SearchArea.objects.all()] == [used]
    assert kept_area(old) is None
