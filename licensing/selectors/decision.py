# SPDX-License-Identifier: AGPL-3.0-or-later
"""May this person do this, for this project, at this moment? One piece of SQL feeds both forms of the answer.

`decide()` answers for one resource and names every failing condition; `permitted()` answers for all licences at once
and is what lists, tiles and exports are filtered by. Both read the same rows through the same judgement, so that what
is listed is what is allowed (docs/adr/0004).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from dinamis.core.prepared import Prepared
from licensing.enums import Action, DenyCode
from licensing.selectors.conditions import (
    CONDITIONS,
    NEEDS,
    OF_ONE_PERSON,
    SIGNATURES,
    conditions_of,
)

COLUMNS = tuple(column for column, _code in CONDITIONS)
FAILS = "f"
OF_THE_OBJECT = {DenyCode.WITHDRAWN, DenyCode.EMBARGO, DenyCode.LICENCE_EMBARGO, DenyCode.HOLD_BACK}
# One text of marks, t or f, instead of a column for each condition: a person has hundreds of rows.
_MARKS = ", ".join(f"coalesce({column}, FALSE)" for column in COLUMNS)
ASKED = Prepared(
    "licensing_rights_of_one_person",
    f"""SELECT licence_id, embargo_days, organisation_id, entitlement_id, project_id, concat({_MARKS}) AS marks
        FROM ({conditions_of(OF_ONE_PERSON)} ORDER BY k.licence_id, k.membership_id, e.id) row""",  # noqa: S608  (constants only)
    {
        "user": "bigint",
        "action": "text",
        "project": "bigint",
        "at": "timestamptz",
        "licences": "bigint[]",
        "grace": "integer",
    },
)


@dataclass(frozen=True)
class ResourceFacts:
    """The few facts of an object that a right depends on; a moment is aware, None where there is none."""

    licence_id: int
    acquired_at: datetime | None = None
    embargo_until: datetime | None = None
    hold_back_until: datetime | None = None
    hold_back_organisation_id: int | None = None
    withdrawn: bool = False


@dataclass(frozen=True)
class Reason:
    """One failing condition: its code, its words, the licence in question, and the page that repairs it."""

    code: DenyCode
    licence_id: int | None = None

    @property
    def repair_url(self) -> str:
        """The address of that page, empty when only time helps; lists of what is allowed never ask for it."""
        return _repair_url(self.code, self.licence_id)

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
    # How long after its acquisition an image opens, for each licence of `allows`.
    embargoes: Mapping[int, timedelta] = field(default_factory=dict)

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


@dataclass(frozen=True)
class _Verdict:
    """What the rows of one licence say: every Allow there is, the one to use or what is missing, the embargo."""

    allows: tuple[Allow, ...]
    answer: Allow | Deny
    embargo: timedelta


def decide(subject: Any, action: Action, resource: ResourceFacts, *, project: int | None, at: datetime) -> Allow | Deny:
    """Say whether `subject` (a person, or an anonymous user) may do `action` on `resource` at `at`.

    `project` is the id of the project named, or None: then the project-less right is used or, failing that, the only
    active one; several are a Deny `project_required`.
    """
    return decide_many(subject, action, [resource], project=project, at=at)[0]


def decide_many(
    subject: Any, action: Action, resources: Sequence[ResourceFacts], *, project: int | None, at: datetime
) -> tuple[Allow | Deny, ...]:
    """Answer as `decide` for each of `resources`, in their order, with one query for all their licences."""
    if not resources:
        return ()
    if not subject.is_authenticated:
        return tuple(Deny((Reason(DenyCode.NOT_SIGNED_IN),)) for _ in resources)
    licences = sorted({resource.licence_id for resource in resources})
    verdicts = _verdicts(_rows(subject, action, project, at, licences))
    return tuple(_answer(verdicts.get(resource.licence_id), resource, at) for resource in resources)


def permitted(subject: Any, action: Action, *, project: int | None, at: datetime) -> Permitted:
    """Say for every licence whether `subject` may do `action` at `at`; the set form of `decide`."""
    if not subject.is_authenticated:
        return Permitted(at)
    verdicts = _verdicts(_rows(subject, action, project, at, None))
    return Permitted(
        at,
        {pk: verdict.allows for pk, verdict in verdicts.items() if verdict.answer},
        {pk: verdict.answer for pk, verdict in verdicts.items() if isinstance(verdict.answer, Deny)},
        {pk: verdict.embargo for pk, verdict in verdicts.items() if verdict.answer},
    )


def _rows(
    subject: Any, action: Action, project: int | None, at: datetime, licences: list[int] | None
) -> list[dict[str, Any]]:
    return ASKED.rows(
        {
            "user": subject.pk,
            "action": Action(action).value,
            "project": project,
            "at": at,
            "licences": licences,
            "grace": settings.DINAMIS["NO_REFERENT_GRACE_DAYS"],
        }
    )


def _verdicts(rows: Iterable[Mapping[str, Any]]) -> dict[int, _Verdict]:
    by_licence: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_licence.setdefault(row["licence_id"], []).append(row)
    return {pk: _judge(found, pk) for pk, found in by_licence.items()}


def _judge(rows: Sequence[Mapping[str, Any]], licence_id: int) -> _Verdict:
    """Gather every Allow among the rows of one licence, or the Deny of the row that fails least."""
    allows: list[Allow] = []
    denies: list[tuple[DenyCode, ...]] = []
    for row in rows:
        if failing := _failing(row["marks"]):
            denies.append(failing)
        else:
            allows.append(Allow(row["entitlement_id"], row["organisation_id"], row["project_id"]))
    embargo = timedelta(days=rows[0]["embargo_days"])
    if allows:
        return _Verdict(tuple(allows), _choose(tuple(allows)), embargo)
    closest = min(denies, key=len)
    return _Verdict((), Deny(tuple(Reason(code, licence_id) for code in closest)), embargo)


def _answer(verdict: _Verdict | None, resource: ResourceFacts, at: datetime) -> Allow | Deny:
    """Add the conditions that belong to the object itself."""
    if verdict is None:
        return Deny((Reason(DenyCode.NO_ENTITLEMENT, resource.licence_id),))
    if isinstance(verdict.answer, Deny):
        return verdict.answer
    reasons = {allow: _object_reasons(resource, allow.organisation_id, verdict.embargo, at) for allow in verdict.allows}
    usable = [allow for allow in verdict.allows if not reasons[allow]]
    if not usable:
        return Deny(reasons[verdict.answer])
    return next((allow for allow in usable if allow.project_id is None), usable[0])


def _failing(marks: str) -> tuple[DenyCode, ...]:
    """Return the codes of the conditions that fail, without those whose question does not even arise."""
    if FAILS not in marks:
        return ()
    failed = {column for column, mark in zip(COLUMNS, marks, strict=True) if mark == FAILS}
    return tuple(code for column, code in CONDITIONS if column in failed and NEEDS.get(column) not in failed)


def _choose(allows: tuple[Allow, ...]) -> Allow | Deny:
    for allow in allows:
        if allow.project_id is None:
            return allow
    if len({allow.project_id for allow in allows}) == 1:
        return allows[0]
    return Deny((Reason(DenyCode.PROJECT_REQUIRED),))


def _object_reasons(
    resource: ResourceFacts, organisation_id: int, embargo: timedelta, at: datetime
) -> tuple[Reason, ...]:
    reasons = []
    if resource.withdrawn:
        reasons.append(Reason(DenyCode.WITHDRAWN))
    if resource.embargo_until and at < resource.embargo_until:
        reasons.append(Reason(DenyCode.EMBARGO))
    # Under an embargo an unknown date of acquisition opens nothing (I15).
    if embargo and (resource.acquired_at is None or at < resource.acquired_at + embargo):
        reasons.append(Reason(DenyCode.LICENCE_EMBARGO))
    held_back = resource.hold_back_until and at < resource.hold_back_until
    if held_back and resource.hold_back_organisation_id != organisation_id:
        reasons.append(Reason(DenyCode.HOLD_BACK))
    return tuple(reasons)


def _repair_url(code: DenyCode, licence_id: int | None) -> str:
    if code in OF_THE_OBJECT:
        return ""
    if code == DenyCode.NOT_SIGNED_IN:
        return reverse("account_login")
    if code == DenyCode.PERSON_ACCEPTANCE_MISSING:
        return reverse("licensing:sign", args=[licence_id])
    if code in {DenyCode.NO_MEMBERSHIP, DenyCode.MEMBERSHIP_INACTIVE, DenyCode.NO_REFERENT}:
        return reverse("accounts:organisation")
    if code in {DenyCode.ADHESION_MISSING, DenyCode.ADHESION_ENDED, DenyCode.NATIONALITY_UNKNOWN}:
        return reverse("licensing:adhesions")
    return reverse("licensing:rights")
