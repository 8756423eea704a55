# SPDX-License-Identifier: AGPL-3.0-or-later
"""May this person do this, for this project, at this moment? One piece of SQL feeds both forms of the answer.

`decide()` answers for one resource and names every failing condition; `permitted()` answers for all licences at once
and is what lists, tiles and exports are filtered by. Both read the same rows through the same judgement, so that what
is listed is what is allowed (docs/adr/0004).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse

from licensing.enums import Action, DenyCode

# One row per licence × membership × entitlement the person could invoke; each condition is its own boolean column.
CONDITIONS_SQL = """
SELECT l.id AS licence_id, m.organisation_id, e.id AS entitlement_id, e.project_id,
       u.is_active AS person_active,
       m.id IS NOT NULL AS has_membership,
       coalesce(m.active_from <= %(at)s AND (m.ended_at IS NULL OR %(at)s < m.ended_at), FALSE) AS membership_active,
       a.id IS NOT NULL AS has_adhesion,
       coalesce(a.state <> 'suspended', FALSE) AS adhesion_not_suspended,
       coalesce(a.state IN ('approved', 'suspended') AND a.period @> %(at)s::timestamptz, FALSE) AS adhesion_current,
       e.id IS NOT NULL AS has_entitlement,
       coalesce(%(at)s >= lower(e.period), FALSE) AS entitlement_started,
       coalesce(%(at)s < upper(e.period), FALSE) AS entitlement_not_expired,
       NOT EXISTS (SELECT FROM licensing_suspension s
                   WHERE s.entitlement_id = e.id AND s.began_at <= %(at)s
                     AND (s.lifted_at IS NULL OR %(at)s < s.lifted_at)) AS not_suspended,
       coalesce(%(action)s = ANY(e.actions) AND %(action)s = ANY(l.actions), FALSE) AS action_granted,
       l.acceptors NOT IN ('organisation', 'both') OR EXISTS (
           SELECT FROM licensing_acceptance c JOIN valid_version v ON v.id = c.licence_version_id
           WHERE v.licence_id = l.id AND c.organisation_id = m.organisation_id
             AND c.capacity = 'legal_representative' AND c.accepted_at <= %(at)s) AS organisation_accepted,
       l.acceptors NOT IN ('person', 'both') OR EXISTS (
           SELECT FROM licensing_acceptance c JOIN valid_version v ON v.id = c.licence_version_id
           WHERE v.licence_id = l.id AND c.person_id = u.id
             AND c.capacity = 'self' AND c.accepted_at <= %(at)s) AS person_accepted,
       NOT EXISTS (SELECT FROM licensing_block b
                   WHERE (b.person_id = u.id OR b.organisation_id = m.organisation_id)
                     AND (b.licence_id IS NULL OR b.licence_id = l.id)
                     AND b.period @> %(at)s::timestamptz) AS not_blocked
FROM licensing_licence l
CROSS JOIN accounts_user u
LEFT JOIN accounts_membership m ON m.user_id = u.id
LEFT JOIN licensing_project p ON p.id = %(project)s AND p.organisation_id = m.organisation_id
LEFT JOIN licensing_entitlement e
       ON e.organisation_id = m.organisation_id AND e.licence_id = l.id AND e.state = 'granted'
      AND (%(project)s::bigint IS NULL OR e.project_id = p.id OR (e.project_id IS NULL AND e.purpose = p.purpose))
LEFT JOIN LATERAL (
    -- A right stands on the adhesion that gave it, not on another one of the same organisation.
    SELECT a.id, a.state, a.period FROM licensing_adhesion a
    WHERE a.organisation_id = m.organisation_id AND a.period IS NOT NULL
      AND (e.adhesion_id IS NULL OR a.id = e.adhesion_id)
    ORDER BY (a.state = 'approved') DESC, (a.state = 'suspended') DESC, a.id DESC LIMIT 1) a ON TRUE
WHERE u.id = %(user)s AND l.kind = 'product' AND (%(licence)s::bigint IS NULL OR l.id = %(licence)s)
ORDER BY l.id, m.id, e.id
"""
# A version counts until a later material one has been in force longer than its grace.
VALID_VERSION_SQL = """
WITH valid_version AS (
    SELECT v.id, v.licence_id FROM licensing_licenceversion v
    WHERE v.published_at <= %(at)s AND NOT EXISTS (
        SELECT FROM licensing_licenceversion w
        WHERE w.licence_id = v.licence_id AND w.number > v.number AND w.material
          AND w.published_at + make_interval(days => w.grace_days::int) <= %(at)s))
