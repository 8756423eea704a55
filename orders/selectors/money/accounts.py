# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of a year: the ledger and the invoices added up by envelope, owner, product family and provider, and the
entries that make up each figure (docs/adr/0050)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from dinamis.core import clock
from orders.domain.pool_rules import allot
from orders.enums import Cut, EntryKind, EnvelopeKind, Figure
from orders.models import Envelope, InvoiceLine, LedgerEntry, YearClosing

UNITS = ("m2", "attempts", "cents")
Amounts = list[int]
# What a year left = what the one before left, and what happened since; so that nothing is left out.
GAINS = (Figure.OPENING, Figure.GRANTED, Figure.CARRIED_IN, Figure.RELEASED, Figure.REFUNDED)
COSTS = (Figure.CARRIED_OUT, Figure.HELD, Figure.PRICE)
# These let a difference stand without saying that the invoice will not come.
STILL_AWAITED = ("invoice_awaited", "credit_awaited")

# Amounts are positive but adjustments and price differences, which may go either way. What was committed is worth its
# hold as it was priced by then: a part of what was set aside, not a movement of its own.
MOVED = """
WITH entry AS (
    SELECT e.envelope_id, e.order_item_id, CASE
            WHEN e.at < %(start)s THEN 'opening'
            WHEN e.kind = 'carry' THEN CASE WHEN e.amount_m2 > 0 OR e.attempts > 0 OR e.amount_cents > 0
                                            THEN 'carried_in' ELSE 'carried_out' END
            WHEN e.kind = 'hold' THEN 'held' WHEN e.kind = 'price' THEN 'price'
            WHEN e.kind = 'release' THEN 'released' WHEN e.kind = 'refund' THEN 'refunded' ELSE 'granted' END AS figure,
        CASE WHEN e.at >= %(start)s AND (e.kind IN ('hold', 'price') OR e.kind = 'carry'
             AND NOT (e.amount_m2 > 0 OR e.attempts > 0 OR e.amount_cents > 0)) THEN -1 ELSE 1 END AS sign,
        e.amount_m2, e.attempts, e.amount_cents
    FROM orders_ledgerentry e WHERE e.at < %(end)s AND e.kind <> 'commit'
    UNION ALL
    SELECT c.envelope_id, c.order_item_id, 'committed', -1, h.amount_m2, h.attempts, h.amount_cents
    FROM orders_ledgerentry c JOIN orders_ledgerentry h ON h.id = c.hold_id OR h.hold_id = c.hold_id
        AND h.kind = 'price' AND h.id < c.id
    WHERE c.kind = 'commit' AND c.at >= %(start)s AND c.at < %(end)s
)
SELECT entry.envelope_id, COALESCE(p.provider, ''), entry.figure, sum(sign * amount_m2)::bigint,
    sum(sign * attempts)::bigint, sum(sign * amount_cents)::bigint
FROM entry LEFT JOIN orders_orderitem i ON i.id = entry.order_item_id
LEFT JOIN orders_providerorder p ON p.id = i.provider_order_id
GROUP BY 1, 2, 3
"""
# What each envelope owed for each provider order at the end of the year.
OWED = """
SELECT c.provider_order_id, c.envelope_id, p.provider, -sum(h.amount_cents)::bigint
FROM orders_ledgerentry c
JOIN orders_ledgerentry h ON (h.id = c.hold_id OR h.hold_id = c.hold_id AND h.kind IN ('price', 'refund'))
    AND h.at < %(end)s
JOIN orders_providerorder p ON p.id = c.provider_order_id
WHERE c.kind = 'commit' AND c.at < %(end)s GROUP BY 1, 2, 3 ORDER BY 1, 2
"""
BILLED = """
SELECT l.provider_order_id, v.provider,
    COALESCE(sum(l.amount_cents) FILTER (WHERE v.decided_at >= %(start)s), 0)::bigint, sum(l.amount_cents)::bigint
FROM orders_invoiceline l JOIN orders_providerinvoice v ON v.id = l.invoice_id
WHERE v.state = 'approved' AND v.decided_at < %(end)s GROUP BY 1, 2 ORDER BY 1
"""
SETTLED = """
SELECT DISTINCT ON (provider_order_id) provider_order_id, difference_cents FROM orders_settlement
WHERE provider_order_id IS NOT NULL AND settled_at < %(end)s AND NOT reason_code = ANY(%(awaited)s)
ORDER BY provider_order_id, id DESC
"""


def _nothing() -> dict[str, Amounts]:
    return {str(figure): [0, 0, 0] for figure in Figure}


