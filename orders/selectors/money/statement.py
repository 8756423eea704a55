# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of an envelope, line by line: entries with the balance after each, and how it was used up over time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.core import clock
from dinamis.core.templatetags.ui import euros
from orders.enums import AdjustmentState, PriceBasis
from orders.models import Adjustment, Envelope, LedgerEntry
from orders.models.envelope import BUDGET
from orders.selectors.money.envelope import Balance, balances

ORDER = ("at", "pk")


@dataclass(frozen=True)
class EntryRow:
    """One entry and what was left after it, in m2, attempts and cents (below zero: spent without a ceiling)."""

    entry: LedgerEntry
    left_m2: int
    left_attempts: int
    left_cents: int = 0

    @property
    def spent_cents(self) -> int:
        """What was held and committed by then, where euros are not limited."""
        return -self.left_cents

    @property
    def price_source(self) -> str:
        """The row that set the price: number of the quote, reference at the provider, rate in cents per km²; or ""."""
        entry = self.entry
        if entry.basis == PriceBasis.TARIFF and entry.tariff is not None:
            return f"{euros(entry.tariff.cents_per_km2)}/km²"
        if entry.basis == PriceBasis.QUOTE:
            return str(entry.quote)
        return str(entry.provider_order) if entry.basis == PriceBasis.PROVIDER else ""


@dataclass(frozen=True)
class EnvelopeRow:
    """One envelope of a list, with its balance."""

    envelope: Envelope
    balance: Balance


@dataclass(frozen=True)
class Point:
    """What was left of an envelope at the end of a day, in m2 and cents (None before it had a ceiling in euros)."""

    day: date
    left_m2: int
    left_cents: int | None = None


def visible_envelopes(user: Any) -> QuerySet[Envelope]:
    """Envelopes the person may read: all for the office, those of their organisation for a référent."""
    rows = Envelope.objects.select_related("owner", "programme")
    if user.has_perm("orders.moderate"):
        return rows
    own = user.memberships.filter(role=MemberRole.REFERENT, state=MembershipState.ACTIVE).values("organisation")
    return rows.filter(owner__in=own)


def envelope_rows(rows: Iterable[Envelope]) -> list[EnvelopeRow]:
    """Return envelopes with their balances, in two queries."""
    envelopes = list(rows)
    known = balances(envelope.pk for envelope in envelopes)
    return [EnvelopeRow(envelope, known[envelope.pk]) for envelope in envelopes]


def entries_of(envelope: Envelope) -> QuerySet[LedgerEntry]:
    """Return the entries of an envelope, the oldest first, with the orders they speak of."""
    related = ("order_item__order", "tariff", "quote", "provider_order")
    return LedgerEntry.objects.filter(envelope=envelope).select_related(*related).order_by(*ORDER)


def with_balance(envelope: Envelope, entries: Sequence[LedgerEntry]) -> list[EntryRow]:
    """Return consecutive entries (the oldest first) with what was left after each; one query for what came before."""
    if not entries:
        return []
    first = entries[0]
    before = Q(at__lt=first.at) | Q(at=first.at, pk__lt=first.pk)
    m2, attempts, cents = _sums(LedgerEntry.objects.filter(before, envelope=envelope))
    return list(running(entries, m2=m2, attempts=attempts, cents=cents))


def running(entries: Any, *, m2: int = 0, attempts: int = 0, cents: int = 0) -> Iterator[EntryRow]:
    """Yield entries with what is left after each, beginning with what was left before the first."""
    for entry in entries:
        m2 += entry.amount_m2
        attempts += entry.attempts
        cents += entry.amount_cents
        yield EntryRow(entry, m2, attempts, cents)


def adds_up(envelope: Envelope, left: Balance) -> bool:
    """Tell whether the entries add up to the balance that the ledger keeps beside them."""
    sums = _sums(LedgerEntry.objects.filter(envelope=envelope))
    return sums == (left.available, left.available_attempts, left.available_cents)


def burn_down(envelope: Envelope, at: datetime) -> list[Point]:
    """Return what was left at the end of each day on which an entry was written, and today; one query."""
    days = (
        LedgerEntry.objects.filter(envelope=envelope)
        .annotate(day=TruncDate("at", tzinfo=clock.PARIS))
        .values_list("day")
        .annotate(m2=Sum("amount_m2"), cents=Sum("amount_cents"), given=BoolOr(Q(kind__in=BUDGET, amount_cents__gt=0)))
        .order_by("day")
    )
    left, money, limited, points = 0, 0, False, []
    for day, m2, cents, given in days:
        left, money, limited = left + m2, money + cents, limited or given
        points.append(Point(day, left, money if limited else None))
    today = min(at, envelope.period.upper or at).astimezone(clock.PARIS).date()
    if points and points[-1].day < today:
        points.append(Point(today, left, points[-1].left_cents))
    return points


def _sums(entries: QuerySet[LedgerEntry]) -> tuple[int, int, int]:
    sums = entries.aggregate(m2=Sum("amount_m2"), tries=Sum("attempts"), cents=Sum("amount_cents"))
    return sums["m2"] or 0, sums["tries"] or 0, sums["cents"] or 0


def by_month(points: Sequence[Point]) -> list[Point]:
    """Return the last point of each month: the table beside the drawing."""
    return list({(point.day.year, point.day.month): point for point in points}.values())


def waiting_adjustments(user: Any) -> QuerySet[Adjustment]:
    """Return what was proposed and waits for a second person, the oldest first."""
    rows = Adjustment.objects.filter(state=AdjustmentState.PROPOSED, envelope__in=visible_envelopes(user))
    return rows.select_related("envelope__owner", "proposed_by").order_by("proposed_at", "pk")
