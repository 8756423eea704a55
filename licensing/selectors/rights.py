# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person may do now, until when, and what would unlock the rest. Every answer is `permitted()`'s."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dinamis.accounts.models import User
from licensing.enums import Acceptors, Action, AdhesionState, Capacity, LicenceKind, LicenceVersionState
from licensing.models import Acceptance, Adhesion, Entitlement, Licence, LicenceVersion
from licensing.selectors.decision import Allow, Deny, Reason, permitted

STANDINGS = {
    "active": (pgettext_lazy("entitlement", "active"), "ok"),
    "scheduled": (_("not begun yet"), "wait"),
    "expired": (pgettext_lazy("entitlement", "expired"), "over"),
    "suspended": (pgettext_lazy("entitlement", "suspended"), "act"),
    "blocked": (pgettext_lazy("entitlement", "blocked"), "bad"),
    "superseded": (pgettext_lazy("entitlement", "replaced"), "over"),
    "revoked": (pgettext_lazy("entitlement", "revoked"), "bad"),
}


@dataclass(frozen=True)
class ActionRight:
    """One action under one licence: allowed until when and by which organisation, or what is missing."""

    action: str
    label: str
    allowed: bool
    until: datetime | None
    organisations: tuple[str, ...]
    projects: tuple[str, ...]
    missing: tuple[Reason, ...]


@dataclass(frozen=True)
class LicenceRights:
    """One licence with its three actions.

    `signed_at` is the person's own signature on the text in force; `sign_before` the end of the grace during which a
    signature on a former text still counts, None where there is none.
    """

    licence: Licence
    version: LicenceVersion | None
    needs_own_signature: bool
    signed_at: datetime | None
    sign_before: datetime | None
    actions: tuple[ActionRight, ...]
    # The rights that allow something now.
    used: tuple[Entitlement, ...] = ()

    @property
    def only_signature_missing(self) -> bool:
        """Whether the person's signature is all that keeps a right closed."""
        return any(
            not right.allowed and [reason.code.value for reason in right.missing] == ["person_acceptance_missing"]
            for right in self.actions
        )


def rights_of(user: User, at: datetime, project: int | None = None) -> list[LicenceRights]:
    """Return what `user` may do at `at` under every product licence that admits anybody, in the licences' order.

    `project` is the id of the project named, or None.
    """
    licences = list(Licence.objects.filter(kind=LicenceKind.PRODUCT).exclude(classes=[]))
    answers = {action: permitted(user, action, project=project, at=at) for action in Action}
    rights = _entitlements(
        allow for answer in answers.values() for allows in answer.allows.values() for allow in allows
    )
    versions = {version.licence_id: version for version in current_versions()}
    signed = _signatures(user)
    graces = _graces(user, versions.values(), set(signed), at)
    found = []
    for licence in licences:
        version = versions.get(licence.pk)
        found.append(
            LicenceRights(
                licence=licence,
                version=version,
                needs_own_signature=licence.acceptors in {Acceptors.PERSON, Acceptors.BOTH},
                signed_at=signed.get(version.pk) if version else None,
                sign_before=graces.get(licence.pk),
                actions=tuple(
                    _action_right(
                        action,
                        answers[action].allows.get(licence.pk, ()),
                        answers[action].denies.get(licence.pk),
                        rights,
                    )
                    for action in Action
                ),
                used=tuple(right for right in rights.values() if right.licence_id == licence.pk),
            )
        )
    return found


def _entitlements(allows: Iterable[Allow]) -> dict[int, Entitlement]:
    ids = {allow.entitlement_id for allow in allows}
    return {
        right.pk: right for right in Entitlement.objects.filter(pk__in=ids).select_related("organisation", "project")
    }


def _action_right(
    action: Action, allows: tuple[Allow, ...], deny: Deny | None, rights: dict[int, Entitlement]
) -> ActionRight:
    used = [rights[allow.entitlement_id] for allow in allows]
    return ActionRight(
        action=action.value,
        label=str(action.label),
        allowed=bool(used),
        until=max((right.period.upper for right in used), default=None),
        organisations=tuple(dict.fromkeys(right.organisation.name for right in used)),
        projects=tuple(dict.fromkeys(right.project.title for right in used if right.project)),
        missing=() if deny is None else deny.reasons,
    )