@dataclass
class Row:
    """The figures of one envelope, owner, family or provider: (m2, attempts, cents) by the names of `Figure`."""

    cut: str
    key: str = ""
    label: str = ""
    figures: dict[str, Amounts] = field(default_factory=_nothing)

    def add(self, figure: str, amounts: Iterable[int]) -> None:
        """Add amounts to a figure."""
        self.figures[figure] = [one + more for one, more in zip(self.figures[figure], amounts, strict=True)]


@dataclass(frozen=True)
class Account:
    """The account of a year: in all, and cut four ways. `closing` is set once it is frozen."""

    year: int
    rows: list[Row]
    closing: YearClosing | None = None

    @property
    def total(self) -> Row:
        """The figures in all."""
        return next(row for row in self.rows if row.cut == Cut.TOTAL)

    def cut(self, name: str) -> list[Row]:
        """Return the rows of one cut."""
        return [row for row in self.rows if row.cut == name]


def account_of(year: int) -> Account:
    """Return the account of a year of Paris: as it was closed, or as it is now."""
    closing = YearClosing.objects.filter(year=year, state="closed").select_related("proposed_by", "decided_by").first()
    if closing is None:
        return computed(year)
    rows = closing.rows.order_by("pk").values_list("cut", "key", "label", "figures")
    return Account(year, [Row(cut, key, label, _nothing() | figures) for cut, key, label, figures in rows], closing)


def computed(year: int) -> Account:
    """Return the account of a year as ledger and invoices say it now, in five queries."""
    cells = _cells(year)
    envelopes = Envelope.objects.select_related("owner", "programme").in_bulk({pk for pk, _p in cells if pk})
    names: dict[str, Callable[[Envelope | None, str], tuple[str, str]]] = {
        Cut.TOTAL: lambda _envelope, _provider: ("", ""),
        Cut.ENVELOPE: lambda envelope, _provider: (str(envelope.pk), envelope.name) if envelope else ("", ""),
        Cut.OWNER: lambda envelope, _provider: _owner(envelope),
        Cut.FAMILY: lambda envelope, _provider: (envelope.family, envelope.family) if envelope else ("", ""),
        Cut.PROVIDER: lambda _envelope, provider: (provider, provider),
    }
    rows: list[Row] = []
    for cut, name in names.items():
        found: dict[str, Row] = {"": Row(cut)} if cut == Cut.TOTAL else {}
        for (pk, provider), figures in cells.items():
            key, label = name(envelopes.get(pk or 0), provider)
            row = found.setdefault(key, Row(cut, key, label))
            for figure, amounts in figures.items():
                row.add(figure, amounts)
        # What has no name comes last.
        rows += sorted(found.values(), key=lambda row: (not row.label, row.label.casefold(), row.key))
    for row in rows:
        row.figures[Figure.CLOSING] = left(row.figures)
    return Account(year, rows)


def left(figures: Mapping[str, Amounts]) -> Amounts:
    """Return what the other figures leave at the end of the year, in each unit."""
    return [
        sum(figures[figure][unit] for figure in GAINS) - sum(figures[figure][unit] for figure in COSTS)
        for unit in range(len(UNITS))
    ]


def years_of_account() -> list[int]:
    """Return the years since the first entry of the ledger, the newest first."""
    first = LedgerEntry.objects.order_by("at").values_list("at", flat=True).first()
    start = first.astimezone(clock.PARIS).year if first else clock.today().year
    return list(range(clock.today().year, start - 1, -1))


def bounds(year: int) -> dict[str, datetime]:
    """Return the first instant of a year of Paris and that of the next one."""
    return {
        "start": datetime(year, 1, 1, tzinfo=clock.PARIS),
        "end": datetime(year + 1, 1, 1, tzinfo=clock.PARIS),
    }


def entries_of_figure(year: int, cut: str, key: str, figure: str) -> QuerySet[LedgerEntry]:
    """Return the entries that make up a figure, the oldest first; none for a cut or figure that is not known.

    A commit moves nothing: what was committed is told by the hold, with the differences of its price by then.
    """
    start, end = bounds(year).values()
    within = Q(at__gte=start, at__lt=end)
    carried = Q(amount_m2__gt=0) | Q(attempts__gt=0) | Q(amount_cents__gt=0)
    committed = LedgerEntry.objects.filter(
        kind=EntryKind.COMMIT, at__gte=start, at__lt=end, hold=OuterRef("of_hold"), pk__gt=OuterRef("pk")
    )
    made: dict[str, Q] = {
        Figure.OPENING: Q(at__lt=start),
        Figure.CLOSING: Q(at__lt=end),
        Figure.GRANTED: within & Q(kind__in=[EntryKind.GRANT, EntryKind.ADJUST]),
        Figure.CARRIED_IN: within & Q(kind=EntryKind.CARRY) & carried,
        Figure.CARRIED_OUT: within & Q(kind=EntryKind.CARRY) & ~carried,
        Figure.HELD: within & Q(kind=EntryKind.HOLD),
        Figure.RELEASED: within & Q(kind=EntryKind.RELEASE),
        Figure.PRICE: within & Q(kind=EntryKind.PRICE),
        Figure.REFUNDED: within & Q(kind=EntryKind.REFUND),
        Figure.COMMITTED: Q(Exists(committed), kind__in=[EntryKind.HOLD, EntryKind.PRICE]),
    }
    rows = LedgerEntry.objects.annotate(of_hold=Coalesce(F("hold"), F("pk")))
    condition = _condition(cut, key)
    if figure not in made or condition is None:
        return rows.none()
    related = ("envelope__owner", "order_item__order", "provider_order")
    return rows.filter(condition, made[figure]).select_related(*related).order_by("at", "pk")


