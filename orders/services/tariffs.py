# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changing rates: a new one begins on a day and ends the one before; what was, stays readable."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from orders.models import Tariff


@transaction.atomic
def set_tariff(
    *,
    actor: Any,
    family: str,
    kind: str,
    quota: str,
    cents_per_km2: int,
    minimum_m2: int,
    since: datetime,
    reason: str,
    eligibility_class: str = "",
    stereo_factor: int = 2,
    tristereo_factor: int = 3,
) -> Tariff:
    """Set the rate of a product from `since` (aware) on, until the next one that is set already, if any.

    Orders keep the price they were submitted at. Raises NotPermitted, Invalid: no reason, a rate in the past, a number
    out of range, another rate that begins at the same moment or is written meanwhile.
    """
    refuse_keys()
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office changes tariffs."))
    _check(reason, since, cents_per_km2, minimum_m2, stereo_factor, tristereo_factor)
    same = Tariff.objects.select_for_update().filter(
        family=family, kind=kind, quota=quota, eligibility_class=eligibility_class
    )
    valid = _room_from(since, same)
    try:
        with transaction.atomic():
            return Tariff.objects.create(
                family=family,
                kind=kind,
                quota=quota,
                eligibility_class=eligibility_class,
                cents_per_km2=cents_per_km2,
                minimum_m2=minimum_m2,
                stereo_factor=stereo_factor,
                tristereo_factor=tristereo_factor,
                valid=valid,
                reason=reason.strip(),
                set_by=actor,
                created_at=clock.now(),
            )
    except IntegrityError as error:
        raise _taken() from error


def _room_from(since: datetime, same: QuerySet[Tariff]) -> DateTimeTZRange:
    """End the rate that runs at `since`; return the span until the one that follows, if any. Raises Invalid."""
    following = same.filter(valid__startswith__gt=since).order_by("valid").first()
    running = same.filter(valid__contains=since).first()
    if running is not None and running.valid.lower == since:
        raise _taken()
    if running is not None:
        running.valid = DateTimeTZRange(running.valid.lower, since)
        running.save(update_fields=["valid"])
    return DateTimeTZRange(since, following.valid.lower if following else None)


def _check(reason: str, since: datetime, cents: int, minimum_m2: int, *factors: int) -> None:
    if not reason.strip():
        raise Invalid(_("Give a reason."), pointer="reason", repair=_("Name the contract or the decision."))
    if since < clock.now():
        raise Invalid(
            _("A rate cannot begin in the past."), pointer="since", repair=_("Choose tomorrow, or a later day.")
        )
    for pointer, value, least in (("cents_per_km2", cents, 0), ("minimum_m2", minimum_m2, 0)):
        if value < least:
            raise Invalid(_("This number cannot be negative."), pointer=pointer)
    if min(factors) < 1:
        raise Invalid(_("A pair or a triplet counts at least once."), pointer="stereo_factor")


def _taken() -> Invalid:
    return Invalid(
        _("Another rate of this product begins at that moment."), pointer="since", repair=_("Choose another day.")
    )
