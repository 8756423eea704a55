# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a quote says, and whether it still says what is asked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from dinamis.core import clock
from orders.enums import OrderKind, QuotaSide, QuoteState
from orders.models import Feasibility, Order, OrderItem, Quote
from orders.selectors.money.costs import class_of, cost_line, rates_of, what_if

LIVE = (QuoteState.DRAFT, QuoteState.OFFERED, QuoteState.ACCEPTED)


def bill(order: Order, provider_cents: Mapping[int, int]) -> dict[str, Any]:
    """Return lines, billed m2 and price of an order by the tariffs of now; `provider_cents` by line id.

    What the envelopes that could pay do not hold is priced outside the quota.
    """
    at = clock.now()
    rates = rates_of(order.family, order.kind, eligibility_class=class_of(order.organisation_id, at), at=at)
    lines = [_bill_line(order, line, rates, provider_cents[line.pk]) for line in lines_of(order)]
    billed = sum(line["billed_m2"] for line in lines)
    known = what_if(
        family=order.family,
        organisation_id=order.organisation_id,
        project_id=order.project_id,
        required_m2=billed,
        at=at,
        rates=rates,
    )
    inside = rates.cents(billed - known.missing_m2, QuotaSide.INSIDE)
    facts = {"lines": lines, "billed_m2": billed, "price_cents": inside + known.missing_cents}
    facts["provider_cents"] = sum(line["provider_cents"] for line in lines)
    return {**facts, "fingerprint": fingerprint(order, facts)}


def fingerprint(order: Order, facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what is quoted: areas, windows and options of the lines, how images are taken, the bill.

    What a line is called is left out: it is written in the language of whoever made the quote.
    """
    numbers = [{name: value for name, value in line.items() if name != "label"} for line in facts["lines"]]
    quoted = {
        "bill": {**facts, "lines": numbers},
        "lines": [_asked(line) for line in lines_of(order)],
        "options": order.options,
        "acquisition": _taken(order),
    }
    return hashlib.sha256(json.dumps(quoted, sort_keys=True, default=str).encode()).hexdigest()


def lines_of(order: Order) -> list[OrderItem]:
    """Return the lines a quote is about: all that were not refused or cancelled, in their order."""
    return list(order.items.exclude(state__in=["refused", "cancelled"]).select_related("scene").order_by("position"))


def current_quote(order: Order) -> Quote | None:
    """Return the quote that counts now, else the newest of those that ended, or None."""
    quotes = order.quotes.all()
    return quotes.filter(state__in=LIVE).order_by("-pk").first() or quotes.order_by("-pk").first()


def accepted_quote(order: Order) -> Quote | None:
    """Return the accepted quote of an order, or None."""
    return order.quotes.filter(state=QuoteState.ACCEPTED).first()


def agreed_quote(order: Order) -> Quote | None:
    """Return the quote accepted last, though its price may have moved since: nothing above it is bought."""
    said = order.quotes.filter(decided_at__isnull=False).exclude(state=QuoteState.REFUSED)
    return said.order_by("-decided_at", "-pk").first()


def feasibilities(lines: Sequence[OrderItem]) -> dict[int, Feasibility]:
    """Return the newest question to the provider about each line, by line id."""
    rows: QuerySet[Feasibility] = Feasibility.objects.filter(line__in=lines).order_by("asked_at", "pk")
    return {row.line_id: row for row in rows}


def _bill_line(order: Order, line: OrderItem, rates: Any, provider_cents: int) -> dict[str, Any]:
    mode = order.acquisition.mode if order.kind == OrderKind.ACQUISITION else "mono"
    cost = cost_line(line.kept_label, line.area_m2, rates, mode)
    return {
        "line": line.pk,
        "label": cost.label,
        "area_m2": cost.area_m2,
        "minimum_m2": cost.minimum_m2,
        "factor": cost.factor,
        "billed_m2": cost.billed_m2,
        "inside_cents": cost.inside_cents,
        "outside_cents": cost.outside_cents,
        "provider_cents": provider_cents,
    }


def _asked(line: OrderItem) -> list[Any]:
    window = [line.period.lower.isoformat(), line.period.upper.isoformat()] if line.period else None
    return [line.pk, hashlib.sha256(bytes(line.aoi.wkb)).hexdigest(), window, line.scene_id, line.options]


def _taken(order: Order) -> dict[str, Any] | None:
    if order.kind != OrderKind.ACQUISITION:
        return None
    names = ("programme", "mode", "bh_min", "bh_max", "cloud_max", "proposal_threshold", "incidence_max")
    return {name: getattr(order.acquisition, name) for name in names}