def current_versions() -> QuerySet[LicenceVersion]:
    """Return the texts in force."""
    return LicenceVersion.objects.filter(state=LicenceVersionState.PUBLISHED).select_related("licence")


def current_version(licence: Licence) -> LicenceVersion | None:
    """Return the text in force of one licence."""
    return current_versions().filter(licence=licence).first()


def _signatures(user: User) -> dict[int, datetime]:
    rows = Acceptance.objects.filter(person=user, capacity=Capacity.SELF, withdrawal=None)
    return dict(rows.values_list("licence_version_id", "accepted_at"))


def _graces(user: User, versions: Iterable[LicenceVersion], signed: set[int], at: datetime) -> dict[int, datetime]:
    """Return, per licence whose text in force is not signed while a former one counts, until when it does."""
    given = Acceptance.objects.filter(person=user, capacity=Capacity.SELF, withdrawal=None)
    former = set(given.values_list("licence_version__licence_id", flat=True))
    ends = {}
    for version in versions:
        if version.material and version.licence_id in former and version.pk not in signed and version.published_at:
            end = version.published_at + timedelta(days=version.grace_days)
            if at < end:
                ends[version.licence_id] = end
    return ends


def signatures_of(user: User) -> QuerySet[Acceptance]:
    """Return what a person signed, for themselves or, through their address, for an organisation; newest first."""
    return (
        Acceptance.objects.filter(person=user)
        .select_related("licence_version__licence", "organisation", "project", "withdrawal")
        .order_by("-accepted_at", "-id")
    )


def signers_before(version: LicenceVersion) -> QuerySet[User]:
    """Return the active persons who signed an earlier version for themselves and not this one, in a fixed order."""
    given = Acceptance.objects.filter(capacity=Capacity.SELF, withdrawal=None)
    earlier = given.filter(licence_version__licence=version.licence_id, licence_version__number__lt=version.number)
    return (
        User.objects.filter(pk__in=earlier.values("person"), is_active=True)
        .exclude(pk__in=given.filter(licence_version=version).values("person"))
        .order_by("pk")
    )


def adhesions_to_ask(version: LicenceVersion) -> QuerySet[Adhesion]:
    """Return the adhesions in force whose legal representative is to accept this version, in a fixed order."""
    if version.licence.acceptors not in {Acceptors.ORGANISATION, Acceptors.BOTH}:
        return Adhesion.objects.none()
    given = Acceptance.objects.filter(licence_version=version, capacity=Capacity.LEGAL_REPRESENTATIVE, withdrawal=None)
    return (
        Adhesion.objects.filter(state=AdhesionState.APPROVED, eligibility_class__in=version.licence.classes)
        .exclude(organisation__in=given.values("organisation"))
        .order_by("pk")
    )


def entitlement_rows(adhesion: Any, at: datetime) -> list[dict[str, Any]]:
    """Return the rights of an adhesion with their computed standing and the causes that make them rest."""
    rights = adhesion.entitlements.select_related("licence", "project").with_standing(at)
    return [
        {
            "right": right,
            "label": STANDINGS[standing(right, at)][0],
            "tone": STANDINGS[standing(right, at)][1],
            "causes": [cause for cause in right.suspensions.all() if cause.lifted_at is None],
        }
        for right in rights.order_by("licence__position", "id")
    ]


def standing(right: Any, at: datetime) -> str:
    """Return superseded, revoked, scheduled, expired, blocked, suspended or active: computed, never stored.

    `right` is an Entitlement that was read `with_standing(at)`.
    """
    if right.state != "granted":
        return right.state
    if at < right.period.lower:
        return "scheduled"
    if at >= right.period.upper:
        return "expired"
    if right.blocked:
        return "blocked"
    resting = any(
        cause.began_at <= at and (cause.lifted_at is None or at < cause.lifted_at) for cause in right.suspensions.all()
    )
    return "suspended" if resting or right.adhesion_rests else "active"
