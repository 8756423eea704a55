# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes: what is granted, held, committed and left, computed from the append-only ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Sum, Value, When

from orders.enums import EnvelopeKind
from orders.models import Envelope, EnvelopeTally

SUMS = (
    "granted_m2", "held_m2", "committed_m2",
    "granted_attempts", "held_attempts", "committed_attempts",
    "granted_cents", "held_cents", "committed_cents",
)  # fmt: skip


@dataclass(frozen=True)
class Balance:
    """An envelope at this moment, in integer m2, attempts of the provider and cents.

    What is available counts what is held and committed as gone.
    """

    granted: int = 0
    held: int = 0
    committed: int = 0
    granted_attempts: int = 0
    held_attempts: int = 0
    committed_attempts: int = 0
    granted_cents: int = 0
    held_cents: int = 0
    committed_cents: int = 0

    @property
    def available(self) -> int:
        """What an approval may still take, in m2."""
        return self.granted - self.held - self.committed

    @property
    def available_attempts(self) -> int:
        """How many attempts an approval may still take."""
        return self.granted_attempts - self.held_attempts - self.committed_attempts

    @property
    def available_cents(self) -> int:
        """How many cents an approval may still take, where the envelope has a ceiling in euros."""
        return self.granted_cents - self.spent_cents

    @property
    def spent_cents(self) -> int:
        """What is held and committed, in cents, whether there is a ceiling or not."""
        return self.held_cents + self.committed_cents

    @property
    def used_percent(self) -> int:
        """How much of the budget is held or committed, rounded down; of the units the one that is used most."""
        shares = [
            100 * (granted - available) // granted
            for granted, available in (
                (self.granted, self.available),
                (self.granted_attempts, self.available_attempts),
                (self.granted_cents, self.available_cents),
            )
            if granted > 0
        ]
        return max(shares, default=0)


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
    """Return the balance of each envelope, in one query over the sums that the ledger keeps (`EnvelopeTally`)."""
    ids = list(envelope_ids)
    rows = (
        EnvelopeTally.objects.filter(envelope_id__in=ids)
        .values_list("envelope_id")
        .annotate(*(Sum(name) for name in SUMS))
        .order_by()
    )
    found = {pk: Balance(*(int(value) for value in sums)) for pk, *sums in rows}
    return {pk: found.get(pk, Balance()) for pk in ids}


def balance(envelope: Envelope) -> Balance:
    """Return the balance of one envelope."""
    return balances([envelope.pk])[envelope.pk]


def envelopes_for(
    *, family: str, organisation_id: int, at: datetime, project_id: int | None = None
) -> QuerySet[Envelope]:
    """Return the envelopes that may pay, in the order in which they do: of this family, of a period that contains `at`.

    The kinds come in the order of the setting PURSES (own pre-financed volume, programme of the project, organisation,
    common pot); of one kind the one that ends first pays first, so that less is lost.
    """
    may = Q(kind=EnvelopeKind.COMMON)
    may |= Q(kind__in=[EnvelopeKind.PREFINANCED, EnvelopeKind.ORGANISATION], owner_id=organisation_id)
    if project_id is not None:
        may |= Q(kind=EnvelopeKind.PROGRAMME, programme__projects=project_id)
    kinds = [When(kind=kind, then=Value(place)) for place, kind in enumerate(settings.DINAMIS["PURSES"])]
    rank = Case(*kinds, default=Value(len(kinds)), output_field=IntegerField())
    return (
        Envelope.objects.filter(may, family=family, period__contains=at)
        .select_related("owner", "programme")
        .order_by(rank, "period__endswith", "pk")
    )


def propose(
    *, family: str, organisation_id: int, required_m2: int, at: datetime, project_id: int | None = None
) -> list[Proposal]:
    """Return the envelopes that may pay with what would be left of each; those that suffice come first."""
    envelopes = list(envelopes_for(family=family, organisation_id=organisation_id, at=at, project_id=project_id))
    known = balances(envelope.pk for envelope in envelopes)
    proposals = [Proposal(envelope, known[envelope.pk], required_m2) for envelope in envelopes]
    return sorted(proposals, key=lambda proposal: not proposal.suffices)
