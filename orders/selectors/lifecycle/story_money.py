# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the envelopes did for an order, in words: what was set aside, and what went back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from dinamis.core.templatetags.ui import euros, km2
from orders.enums import EntryKind
from orders.models import LedgerEntry, OrderItem


@dataclass(frozen=True)
class Movement:
    """An entry of the ledger for a line, as a sentence."""

    line: int
    at: datetime
    text: str


def movements(lines: Mapping[int, OrderItem]) -> list[Movement]:
    """Return what was held, priced anew, released and refunded for the lines (by id), oldest first; one query.

    That a hold became a debt changes nothing for its reader.
    """
    sentences = {
        EntryKind.HOLD: _("Set aside in the envelope “%(envelope)s”: %(cost)s."),
        EntryKind.RELEASE: _("Given back to the envelope “%(envelope)s”: %(cost)s, which were not bought."),
        EntryKind.REFUND: _("Given back to the envelope “%(envelope)s”: %(cost)s, which were not delivered."),
    }
    kinds = [*sentences, EntryKind.PRICE]
    rows = LedgerEntry.objects.filter(order_item__in=list(lines), kind__in=kinds).select_related("envelope")
    told = []
    for row in rows.order_by("at", "pk"):
        line = lines[int(row.order_item_id or 0)]
        if row.kind == EntryKind.PRICE:
            told.append(Movement(line.pk, row.at, _difference(row)))
            continue
        text = sentences[EntryKind(row.kind)] % {"envelope": row.envelope, "cost": _cost(row)}
        if row.kind == EntryKind.HOLD and -row.amount_m2 > line.area_m2:
            text += " " + _("This is what the provider bills for %(area)s.") % {"area": km2(line.area_m2)}
        if row.amount_m2:
            told.append(Movement(line.pk, row.at, text))
    return told


def _difference(row: LedgerEntry) -> str:
    """By how much a price that was agreed later differs from what was set aside."""
    said = {"amount": euros(abs(row.amount_cents)), "envelope": row.envelope}
    if row.amount_cents < 0:
        return _("The price is %(amount)s more than was set aside: the envelope “%(envelope)s” gives it too.") % said
    return _("The price is %(amount)s less than was set aside: it goes back to the envelope “%(envelope)s”.") % said


def _cost(row: LedgerEntry) -> str:
    """So many km², with the euros of the entry where it moves any."""
    area = km2(abs(row.amount_m2))
    return f"{area} ({euros(abs(row.amount_cents))})" if row.amount_cents else area
