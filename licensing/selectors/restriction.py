# SPDX-License-Identifier: AGPL-3.0-or-later
"""Restricted mode: an organisation without an active référent. Computed when asked, as `decide()` does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Greatest

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Membership, Organisation
from licensing.models import Adhesion
from licensing.selectors.adhesion import IN_FORCE


@dataclass(frozen=True)
class Restriction:
    """Nobody activates accounts since `since`; rights rest from `until` on; `resting` says whether they do."""

    organisation: Organisation
    since: datetime
    until: datetime
    resting: bool


def restrictions(at: datetime, organisation: Organisation | None = None) -> list[Restriction]:
    """Return the restriction of every organisation admitted at `at` that has no active référent now, by name.

    `organisation` asks about that one alone. One query, however many there are.
    """
    admitted = Adhesion.objects.filter(organisation=OuterRef("pk"), state__in=IN_FORCE, period__contains=at)
    led = Membership.objects.filter(organisation=OuterRef("pk"), role=MemberRole.REFERENT)
    answering = led.filter(state=MembershipState.ACTIVE, user__is_active=True)
    begun = Subquery(admitted.values("period__startswith")[:1])
    last = Subquery(led.filter(ended_at__lte=at).order_by("-ended_at").values("ended_at")[:1])
    found = (
        Organisation.objects.filter(Exists(admitted), ~Exists(answering))
        .annotate(begun=begun, since=Greatest(F("begun"), Coalesce(last, F("begun"))))
        .order_by("name", "pk")
    )
    if organisation is not None:
        found = found.filter(pk=organisation.pk)
    grace = timedelta(days=settings.DINAMIS["NO_REFERENT_GRACE_DAYS"])
    return [Restriction(row, row.since, row.since + grace, at >= row.since + grace) for row in found]


def restriction_of(organisation: Organisation, at: datetime) -> Restriction | None:
    """Return the restriction an admitted organisation is under at `at`, None when it has a référent or no adhesion."""
    return next(iter(restrictions(at, organisation)), None)