"""

# Order matters: the first missing link of the chain is said first.
CONDITIONS: tuple[tuple[str, DenyCode], ...] = (
    ("person_active", DenyCode.PERSON_INACTIVE),
    ("has_membership", DenyCode.NO_MEMBERSHIP),
    ("membership_active", DenyCode.MEMBERSHIP_INACTIVE),
    ("has_adhesion", DenyCode.ADHESION_MISSING),
    ("adhesion_not_suspended", DenyCode.ADHESION_SUSPENDED),
    ("adhesion_current", DenyCode.ADHESION_ENDED),
    ("has_entitlement", DenyCode.NO_ENTITLEMENT),
    ("entitlement_started", DenyCode.ENTITLEMENT_NOT_STARTED),
    ("entitlement_not_expired", DenyCode.ENTITLEMENT_EXPIRED),
    ("not_suspended", DenyCode.ENTITLEMENT_SUSPENDED),
    ("action_granted", DenyCode.ACTION_NOT_GRANTED),
    ("organisation_accepted", DenyCode.ORGANISATION_ACCEPTANCE_MISSING),
    ("person_accepted", DenyCode.PERSON_ACCEPTANCE_MISSING),
    ("not_blocked", DenyCode.BLOCKED),
)
# A condition says nothing when the link before it is missing: no membership means no adhesion to complain about.
NEEDS: dict[str, str] = {
    "membership_active": "has_membership",
    "has_adhesion": "has_membership",
    "adhesion_not_suspended": "has_adhesion",
    "adhesion_current": "has_adhesion",
    "has_entitlement": "has_adhesion",
    "entitlement_started": "has_entitlement",
    "entitlement_not_expired": "has_entitlement",
    "not_suspended": "has_entitlement",
    "action_granted": "has_entitlement",
    "organisation_accepted": "has_membership",
}
SIGNATURES = {DenyCode.PERSON_ACCEPTANCE_MISSING, DenyCode.ORGANISATION_ACCEPTANCE_MISSING}


@dataclass(frozen=True)
class ResourceFacts:
    """The few facts of an object that a right depends on."""

    licence_id: int
    embargo_until: datetime | None = None
    hold_back_until: datetime | None = None
    hold_back_organisation_id: int | None = None
    withdrawn: bool = False


@dataclass(frozen=True)
class Reason:
    """One failing condition: its code, its words, and the page that repairs it."""

    code: DenyCode
    repair_url: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the member of `missing[]` in problem+json."""
        return {"code": self.code.value, "detail": str(self.code.label), "repair": self.repair_url}


@dataclass(frozen=True)
class Allow:
    """Yes, by this entitlement of this organisation."""

    entitlement_id: int
    organisation_id: int
    project_id: int | None

    def __bool__(self) -> bool:
        """An Allow is true."""
        return True


@dataclass(frozen=True)
class Deny:
    """No, and everything that is missing."""

    reasons: tuple[Reason, ...]

    def __bool__(self) -> bool:
        """A Deny is false."""
        return False

    @property
    def codes(self) -> tuple[DenyCode, ...]:
        """The codes of the failing conditions."""
        return tuple(reason.code for reason in self.reasons)

    @property
    def only_signatures(self) -> bool:
        """Whether signing is all that is missing."""
        return bool(self.reasons) and set(self.codes) <= SIGNATURES

    def missing(self) -> list[dict[str, str]]:
        """Return `missing[]` of the problem+json answer."""
        return [reason.as_json() for reason in self.reasons]


@dataclass(frozen=True)
class Permitted:
    """The set form: per licence, every Allow that could be invoked, or what is missing."""

    at: datetime
    allows: Mapping[int, tuple[Allow, ...]] = field(default_factory=dict)
    denies: Mapping[int, Deny] = field(default_factory=dict)

    @property
    def licence_ids(self) -> tuple[int, ...]:
        """Licences under which the action is allowed now."""
        return tuple(sorted(self.allows))

    @property
    def unlockable_licence_ids(self) -> tuple[int, ...]:
        """Licences for which only signatures are missing."""
        return tuple(sorted(pk for pk, deny in self.denies.items() if deny.only_signatures))

    @property
    def organisation_ids(self) -> tuple[int, ...]:
        """Organisations on whose behalf something is allowed."""
        return tuple(sorted({allow.organisation_id for allows in self.allows.values() for allow in allows}))


