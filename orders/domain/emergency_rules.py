# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is wrong with the words of an activation of CIEST² (domain facts, 3.4; docs/adr/0043). Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from shapely.geometry.base import BaseGeometry

from dinamis.core import geo
from dinamis.core.exceptions import Invalid
from orders.enums import EventKind

PLACE_LENGTH, WHY_LENGTH = 120, 2000


@dataclass(frozen=True, kw_only=True)
class Event:
    """What has happened, where and when, and why images are needed every day; `area` in longitude and latitude."""

    kind: str
    place: str
    event_on: date
    why: str
    area: BaseGeometry


def refusals(event: Event, *, today: date, event_days: int) -> list[Invalid]:
    """Return what is wrong, one refusal a field at most: pointer, reason, repair."""
    found = (_kind(event), _place(event), _day(event, today, event_days), _why(event), _outline(event))
    return [error for error in found if error]


def too_large(area_m2: int, most_km2: int) -> Invalid | None:
    """Return the refusal of an area that no satellite sees at one pass."""
    if area_m2 <= most_km2 * 1_000_000:
        return None
    return Invalid(
        _("The area has %(area)d km²; an activation sees at most %(most)d km² every day.")
        % {"area": area_m2 // 1_000_000, "most": most_km2},
        pointer="aoi",
        repair=_("Draw what must be seen every day; for the rest, request an acquisition."),
        code="area_too_large",
    )


def _kind(event: Event) -> Invalid | None:
    if event.kind in EventKind.values:
        return None
    return Invalid(
        _("“%(value)s” is not known here.") % {"value": event.kind[:60]},
        pointer="kind",
        repair=_("Choose one of: %(values)s.") % {"values": ", ".join(EventKind.values)},
        code="unknown_value",
    )


def _place(event: Event) -> Invalid | None:
    if 0 < len(event.place.strip()) <= PLACE_LENGTH:
        return None
    return Invalid(
        _("Name the place in at most %(most)d characters.") % {"most": PLACE_LENGTH},
        pointer="place",
        repair=_("For example: Soufrière of Saint Vincent."),
        code="length",
    )


def _day(event: Event, today: date, event_days: int) -> Invalid | None:
    if event.event_on > today:
        return Invalid(
            _("The day of the event is still to come."),
            pointer="event_on",
            repair=_("Of what announces itself, give the day of its first signs."),
            code="in_the_future",
        )
    if event.event_on < today - timedelta(days=event_days):
        return Invalid(
            ngettext("The event is more than %(n)d day ago.", "The event is more than %(n)d days ago.", event_days)
            % {"n": event_days},
            pointer="event_on",
            repair=_("It is no emergency any more: request an acquisition."),
            code="long_ago",
        )
    return None


def _why(event: Event) -> Invalid | None:
    if 0 < len(event.why.strip()) <= WHY_LENGTH:
        return None
    return Invalid(
        _("Say in at most %(most)d characters why images are needed every day.") % {"most": WHY_LENGTH},
        pointer="justification",
        repair=_("The office and all who look at the activation read it."),
        code="length",
    )


def _outline(event: Event) -> Invalid | None:
    if geo.is_one_outline(event.area):
        return None
    return Invalid(
        _("An activation is for one place: one outline."),
        pointer="aoi",
        repair=_("Draw one outline around what must be seen."),
        code="several_places",
    )
