# SPDX-License-Identifier: AGPL-3.0-or-later
from dinamis.catalogue.foreign import along_curve


def test_places_that_are_near_come_together():
    longitudes = [2.35, 55.5, 2.36, 55.6, 2.34, -61.0]
    latitudes = [48.85, -21.1, 48.86, -21.2, 48.84, 14.6]
    order = along_curve(longitudes, latitudes).tolist()
    assert sorted(order) == [0, 1, 2, 3, 4, 5]
    for group in ({0, 2, 4}, {1, 3}):
        places = sorted(order.index(one) for one in group)
        assert places == list(range(places[0], places[0] + len(group)))


def test_the_edges_of_the_earth_are_on_the_curve():
    assert along_curve([-180.0, 180.0], [-90.0, 90.0]).tolist() == [0, 1]
