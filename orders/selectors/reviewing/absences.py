# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is away, and who may act for them meanwhile. It is computed when it is asked: nothing has to end an absence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dinamis.accounts.enums import OfficeRole
from dinamis.accounts.models import User
from orders.models import Absence

REVIEWERS = (OfficeRole.MODERATOR, OfficeRole.OPINION_CNES, OfficeRole.OPINION_AIRBUS)


def delegations_of(user: Any, at: datetime) -> list[Absence]:
    """Return the absences during which this person may act for somebody at that moment, the first to end first."""
    rows = Absence.objects.lasting(at).filter(delegate=user).select_related("person")
    return [row for row in rows.order_by("period__endswith", "pk") if user.has_perm("orders.stand_in", row)]


def principals_of(user: Any, at: datetime) -> list[Any]:
    """Return the people for whom this person may act at that moment."""
    return [row.person for row in delegations_of(user, at)]


def away_now(at: datetime) -> list[Absence]:
    """Return who is away at that moment, the first to come back first."""
    rows = Absence.objects.lasting(at).filter(person__office_role__in=REVIEWERS, person__is_active=True)
    return list(rows.select_related("person", "delegate").order_by("period__endswith", "pk"))


def absences_of(user: Any, at: datetime) -> list[Absence]:
    """Return the absences of a person that last or are to come."""
    rows = Absence.objects.standing().filter(person=user, period__endswith__gt=at)
    return list(rows.select_related("delegate").order_by("period"))


def possible_delegates(user: Any) -> Any:
    """Return who may be named: the others of the same office role."""
    return User.objects.filter(is_active=True, office_role=user.office_role).exclude(pk=user.pk).order_by("name", "pk")


def reviewers() -> Any:
    """Return the people who may sit in the committee."""
    return User.objects.filter(is_active=True, office_role__in=REVIEWERS).order_by("office_role", "name", "pk")


def with_delegates(people: Iterable[Any], at: datetime) -> list[tuple[Any, Any]]:
    """Return (who is written to, for whom) for a mail of work: each person in their own name (None), and the delegate
    of each who is away at that moment, unless they are written to already."""
    asked = {person.pk: person for person in people}
    found: dict[int, tuple[Any, Any]] = {pk: (person, None) for pk, person in asked.items()}
    away = Absence.objects.lasting(at).filter(person__in=list(asked), delegate__isnull=False)
    for row in away.select_related("person", "delegate").order_by("pk"):
        delegate: Any = row.delegate
        if delegate.is_active and delegate.has_perm("orders.stand_in", row):
            found.setdefault(delegate.pk, (delegate, row.person))
    return list(found.values())
