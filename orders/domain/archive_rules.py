# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong with a search of the archive that is to become an order. Pure."""

from datetime import date

from django.utils.translation import gettext as _

from dinamis.core.exceptions import Invalid
from orders.domain.acquisition_rules import incidence_refusal, percent_refusal
from orders.enums import AcquisitionMode


def search_refusals(
    *, first: date, last: date, today: date, mode: str, cloud_max: int | None, incidence_max: float | None
) -> list[Invalid]:
    """Return what is wrong, one refusal a field at most: pointer, reason, repair. Days are both included."""
    found = (
        _days(first, last, today),
        _mode(mode),
        percent_refusal("cloud_max", cloud_max),
        incidence_refusal(incidence_max) if incidence_max is not None else None,
    )
    return [error for error in found if error]


def _days(first: date, last: date, today: date) -> Invalid | None:
    if last < first:
        return Invalid(
            _("The period ends before it begins."),
            pointer="period",
            repair=_("Exchange the two days."),
            code="reversed",
        )
    if first > today:
        return Invalid(
            _("The archive has no images of days to come."),
            pointer="period",
            repair=_("Choose days that are over, or request an acquisition."),
            code="period_to_come",
        )
    return None


def _mode(mode: str) -> Invalid | None:
    if mode in AcquisitionMode.values:
        return None
    return Invalid(
        _("“%(value)s” is not known here.") % {"value": mode[:60]},
        pointer="mode",
        repair=_("Choose one of: %(values)s.") % {"values": ", ".join(AcquisitionMode.values)},
        code="unknown_value",
    )
