# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes: what is granted, held, committed and left, computed from the append-only ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from orders.enums import EntryKind
from orders.models import Envelope, LedgerEntry

BUDGET = (EntryKind.GRANT, EntryKind.ADJUST)


@dataclass(frozen=True)
class Balance:
    """An envelope at this moment, in integer m2. `available` counts what is held and committed as gone."""

    granted: int = 0
    held: int = 0
    committed: int = 0

    @property
    def available(self) -> int:
        """What an approval may still take."""
        return self.granted - self.held - self.committed


@dataclass(frozen=True)
class Proposal:
    """An envelope that could pay an order, and what would be left of it (m2; negative when it does not suffice)."""

    envelope: Envelope
    balance: Balance
    required_m2: int

    @property
    def remaining_m2(self) -> int:
        """What is left once the order is approved."""
        return self.balance.available - self.required_m2

    @property
    def suffices(self) -> bool:
        """Whether the order fits."""
        return self.remaining_m2 >= 0


def balances(envelope_ids: Iterable[int]) -> dict[int, Balance]:
    """Return the balance of each envelope, in one query."""
    ids = list(envelope_ids)
    settled = LedgerEntry.objects.filter(
        envelope=OuterRef("envelope"), order_item=OuterRef("order_item"), kind=EntryKind.COMMIT
    )
    rows = (
        LedgerEntry.objects.filter(envelope_id__in=ids)
        .annotate(committed_line=Exists(settled))
        .values("envelope_id")
        .annotate(
            granted=Coalesce(Sum("amount_m2", filter=Q(kind__in=BUDGET)), 0),
            taken=Coalesce(Sum("amount_m2", filter=~Q(kind__in=BUDGET) & Q(committed_line=True)), 0),
            reserved=Coalesce(Sum("amount_m2", filter=~Q(kind__in=BUDGET) & Q(committed_line=False)), 0),
        )
        .order_by()
    )
    found = {row["envelope_id"]: Balance(row["granted"], -row["reserved"], -row["taken"]) for row in rows}
    return {pk: found.get(pk, Balance()) for pk in ids}


def balance(envelope: Envelope) -> Balance:
    """Return the balance of one envelope."""
    return balances([envelope.pk])[envelope.pk]


def envelopes_for(*, family: str, organisation_id: int, at: datetime) -> QuerySet[Envelope]:
    """Envelopes that may pay: of this family, of a period that contains `at`, the organisation's own or the common pot.

    Own envelopes come first.
    """
    return (
        Envelope.objects.filter(Q(owner_id=organisation_id) | Q(owner__isnull=True), family=family, period__contains=at)
        .select_related("owner")
        .order_by(F("owner_id").asc(nulls_last=True), "name", "pk")
    )


def propose(*, family: str, organisation_id: int, required_m2: int, at: datetime) -> list[Proposal]:
    """Return the envelopes that may pay with what would be left of each; those that suffice come first."""
    envelopes = list(envelopes_for(family=family, organisation_id=organisation_id, at=at))
    known = balances(envelope.pk for envelope in envelopes)
    proposals = [Proposal(envelope, known[envelope.pk], required_m2) for envelope in envelopes]
    return sorted(proposals, key=lambda proposal: not proposal.suffices)
