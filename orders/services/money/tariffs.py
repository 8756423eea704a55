# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changing rates: a new one begins on a day and ends the one before; what was, stays readable."""

from collections.abc import Mapping
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
    product = {"family": family, "kind": kind, "quota": quota, "eligibility_class": eligibility_class}
    numbers = {"cents_per_km2": cents_per_km2, "minimum_m2": minimum_m2}
    factors = {"stereo_factor": stereo_factor, "tristereo_factor": tristereo_factor}
    _check(reason, since, numbers, factors)
    valid = _room_from(since, Tariff.objects.select_for_update().filter(**product))
    written = {"valid": valid, "reason": reason.strip(), "set_by": actor, "created_at": clock.now()}
    try:
        with transaction.atomic():
            return Tariff.objects.create(**product, **numbers, **factors, **written)
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


def _check(reason: str, since: datetime, numbers: Mapping[str, int], factors: Mapping[str, int]) -> None:
    if not reason.strip():
        raise Invalid(_("Give a reason."), pointer="reason", repair=_("Name the contract or the decision."))
    if since < clock.now():
        raise Invalid(
            _("A rate cannot begin in the past."), pointer="since", repair=_("Choose tomorrow, or a later day.")
        )
    for pointer, value in numbers.items():
        if value < 0:
            raise Invalid(_("This number cannot be negative."), pointer=pointer)
    if min(factors.values()) < 1:
        raise Invalid(_("A pair or a triplet counts at least once."), pointer="stereo_factor")


def _taken() -> Invalid:
    return Invalid(
        _("Another rate of this product begins at that moment."), pointer="since", repair=_("Choose another day.")
    )
