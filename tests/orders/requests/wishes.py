# SPDX-License-Identifier: AGPL-3.0-or-later
"""An acquisition request that is right, and everything that may be wrong with one: asked of form, API and service."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from shapely.geometry import box, mapping

from dinamis.core import clock
from orders.services.requests.acquisition_draft import PARAMETERS, Wanted, wanted_from
from orders.services.requests.submission import request_area
from tests.factories.orders import AREA

PYONGYANG, ATLANTIC = box(125.7, 39.0, 125.8, 39.1), box(-30.0, 40.0, -29.9, 40.1)
GIVEN = dict.fromkeys(PARAMETERS)


def day(after: int) -> date:
    """The day so many days from now."""
    return clock.today() + timedelta(days=after)


def right(w: Any, **changes: Any) -> dict[str, Any]:
    """What a request says, flat: `areas` are geometries, `first` and `last` days."""
    asked = {
        "collection": w.collection,
        "areas": [AREA],
        "first": day(10),
        "last": day(70),
        "options": {},
        "bundle": "",
        **GIVEN,
    }
    return asked | changes


def wanted(w: Any, **changes: Any) -> Wanted:
    """The same as the service takes it."""
    asked = right(w, **changes)
    said = {name: asked.pop(name) for name in PARAMETERS}
    return wanted_from(said=said, **asked)


def requested(w: Any, *, submit: bool = False, title: str = "Glacier, été", **changes: Any) -> Any:
    """A request of the researcher, written by the service."""
    return request_area(
        requester=w.researcher,
        organisation=w.organisation,
        project=w.project,
        wanted=wanted(w, **changes),
        title=title,
        justification="Suivi du trait de côte",
        submit=submit,
    )


def body(w: Any, **changes: Any) -> dict[str, Any]:
    """The same as the API takes it."""
    asked = right(w, **changes)
    period = {"first": asked.pop("first").isoformat(), "last": asked.pop("last").isoformat()}
    return {
        "kind": "acquisition",
        "organisation": w.organisation.pk,
        "project": w.project.pk,
        "title": "Glacier, été",
        "justification": "Suivi du trait de côte",
        "collection": asked.pop("collection").slug,
        "areas": [mapping(area) for area in asked.pop("areas")],
        "period": period,
        **{name: value for name, value in asked.items() if value is not None},
    }


@dataclass(frozen=True)
class Wrong:
    """Changes that make the request wrong, and the refusal: the field it names and its code."""

    name: str
    changes: dict[str, Any]
    pointer: str
    code: str
    family: str = "pleiades"
    settings: dict[str, Any] = field(default_factory=dict)


def _crowd(count: int) -> list[Any]:
    return [box(3 + n * 0.0001, 44, 3 + n * 0.0001 + 0.00005, 44.0001) for n in range(count)]


STEREO = {"mode": "stereo"}
WRONGS = [
    Wrong("reversed", {"first": day(70), "last": day(10)}, "period", "reversed"),
    Wrong("one day", {"first": day(10), "last": day(10)}, "period", "period_too_short"),
    Wrong("one week", {"first": day(10), "last": day(16)}, "period", "period_too_short"),
    Wrong("in the past", {"first": day(-70), "last": day(-10)}, "period", "period_over"),
    Wrong("begun", {"first": day(-3), "last": day(60)}, "period", "period_begun"),
    Wrong("too long", {"first": day(1), "last": day(2000)}, "period", "period_too_long"),
    Wrong("cloud > 100", {"cloud_max": 101}, "cloud_max", "out_of_range"),
    Wrong("cloud < 0", {"cloud_max": -1}, "cloud_max", "out_of_range"),
    Wrong("threshold > 100", {"proposal_threshold": 130}, "proposal_threshold", "out_of_range"),
    Wrong("crossed", {"cloud_max": 30, "proposal_threshold": 10}, "proposal_threshold", "thresholds_crossed"),
    Wrong("B/H on mono", {"bh_min": 0.3}, "bh_min", "bh_on_mono"),
    Wrong("largest B/H on mono", {"bh_max": 0.3}, "bh_max", "bh_on_mono"),
    Wrong("B/H crossed", {**STEREO, "bh_min": 0.6, "bh_max": 0.3}, "bh_min", "thresholds_crossed"),
    Wrong("B/H too large", {**STEREO, "bh_max": 1.5}, "bh_max", "out_of_range"),
    Wrong("incidence", {"incidence_max": 95.0}, "incidence_max", "out_of_range"),
    Wrong("series", {"programme": "oneseries"}, "repeat", "series_without_repeat"),
    Wrong(
        "8 bits without display",
        {"options": {"pixel_coding": "8bits", "radiometric_processing": "reflectance"}},
        "options/pixel_coding",
        "options_conflict",
    ),
    Wrong(
        "display without 8 bits",
        {"options": {"pixel_coding": "12bits", "radiometric_processing": "display"}},
        "options/pixel_coding",
        "options_conflict",
    ),
    Wrong(
        "projection of primary",
        {"options": {"processing_level": "primary", "projection": "2154"}},
        "options/projection",
        "options_conflict",
    ),
    Wrong(
        "elevation of ortho",
        {"options": {"processing_level": "ortho", "elevation": "100"}},
        "options/elevation",
        "options_conflict",
    ),
    Wrong(
        "elevation too high",
        {"options": {"processing_level": "projected", "elevation": "90000"}},
        "options/elevation",
        "out_of_range",
    ),
    Wrong("denied country", {"areas": [AREA, PYONGYANG]}, "areas/1", "denied_place"),
    Wrong("open sea", {"areas": [AREA, ATLANTIC], "options": {"processing_level": "ortho"}}, "areas/1", "on_the_sea"),
    Wrong("unknown option", {"options": {"colour": "blue"}}, "options/colour", "unknown_option"),
    Wrong("unknown value", {"options": {"image_format": "png"}}, "options/image_format", "unknown_value"),
    Wrong(
        "option of another product",
        {"options": {"spectral_processing": "full_bundle"}},
        "options/spectral_processing",
        "option_of_another_product",
    ),
    Wrong("10,000 areas", {"areas": _crowd(10_000)}, "areas", "too_many_lines"),
    Wrong(
        "series of many areas",
        {"areas": _crowd(120), "first": day(1), "last": day(100), "repeat": "monthly"},
        "areas",
        "too_many_lines",
    ),
]
