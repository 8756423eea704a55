# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong with the parameters of an acquisition request (domain facts, 3.4 and 6.3). Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dinamis.core.exceptions import Invalid
from dinamis.core.templatetags.ui import number
from orders.enums import AcquisitionMode, Programme, Repeat

# Base over height, without unit: what providers take (domain facts, 6.3).
BH_RANGE = (0.2, 0.8)


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """How and when images are to be taken. Days are both included; cloud in percent, incidence in degrees."""

    first: date
    last: date
    repeat: str = Repeat.NONE
    programme: str = Programme.ONEPLAN
    mode: str = AcquisitionMode.MONO
    bh_min: float | None = None
    bh_max: float | None = None
    cloud_max: int | None = None
    proposal_threshold: int | None = None
    incidence_max: float = 30.0

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True)
class Limits:
    """The numbers of the settings, and the day the request is looked at."""

    today: date
    minimum_days: int
    maximum_days: int


def parameter_refusals(asked: Parameters, limits: Limits, *, radar: bool) -> list[Invalid]:
    """Return what is wrong, one refusal a field at most: pointer, reason, repair."""
    checks: tuple[Callable[[], Invalid | None], ...] = (
        lambda: _period(asked, limits),
        lambda: _words(asked),
        lambda: _base_to_height(asked),
        lambda: _cloud(asked, radar=radar),
        lambda: _threshold(asked, radar=radar),
        lambda: incidence_refusal(asked.incidence_max),
    )
    return [error for check in checks if (error := check())]


def _period(asked: Parameters, limits: Limits) -> Invalid | None:
    if asked.last < asked.first:
        return Invalid(
            _("The period ends before it begins."),
            pointer="period",
            repair=_("Exchange the two days."),
            code="reversed",
        )
    if asked.last < limits.today:
        return Invalid(_("The period is over."), pointer="period", repair=_("Choose days to come."), code="period_over")
    if asked.first < limits.today:
        return Invalid(
            _("The period begins in the past."),
            pointer="period",
            repair=_("Begin today at the earliest; images already taken are archive orders."),
            code="period_begun",
        )
    if asked.days < limits.minimum_days:
        return too_short(asked.days, limits.minimum_days)
    if asked.days > limits.maximum_days:
        return Invalid(
            _("The period is longer than %(days)d days.") % {"days": limits.maximum_days},
            pointer="period",
            repair=_("Make several requests."),
            code="period_too_long",
        )
    return None


def too_short(days: int, minimum: int) -> Invalid:
    """Return the refusal of a period that is no period: satellites and weather do not keep appointments."""
    message = (
        _("An acquisition is asked for a period, never for one day: passes and clouds decide which day it will be.")
        if days == 1
        else _("An acquisition is asked for a period: passes and clouds decide which day it will be.")
    )
    return Invalid(
        message,
        pointer="period",
        repair=ngettext(
            "Give at least %(n)d day. For an emergency, CIEST² tasks Pléiades every day for ten days.",
            "Give at least %(n)d days. For an emergency, CIEST² tasks Pléiades every day for ten days.",
            minimum,
        )
        % {"n": minimum},
        code="period_too_short",
    )


def _words(asked: Parameters) -> Invalid | None:
    """Programme, mode and repetition are words of ours; a series has regular dates."""
    for name, choices in (("programme", Programme), ("mode", AcquisitionMode), ("repeat", Repeat)):
        if getattr(asked, name) not in choices.values:
            return Invalid(
                _("“%(value)s” is not known here.") % {"value": str(getattr(asked, name))[:60]},
                pointer=name,
                repair=_("Choose one of: %(values)s.") % {"values": ", ".join(choices.values)},
                code="unknown_value",
            )
    if asked.programme == Programme.ONESERIES and asked.repeat == Repeat.NONE:
        return Invalid(
            _("A series needs regular dates."),
            pointer="repeat",
            repair=_("Say how often, or choose another programme."),
            code="series_without_repeat",
        )
    return None


def _base_to_height(asked: Parameters) -> Invalid | None:
    low, high = asked.bh_min, asked.bh_max
    if low is None and high is None:
        return None
    pointer = "bh_min" if low is not None else "bh_max"
    if asked.mode == AcquisitionMode.MONO:
        return Invalid(
            _("B/H is the angle between two views; a single view has none."),
            pointer=pointer,
            repair=_("Leave B/H out, or choose a stereo pair or triplet."),
            code="bh_on_mono",
        )
    least, most = (number(bound, 1) for bound in BH_RANGE)
    for name, value in (("bh_min", low), ("bh_max", high)):
        if value is not None and not BH_RANGE[0] <= value <= BH_RANGE[1]:
            return Invalid(
                _("B/H lies outside %(low)s to %(high)s.") % {"low": least, "high": most},
                pointer=name,
                repair=_("0.25 to 0.4 suits towns and steep relief, 0.4 to 0.6 gentle ground."),
                code="out_of_range",
            )
    if low is not None and high is not None and low > high:
        return Invalid(
            _("The smallest B/H is larger than the largest."),
            pointer="bh_min",
            repair=_("Exchange the two."),
            code="thresholds_crossed",
        )
    return None


def _cloud(asked: Parameters, *, radar: bool) -> Invalid | None:
    if radar:
        return _no_cloud("cloud_max") if asked.cloud_max is not None else None
    return percent_refusal("cloud_max", asked.cloud_max)


def _threshold(asked: Parameters, *, radar: bool) -> Invalid | None:
    if radar:
        return _no_cloud("proposal_threshold") if asked.proposal_threshold is not None else None
    if error := percent_refusal("proposal_threshold", asked.proposal_threshold):
        return error
    if asked.proposal_threshold is None or asked.cloud_max is None or asked.proposal_threshold >= asked.cloud_max:
        return None
    return Invalid(
        _("Images are proposed up to less cloud than is accepted without a word."),
        pointer="proposal_threshold",
        repair=_("Give at least the largest cloud cover, %(cloud)d %%.") % {"cloud": asked.cloud_max},
        code="thresholds_crossed",
    )


def percent_refusal(name: str, value: Any) -> Invalid | None:
    """Return what is wrong with a cloud cover; None where nothing is, or none is said."""
    if value is None or 0 <= value <= 100:
        return None
    return Invalid(
        _("A cloud cover lies between 0 and 100 %."),
        pointer=name,
        repair=_("Write a number from 0 to 100."),
        code="out_of_range",
    )


def _no_cloud(name: str) -> Invalid:
    return Invalid(
        _("A radar sees through clouds: it knows no cloud cover."),
        pointer=name,
        repair=_("Leave it out."),
        code="cloud_on_radar",
    )


def incidence_refusal(degrees: float) -> Invalid | None:
    """Return what is wrong with a largest incidence angle; None where nothing is."""
    if math.isfinite(degrees) and 0 < degrees <= 90:
        return None
    return Invalid(
        _("An incidence angle lies between 0 and 90°."),
        pointer="incidence_max",
        repair=_("30 is usual; smaller angles see less of the sides of things, and come less often."),
        code="out_of_range",
    )
