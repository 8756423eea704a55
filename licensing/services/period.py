# SPDX-License-Identifier: AGPL-3.0-or-later
"""For how long an organisation is admitted: the period a moderator chooses, never beyond its project's end."""

from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from dinamis.core.periods import anniversary, day_after, last_day
from licensing.enums import AdhesionState, EligibilityClass
from licensing.models import Adhesion


def period_for(adhesion: Adhesion, *, until: date | None = None, years: int | None = None) -> tuple[datetime, datetime]:
    """Return [begin, end) of an approval of now: until the end of the day `until`, else `years`, else ADHESION_YEARS.

    It begins at the decision or, for a renewal, where the former ends if that is later, and ends after whole Paris
    days. Where the class needs a project that ends, a day beyond its end is refused and a number of years is cut to it.
    Raises Invalid naming `until` or `project_ends_on`.
    """
    start = begin_of(adhesion, clock.now())
    bound = _project_end(adhesion)
    if until is None:
        end = anniversary(start, years or settings.DINAMIS["ADHESION_YEARS"])
        return start, min(end, bound) if bound and bound > start else end
    end = day_after(until)
    if end <= start:
        raise Invalid(_("This day has passed."), pointer="until", repair=_("Choose a day to come."))
    if until > last_day(anniversary(start, settings.DINAMIS["ADHESION_MAX_YEARS"])):
        raise Invalid(
            _("An adhesion is approved for %(years)d years at most.")
            % {"years": settings.DINAMIS["ADHESION_MAX_YEARS"]},
            pointer="until",
        )
    if bound and end > bound:
        raise Invalid(
            _("The project of this organisation ends before this day."), pointer="until", code="beyond_project"
        )
    return start, end


def begin_of(adhesion: Adhesion, at: datetime) -> datetime:
    """Return when an approval at `at` begins: at once, or where the adhesion it renews ends."""
    former = adhesion.renews
    if former is not None and former.state == AdhesionState.APPROVED and former.period is not None:
        return max(at, former.period.upper)
    return at


def default_end(adhesion: Adhesion) -> date:
    """Return the last day an approval of today would last unless another is chosen."""
    end = last_day(anniversary(begin_of(adhesion, clock.now()), settings.DINAMIS["ADHESION_YEARS"]))
    ends_on = project_ends_on(adhesion)
    return min(end, ends_on) if ends_on else end


def project_ends_on(adhesion: Adhesion) -> date | None:
    """Return the last day of the project that bounds the rights; None for classes that need none, or without a day."""
    if adhesion.eligibility_class == EligibilityClass.FRENCH_INSTITUTIONAL:
        return None
    given = adhesion.answers.get("project_ends_on")
    return date.fromisoformat(given) if given else None


def _project_end(adhesion: Adhesion) -> datetime | None:
    ends_on = project_ends_on(adhesion)
    if ends_on is None:
        return None
    if ends_on < clock.today():
        raise Invalid(_("The project has ended already."), pointer="project_ends_on")
    return day_after(ends_on)