def lines_invoiced(year: int, cut: str, key: str) -> QuerySet[InvoiceLine]:
    """Return the lines of invoices approved in a year that touch a row of its account."""
    start, end = bounds(year).values()
    rows = InvoiceLine.objects.filter(
        invoice__state="approved", invoice__decided_at__gte=start, invoice__decided_at__lt=end
    )
    if cut == Cut.PROVIDER:
        rows = rows.filter(invoice__provider=key)
    elif cut != Cut.TOTAL and not key:
        # What nobody ordered is paid by no envelope.
        rows = rows.filter(provider_order=None)
    elif (condition := _condition(cut, key)) is None:
        rows = rows.none()
    elif cut != Cut.TOTAL:
        commits = LedgerEntry.objects.filter(
            condition, kind=EntryKind.COMMIT, provider_order=OuterRef("provider_order")
        )
        rows = rows.filter(Exists(commits))
    return rows.select_related("invoice").order_by("invoice__day", "invoice", "position")


def _condition(cut: str, key: str) -> Q | None:
    """Which entries belong to a row; None where there is no such row."""
    if cut == Cut.OWNER:
        kind, _colon, number = key.partition(":")
        owned = {"organisation": "envelope__owner", "programme": "envelope__programme"}
        if kind in owned:
            return Q(**{owned[kind]: int(number)}) if _is_id(number) else None
        return Q(envelope__kind=EnvelopeKind.COMMON) if key == EnvelopeKind.COMMON else None
    known = {
        Cut.TOTAL: Q(),
        Cut.ENVELOPE: Q(envelope=int(key)) if _is_id(key) else None,
        Cut.FAMILY: Q(envelope__family=key),
        Cut.PROVIDER: Q(order_item__provider_order__provider=key) if key else Q(order_item__provider_order=None),
    }
    return known.get(Cut(cut)) if cut in Cut.values else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _owner(envelope: Envelope | None) -> tuple[str, str]:
    if envelope is None:
        return "", ""
    if envelope.owner is not None:
        return f"organisation:{envelope.owner_id}", str(envelope.owner)
    if envelope.programme is not None:
        return f"programme:{envelope.programme_id}", str(envelope.programme)
    return str(EnvelopeKind.COMMON), str(EnvelopeKind.COMMON)


def _cells(year: int) -> dict[tuple[int | None, str], dict[str, Amounts]]:
    """The figures of each envelope and provider."""
    cells: dict[tuple[int | None, str], dict[str, Amounts]] = defaultdict(_nothing)
    params: dict[str, Any] = {**bounds(year), "awaited": list(STILL_AWAITED)}
    with connection.cursor() as cursor:
        cursor.execute(MOVED, params)
        for envelope, provider, figure, *amounts in cursor.fetchall():
            cells[envelope, provider][figure] = amounts
        cursor.execute(OWED, params)
        owed: dict[int, dict[tuple[int | None, str], int]] = defaultdict(dict)
        for order, envelope, provider, cents in cursor.fetchall():
            owed[order][envelope, provider] = cents
        cursor.execute(BILLED, params)
        billed = {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
        cursor.execute(SETTLED, params)
        settled = dict(cursor.fetchall())
    invoiced: dict[int, int] = defaultdict(int)
    for (order, provider), (in_year, in_all) in billed.items():
        _share(cells, Figure.INVOICED, in_year, owed.get(order) or {(None, provider): 1})
        invoiced[order] += in_all
    for order, parts in owed.items():
        rest = sum(parts.values()) - invoiced[order]
        if rest > 0 and settled.get(order) != -rest:
            _share(cells, Figure.NOT_INVOICED, rest, parts)
    return cells


def _share(cells: Any, figure: str, cents: int, parts: Mapping[tuple[int | None, str], int]) -> None:
    """Add cents to a figure of those that owe them, in proportion, to the cent."""
    sign = -1 if cents < 0 else 1
    for cell, part in zip(parts, allot(abs(cents), [max(0, one) for one in parts.values()]), strict=True):
        cells[cell][figure][2] += sign * part
