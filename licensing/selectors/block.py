# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of blocks: the office's list, whom one reaches, and what the person kept out is told."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Membership, Organisation, User
from licensing.models import Adhesion, Block, EvidenceFile
from licensing.models.entitlement import BlockQuerySet

STANDINGS = {
    "running": (pgettext_lazy("block", "in force"), "bad"),
    "scheduled": (_("not begun yet"), "wait"),
    "over": (pgettext_lazy("block", "over"), "over"),
    "lifted": (pgettext_lazy("block", "lifted"), "over"),
}


@dataclass(frozen=True)
class BlockRow:
    """One block as the office reads it; `standing` is a key of STANDINGS."""

    block: Block
    standing: str

    @property
    def label(self) -> str:
        """The word for the standing."""
        return str(STANDINGS[self.standing][0])

    @property
    def tone(self) -> str:
        """The tone of the status component."""
        return STANDINGS[self.standing][1]

    @property
    def open(self) -> bool:
        """Whether it may still be lifted."""
        return self.standing in {"running", "scheduled"}


@dataclass(frozen=True)
class Told:
    """A block as somebody kept out reads it: the words only for whom they are meant, the way to contest it."""

    block: Block
    words: str
    recourse: str


def blocks() -> BlockQuerySet:
    """Return every block, the latest first."""
    rows = Block.objects.select_related("person", "organisation", "licence", "created_by", "lifted_by")
    return rows.order_by("-created_at", "-id")


def block_standing(block: Block, at: datetime) -> str:
    """Return lifted, scheduled, over or running: computed when asked, never stored."""
    if block.lifted_at is not None and block.lifted_at <= at:
        return "lifted"
    if at < block.period.lower:
        return "scheduled"
    return "over" if block.period.upper is not None and at >= block.period.upper else "running"


def adhesions_on(sha256: str) -> QuerySet[Adhesion]:
    """Return the adhesions a document of this SHA-256 was sent with."""
    return Adhesion.objects.filter(evidence__sha256=sha256).select_related("organisation", "referent").distinct()


def people_reached(block: Block) -> list[int]:
    """Return the persons a block may keep out: the one it names, or the members of the organisations concerned."""
    if block.person_id is not None:
        return [block.person_id]
    members = Membership.objects.filter(state=MembershipState.ACTIVE)
    if block.organisation_id is not None:
        members = members.filter(organisation=block.organisation_id)
    else:
        members = members.filter(organisation__in=adhesions_on(block.document_sha256).values("organisation"))
    return sorted(set(members.values_list("user_id", flat=True)))


def blocks_of(organisation: Organisation, at: datetime) -> BlockQuerySet:
    """Return the blocks that keep a whole organisation, or what rests on a document it sent, out at `at`."""
    sent = EvidenceFile.objects.filter(adhesion__organisation=organisation).values("sha256")
    on_it = Q(organisation=organisation) | ~Q(document_sha256="") & Q(document_sha256__in=sent)
    return blocks().standing_at(at).filter(on_it)


def blocks_on(user: User, at: datetime) -> list[Told]:
    """Return the blocks that keep a person out at `at`: their own, or those of their organisations.

    The words about an organisation are for its référents.
    """
    mine = user.memberships.filter(state=MembershipState.ACTIVE)
    homes = mine.values("organisation")
    documents = Adhesion.objects.filter(organisation__in=homes).values("evidence__sha256")
    led = set(mine.filter(role=MemberRole.REFERENT).values_list("organisation_id", flat=True))
    found = (
        blocks()
        .standing_at(at)
        .filter(Q(person=user) | Q(organisation__in=homes) | ~Q(document_sha256="") & Q(document_sha256__in=documents))
    )
    sent = _documents_of(led, {block.document_sha256 for block in found} - {""})
    return [Told(block, block.words if _meant_for(user, block, led, sent) else "", recourse()) for block in found]


def _documents_of(organisations: set[int], documents: set[str]) -> set[str]:
    rows = EvidenceFile.objects.filter(adhesion__organisation__in=organisations, sha256__in=documents)
    return set(rows.values_list("sha256", flat=True))


def _meant_for(user: User, block: Block, led: set[int], sent: set[str]) -> bool:
    if block.person_id is not None:
        return block.person_id == user.pk
    if block.organisation_id is not None:
        return block.organisation_id in led
    return block.document_sha256 in sent


def recourse() -> str:
    """Return how a measure is contested, in the reader's language."""
    texts: dict[str, str] = settings.DINAMIS["RECOURSE"]
    return texts.get((get_language() or "fr")[:2], texts["fr"])