def decide(subject: Any, action: Action, resource: ResourceFacts, *, project: int | None, at: datetime) -> Allow | Deny:
    """Say whether `subject` (a person, or an anonymous user) may do `action` on `resource` at `at`.

    `project` is the id of the project named, or None: then the project-less right is used or, failing that, the only
    active one; several are a Deny `project_required`.
    """
    if not subject.is_authenticated:
        return Deny((Reason(DenyCode.NOT_SIGNED_IN, reverse("account_login")),))
    answer = _judge(_rows(subject, action, project, at, resource.licence_id), resource.licence_id)
    if isinstance(answer, Deny):
        return answer
    choice = _choose(answer)
    if isinstance(choice, Deny):
        return choice
    usable = [allow for allow in answer if not _object_reasons(resource, allow.organisation_id, at)]
    if not usable:
        return Deny(_object_reasons(resource, choice.organisation_id, at))
    return next((allow for allow in usable if allow.project_id is None), usable[0])


def permitted(subject: Any, action: Action, *, project: int | None, at: datetime) -> Permitted:
    """Say for every licence whether `subject` may do `action` at `at`; the set form of `decide`."""
    if not subject.is_authenticated:
        return Permitted(at)
    by_licence: dict[int, list[dict[str, Any]]] = {}
    for row in _rows(subject, action, project, at, None):
        by_licence.setdefault(row["licence_id"], []).append(row)
    allows: dict[int, tuple[Allow, ...]] = {}
    denies: dict[int, Deny] = {}
    for licence_id, rows in by_licence.items():
        answer = _judge(rows, licence_id)
        if isinstance(answer, Deny):
            denies[licence_id] = answer
        elif isinstance(choice := _choose(answer), Deny):
            denies[licence_id] = choice
        else:
            allows[licence_id] = answer
    return Permitted(at, allows, denies)


def _rows(subject: Any, action: Action, project: int | None, at: datetime, licence: int | None) -> list[dict[str, Any]]:
    parameters = {
        "user": subject.pk,
        "action": Action(action).value,
        "project": project,
        "at": at,
        "licence": licence,
    }
    with connection.cursor() as cursor:
        cursor.execute(VALID_VERSION_SQL + CONDITIONS_SQL, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _judge(rows: Iterable[Mapping[str, Any]], licence_id: int) -> tuple[Allow, ...] | Deny:
    """Return every Allow among the rows of one licence, or the Deny of the row that fails least."""
    allows: list[Allow] = []
    denies: list[tuple[DenyCode, ...]] = []
    for row in rows:
        if failing := _failing(row):
            denies.append(failing)
        else:
            allows.append(Allow(row["entitlement_id"], row["organisation_id"], row["project_id"]))
    if allows:
        return tuple(allows)
    closest = min(denies, key=len, default=(DenyCode.NO_ENTITLEMENT,))
    return Deny(tuple(Reason(code, _repair_url(code, licence_id)) for code in closest))


def _failing(row: Mapping[str, Any]) -> tuple[DenyCode, ...]:
    return tuple(code for column, code in CONDITIONS if not row[column] and (column not in NEEDS or row[NEEDS[column]]))


def _choose(allows: tuple[Allow, ...]) -> Allow | Deny:
    for allow in allows:
        if allow.project_id is None:
            return allow
    if len({allow.project_id for allow in allows}) == 1:
        return allows[0]
    return Deny((Reason(DenyCode.PROJECT_REQUIRED, reverse("licensing:rights")),))


def _object_reasons(resource: ResourceFacts, organisation_id: int, at: datetime) -> tuple[Reason, ...]:
    reasons = []
    if resource.withdrawn:
        reasons.append(Reason(DenyCode.WITHDRAWN))
    if resource.embargo_until and at < resource.embargo_until:
        reasons.append(Reason(DenyCode.EMBARGO))
    held_back = resource.hold_back_until and at < resource.hold_back_until
    if held_back and resource.hold_back_organisation_id != organisation_id:
        reasons.append(Reason(DenyCode.HOLD_BACK))
    return tuple(reasons)


def _repair_url(code: DenyCode, licence_id: int) -> str:
    if code == DenyCode.PERSON_ACCEPTANCE_MISSING:
        return reverse("licensing:sign", args=[licence_id])
    if code in {DenyCode.NO_MEMBERSHIP, DenyCode.MEMBERSHIP_INACTIVE}:
        return reverse("accounts:organisation")
    if code in {DenyCode.ADHESION_MISSING, DenyCode.ADHESION_ENDED}:
        return reverse("licensing:adhesions")
    return reverse("licensing:rights")
