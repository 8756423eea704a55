# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue of adhesions: filters, age against the service level, what stands in the way, who holds each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.accounts.models import User
from licensing.enums import AdhesionState, OpinionState
from licensing.models import Adhesion, EvidenceFile, Opinion, RepresentativeChange
from licensing.selectors.adhesion import WAITING, is_claimed
from licensing.selectors.representative import to_confirm

HOLDERS = (
    ("me", gettext_lazy("me")),
    ("free", gettext_lazy("nobody")),
    ("others", gettext_lazy("somebody else")),
    ("lapsed", gettext_lazy("a claim that has ended")),
)
MISSING = (
    ("evidence", gettext_lazy("evidence")),
    ("opinion", gettext_lazy("an opinion")),
    ("changes", gettext_lazy("the référent’s changes")),
    ("nothing", gettext_lazy("nothing: to be decided")),
)


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue is wanted; empty = all. `holder` and `missing` are codes of HOLDERS and MISSING."""

    state: str = ""
    eligibility_class: str = ""
    holder: str = ""
    missing: str = ""
    late: bool = False


@dataclass(frozen=True)
class DeskRow:
    """One line of the office inbox.

    `age_days` counts whole days since the signature, `level_days` the service level; `blocking` says what the next step
    waits for; `held_until` is the end of the claim.
    """

    url: str
    who: str
    class_label: str
    object: str
    state: str
    state_label: str
    age_days: int
    level_days: int
    late: bool
    blocking: str
    holder: str
    mine: bool
    held_until: datetime | None


def queue(wanted: QueueFilter, user: User, at: datetime) -> QuerySet[Adhesion]:
    """Return the adhesions under review that fit, the longest waiting first."""
    rows = Adhesion.objects.filter(state__in=WAITING).order_by("submitted_at", "id")
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.eligibility_class:
        rows = rows.filter(eligibility_class=wanted.eligibility_class)
    if wanted.late:
        rows = rows.filter(submitted_at__lt=at - timedelta(days=_level() + 1))
    if wanted.holder:
        rows = rows.filter(_held(wanted.holder, user, at))
    return rows.filter(_lacking(wanted.missing)) if wanted.missing else rows


def _level() -> int:
    days: int = settings.DINAMIS["ADHESION_SERVICE_LEVEL_DAYS"]
    return days


def _held(holder: str, user: User, at: datetime) -> Q:
    running = Q(claimed_by__isnull=False, claimed_until__gt=at)
    kinds = {
        "me": running & Q(claimed_by=user),
        "others": running & ~Q(claimed_by=user),
        "free": ~running,
        "lapsed": Q(claimed_by__isnull=False, claimed_until__lte=at),
    }
    return kinds[holder]


def _lacking(missing: str) -> Q:
    evidence = Exists(EvidenceFile.objects.filter(adhesion=OuterRef("pk")))
    awaited = Exists(Opinion.objects.filter(adhesion=OuterRef("pk"), state=OpinionState.ASKED, required=True))
    changes = Q(state=AdhesionState.CHANGES_REQUESTED)
    kinds = {
        "evidence": ~evidence & ~changes,
        "opinion": awaited & ~changes,
        "changes": changes,
        "nothing": evidence & ~awaited & ~changes,
    }
    return Q(kinds[missing])


def queue_rows(page: Sequence[Adhesion], user: User, at: datetime) -> list[DeskRow]:
    """Return the lines of some adhesions in their order; three queries, however many they are."""
    ids = [adhesion.pk for adhesion in page]
    found = Adhesion.objects.filter(pk__in=ids).select_related("organisation", "claimed_by")
    evidence = EvidenceFile.objects.filter(adhesion=OuterRef("pk"))
    awaited = Opinion.objects.filter(adhesion=OuterRef("pk"), state=OpinionState.ASKED, required=True)
    known = {row.pk: row for row in found.annotate(has_evidence=Exists(evidence), awaits_opinion=Exists(awaited))}
    mine = set(user.memberships.exclude(state="ended").values_list("organisation_id", flat=True))
    return [_row(known[pk], user, at, mine) for pk in ids]


def desk_rows(user: User, at: datetime, limit: int = 50) -> list[DeskRow]:
    """Return the longest waiting adhesions, for the inbox that shows orders too."""
    return queue_rows(list(queue(QueueFilter(), user, at).only("pk")[:limit]), user, at)


@dataclass(frozen=True)
class ChangeRow:
    """A legal representative who waits to be confirmed; days as of `DeskRow`, `mine`: in the reader's organisation."""

    change: RepresentativeChange
    age_days: int
    level_days: int
    mine: bool


def change_rows(user: User, at: datetime) -> list[ChangeRow]:
    """Return the changes of legal representatives that wait for the office, the longest waiting first; two queries."""
    mine = set(user.memberships.exclude(state="ended").values_list("organisation_id", flat=True))
    return [
        ChangeRow(one, (at - one.signed_at).days, _level(), one.organisation_id in mine)
        for one in to_confirm()
        if one.signed_at is not None
    ]


def waiting_count() -> int:
    """Return how many adhesions are under review."""
    return Adhesion.objects.filter(state__in=WAITING).count()


def _row(adhesion: Any, user: User, at: datetime, mine: set[int]) -> DeskRow:
    age = max(0, (at - (adhesion.submitted_at or adhesion.created_at)).days)
    held = is_claimed(adhesion, at)
    return DeskRow(
        url=reverse("licensing:review", args=[adhesion.pk]),
        who=adhesion.organisation.name,
        class_label=str(adhesion.get_eligibility_class_display()),
        object=_("Adhesion"),
        state=adhesion.state,
        state_label=str(adhesion.get_state_display()),
        age_days=age,
        level_days=_level(),
        late=age > _level(),
        blocking=_blocking(adhesion, user, mine),
        holder=str(adhesion.claimed_by) if held else "",
        mine=held and adhesion.claimed_by_id == user.pk,
        held_until=adhesion.claimed_until if held else None,
    )


def _blocking(adhesion: Any, user: User, mine: set[int]) -> str:
    if adhesion.state == AdhesionState.CHANGES_REQUESTED:
        return _("The référent has to send the changes.")
    if adhesion.organisation_id in mine or adhesion.referent_id == user.pk:
        return _("You belong to this organisation: somebody else decides.")
    if adhesion.awaits_opinion:
        return _("An opinion is awaited.")
    if not adhesion.has_evidence:
        return _("No evidence was attached.")
    return ""
