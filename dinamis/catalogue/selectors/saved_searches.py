# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of saved searches: whose alerts are due, and what arrived since the last one."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from dinamis.accounts.models import User
from dinamis.catalogue.enums import Alert
from dinamis.catalogue.models import ArrivalMark, Collection, Item, SavedSearch
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.search import search
from dinamis.catalogue.selectors.viewer import Annotated, viewer_of, with_state
from dinamis.core.clock import PARIS


def latest_round(alert: str, at: datetime) -> datetime:
    """Return the last moment, up to `at`, at which alerts of this rhythm were due: a morning in Paris, a Monday's."""
    local = at.astimezone(PARIS)
    due = datetime.combine(local.date(), time(settings.DINAMIS["ALERT_HOUR"]), PARIS)
    if due > local:
        due = datetime.combine(local.date() - timedelta(days=1), due.timetz())
    if alert == Alert.WEEKLY:
        due = datetime.combine(due.date() - timedelta(days=due.weekday()), due.timetz())
    return due


def due_searches(at: datetime) -> QuerySet[SavedSearch]:
    """Return the searches that were not told since their last round."""
    due = Q(pk__in=())
    for alert in (Alert.DAILY, Alert.WEEKLY):
        due |= Q(alert=alert, mark__at__lt=latest_round(alert, at))
    return SavedSearch.objects.filter(due, owner__is_active=True)


def people_due(at: datetime) -> list[int]:
    """Return the ids of the persons who have searches that are due."""
    return list(due_searches(at).order_by("owner").values_list("owner", flat=True).distinct())


def new_images(filters: SearchFilters, owner: User, *, since: ArrivalMark, until: ArrivalMark) -> Annotated:
    """Return the images that answer `filters` and became known to `owner` between two marks, with their `state`.

    An image becomes known when it arrives or, if it was withheld, when that ends; what is still withheld from the
    person is not among them.
    """
    now = viewer_of(owner, project=filters.project, at=until.at)
    then = viewer_of(owner, project=filters.project, at=since.at)
    known = with_state(Item.objects.filter(pk=OuterRef("pk")), then).filter(shown=True)
    opened = since.seen & _opened(since.at, until.at) & ~Q(Exists(known))
    return search(filters, now).filter(since.unseen & until.seen | opened, shown=True)


def _opened(since: datetime, at: datetime) -> Q:
    """The condition that an image stopped being withheld after `since`, up to `at`; each part has its index."""
    ended = Q(embargo_until__gt=since, embargo_until__lte=at) | Q(hold_back_until__gt=since, hold_back_until__lte=at)
    for pk, days in Collection.objects.filter(licence__embargo_days__gt=0).values_list("pk", "licence__embargo_days"):
        embargo = timedelta(days=days)
        ended |= Q(collection=pk, datetime__gt=since - embargo, datetime__lte=at - embargo)
    return ended
