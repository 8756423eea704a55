# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime

import pytest
from django.utils import translation

from dinamis.catalogue.models import Item
from dinamis.catalogue.web.description import in_words


def said(**facts):
    image = Item(
        **{"datetime": datetime(2024, 6, 14, 10, 30, tzinfo=UTC), "platform": "PLEIADES-1B", "gsd": 0.5, **facts}
    )
    image.shown = True
    with translation.override("en"):
        return " ".join(in_words(image))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "Taken by Pléiades\u00a01B on 14\u00a0June 2024, 12:30."),
        ({}, "A pixel is 0.5\u00a0m wide on the ground."),
        ({"cloud_cover": None}, "Nobody measured its clouds"),
        ({"cloud_cover": 0.4}, "The sky was clear."),
        ({"cloud_cover": 12}, "Clouds hide 12% of it."),
        ({"cloud_cover": 60}, "Clouds hide 60% of it: look at the quicklook first."),
        ({"incidence_angle": 4}, "almost straight above (4°)"),
        ({"incidence_angle": 17.6}, "at 18° from the vertical."),
        ({"incidence_angle": 31}, "slopes lean"),
        ({"processing_level": "L1A"}, "orthorectify it"),
        ({"processing_level": "L3"}, "lies over a map as it is"),
        ({"stereo_count": 2}, "one of two images"),
        ({"stereo_count": 3}, "one of three images"),
    ],
)
def test_each_fact_is_a_sentence(facts, expected):
    assert expected in said(**facts)


def test_what_is_not_known_is_not_said():
    assert said(gsd=None, cloud_cover=2) == (
        "Taken by Pléiades\u00a01B on 14\u00a0June 2024, 12:30. Clouds hide 2% of it."
    )


def test_of_a_withheld_image_only_the_moment_is_told():
    image = Item(datetime=datetime(2024, 6, 14, 10, 30, tzinfo=UTC), platform="PLEIADES-1B", cloud_cover=2)
    image.shown = False
    with translation.override("en"):
        assert in_words(image) == ["Taken on 14\u00a0June 2024, 12:30."]
