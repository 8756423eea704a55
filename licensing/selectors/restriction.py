# SPDX-License-Identifier: AGPL-3.0-or-later
"""Restricted mode: an organisation without an active référent. Computed when asked, as `decide()` does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from dinamis.accounts.enums import MemberRole
from dinamis.accounts.models import Organisation
from dinamis.accounts.selectors.membership import referents
from licensing.enums import AdhesionState
from licensing.models import Adhesion


@dataclass(frozen=True)
class Restriction:
    """Nobody activates accounts since `since`; rights rest from `until` on; `resting` says whether they do."""

    since: datetime
    until: datetime
    resting: bool


def restriction_of(organisation: Organisation, at: datetime) -> Restriction | None:
    """Return the restriction an admitted organisation is under at `at`, None when it has a référent or no adhesion."""
    adhesion = Adhesion.objects.filter(
        organisation=organisation, state=AdhesionState.APPROVED, period__contains=at
    ).first()
    if adhesion is None or adhesion.period is None or referents(organisation).exists():
        return None
    led = organisation.memberships.filter(role=MemberRole.REFERENT, ended_at__lte=at)
    last = led.aggregate(last=Max("ended_at"))["last"]
    since = max(adhesion.period.lower, last) if last else adhesion.period.lower
    until = since + timedelta(days=settings.DINAMIS["NO_REFERENT_GRACE_DAYS"])
    return Restriction(since, until, at >= until)
