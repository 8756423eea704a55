# SPDX-License-Identifier: AGPL-3.0-or-later
"""What programs read of rights. A caller sees their own scope; only a partner portal sees that of others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from dinamis.accounts.enums import ApiScope, MembershipState
from dinamis.accounts.models import ApiClient, User
from licensing.enums import Action
from licensing.models import Entitlement, EntitlementChange, Project
from licensing.selectors.decision import permitted


@dataclass(frozen=True)
class Reach:
    """Whose rights a caller may read: everybody's, those of some organisations, or their own through `person`."""

    everybody: bool = False
    organisation_ids: tuple[int, ...] = ()
    person: User | None = None


def reach_of(user: Any, client: ApiClient | None) -> Reach:
    """Return what a caller may read: a partner key everything, an organisation's key its own, a person theirs."""
    if client is not None and client.organisation_id is not None:
        return Reach(ApiScope.ENTITLEMENTS in client.scopes, (client.organisation_id,))
    memberships = user.memberships.filter(state=MembershipState.ACTIVE)
    return Reach(False, tuple(sorted(memberships.values_list("organisation_id", flat=True))), user)


def _shaped(at: datetime) -> "QuerySet[Entitlement]":
    """Return rights with what their shape at `at` needs."""
    rows = Entitlement.objects.select_related("organisation", "licence", "project")
    return rows.prefetch_related("licence__collections").with_standing(at)


def entitlements_in(reach: Reach, at: datetime) -> "QuerySet[Entitlement]":
    """Return the rights within reach, with what their shape at `at` needs."""
    rows = _shaped(at)
    return rows if reach.everybody else rows.filter(organisation_id__in=reach.organisation_ids)


def person_in(reach: Reach, email: str) -> User | None:
    """Return the person of an address when the caller may ask about them: anybody for a partner, else oneself."""
    person = User.objects.filter(email__iexact=email).first()
    if person is None or reach.everybody:
        return person
    return person if reach.person == person else None


def held_by(person: User, at: datetime) -> Q:
    """The condition that a right belongs to an organisation the person is a member of at `at`."""
    memberships = person.memberships.filter(active_from__lte=at).filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))
    return Q(organisation__in=memberships.values("organisation"))


def allowed_actions(person: User, rights: Iterable[Entitlement], at: datetime) -> dict[int, list[str]]:
    """Return by right what `decide()` lets the person do with it at `at`, asked for the project of each right."""
    found: dict[int, list[str]] = {right.pk: [] for right in rights}
    for project in sorted({right.project_id or 0 for right in rights}):
        for action in Action:
            answer = permitted(person, action, project=project or None, at=at)
            for allows in answer.allows.values():
                for allow in allows:
                    if allow.project_id == (project or None) and allow.entitlement_id in found:
                        found[allow.entitlement_id].append(action.value)
    return found


def changes_in(reach: Reach, after: int, limit: int, at: datetime) -> Sequence[EntitlementChange]:
    """Return at most `limit` changes numbered above `after`, in order, with their rights as they stand at `at`."""
    rows = EntitlementChange.objects.filter(pk__gt=after).prefetch_related(Prefetch("entitlement", _shaped(at)))
    if not reach.everybody:
        rows = rows.filter(entitlement__organisation_id__in=reach.organisation_ids)
    return list(rows.order_by("pk")[:limit])


def projects_of(user: Any) -> "QuerySet[Project]":
    """Return the projects a person may name, with what their shape needs."""
    members = Prefetch("members", User.objects.order_by("name", "pk"))
    return Project.objects.visible_to(user).select_related("organisation", "owner").prefetch_related(members)
