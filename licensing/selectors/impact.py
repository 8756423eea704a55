# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has access under a licence at a moment, counted by the very SQL that decides; for dry runs of a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Count

from licensing.enums import Action
from licensing.models import Licence
from licensing.selectors.conditions import CONDITIONS, OF_EVERY_MEMBER, conditions_of

_ALL = " AND ".join(column for column, _code in CONDITIONS)
ACCESS_SQL = f"SELECT DISTINCT user_id, organisation_id FROM ({conditions_of(OF_EVERY_MEMBER)}) row WHERE {_ALL}"  # noqa: S608  (constants only)
_OF_THESE = OF_EVERY_MEMBER + " AND u.id = ANY(%(people)s)"
ACCESS_OF_SQL = (
    f"SELECT DISTINCT licence_id, user_id, organisation_id FROM ({conditions_of(_OF_THESE)}) row WHERE {_ALL}"  # noqa: S608  (constants only)
)
Access = frozenset[tuple[str, int, int]]
AccessOf = frozenset[tuple[str, int, int, int]]


@dataclass(frozen=True)
class Impact:
    """What a change would close at `at`: people who lose an action, organisations left with nobody who may do it."""

    at: datetime
    people: int
    organisations: int
    people_before: int


def access_under(licence: Licence, at: datetime) -> Access:
    """Return (action, person, organisation) for everything allowed under a licence at `at`, naming no project."""
    found: set[tuple[str, int, int]] = set()
    with connection.cursor() as cursor:
        for action in Action:
            parameters = {
                "action": action.value,
                "project": None,
                "at": at,
                "licences": [licence.pk],
                "grace": settings.DINAMIS["NO_REFERENT_GRACE_DAYS"],
            }
            cursor.execute(ACCESS_SQL, parameters)
            found |= {(action.value, person, organisation) for person, organisation in cursor.fetchall()}
    return frozenset(found)


def compare(before: Access, after: Access, at: datetime) -> Impact:
    """Return what is in `before` and not in `after`, counted."""
    lost = before - after
    kept = {(action, organisation) for action, _person, organisation in after}
    return Impact(
        at=at,
        people=len({person for _action, person, _organisation in lost}),
        organisations=len({home for action, _person, home in lost if (action, home) not in kept}),
        people_before=len({person for _action, person, _organisation in before}),
    )


@dataclass(frozen=True)
class BlockImpact:
    """What a block would close at `at`: people who lose an action, collections they lose it in; who has any now."""

    at: datetime
    people: int
    collections: int
    people_before: int


def access_of(people: Sequence[int], at: datetime) -> AccessOf:
    """Return (action, licence, person, organisation) for everything these people may do at `at`, naming no project."""
    found: set[tuple[str, int, int, int]] = set()
    with connection.cursor() as cursor:
        for action in Action:
            parameters = {
                "action": action.value,
                "project": None,
                "at": at,
                "licences": None,
                "people": list(people),
                "grace": settings.DINAMIS["NO_REFERENT_GRACE_DAYS"],
            }
            cursor.execute(ACCESS_OF_SQL, parameters)
            found |= {(action.value, *row) for row in cursor.fetchall()}
    return frozenset(found)


def compare_access(before: AccessOf, after: AccessOf, at: datetime) -> BlockImpact:
    """Return what is in `before` and not in `after`, counted."""
    lost = {(action, licence, person) for action, licence, person, _home in before}
    lost -= {(action, licence, person) for action, licence, person, _home in after}
    closed = Licence.objects.filter(pk__in={licence for _action, licence, _person in lost})
    return BlockImpact(
        at=at,
        people=len({person for _action, _licence, person in lost}),
        collections=closed.aggregate(number=Count("collections", distinct=True))["number"],
        people_before=len({person for _action, _licence, person, _home in before}),
    )
