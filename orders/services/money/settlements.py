# SPDX-License-Identifier: AGPL-3.0-or-later
"""Differences between the ledger and the invoices of providers: let stand with a coded reason, or taken over as the
price of what was bought (docs/adr/0050)."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from orders.domain.pool_rules import allot
from orders.enums import PriceBasis
from orders.models import OrderItem, ProviderOrder, Settlement
from orders.reasons import check_reason
from orders.selectors.money.prices import Price
from orders.selectors.money.reconciliation import Compared, compared
from orders.sentences import INVOICE
from orders.services.fulfilment.lines import locked_row
from orders.services.money import ledger


@transaction.atomic
def settle_by_reason(*, reference: str, actor: Any, difference_cents: int, code: str, words: str = "") -> Settlement:
    """Let a difference of `difference_cents` stand, as the page showed it, with a coded reason.

    Raises NotPermitted, Invalid: no such difference (any more), a code that does not belong, no words with "other".
    """
    row, _lines = _open(reference, actor, difference_cents)
    check_reason(f"settle_{row.finding}", code, words)
    return _settled(row, actor, reason_code=code, words=words.strip())


@transaction.atomic
def settle_by_price(*, reference: str, actor: Any, difference_cents: int) -> Settlement:
    """Bring the ledger to what approved invoices say that an order costs, by entries of the difference, shared over
    the lines in proportion to their price; whatever is left: it is owed.

    Raises NotPermitted, Invalid: no such difference (any more), an invoice that waits for its approval, an order of
    which a part was given back (its price stays, docs/adr/0049), nothing that is owed.
    """
    row, lines = _open(reference, actor, difference_cents)
    if not row.may_price:
        raise _no_price(_("An invoice of this order is not approved yet, or it was not delivered."))
    paying = [line for line in lines if ledger.purses_of(line)]
    if not paying:
        raise _no_price(_("No envelope pays for this order."))
    if any(map(ledger.given_back, paying)):
        raise _no_price(_("A part of this order was given back: its price does not change any more."))
    number = ", ".join(name for _pk, name, _state in row.invoices)
    weights = [ledger.price_of(line) for line in paying]
    parts = allot(row.invoiced_cents or 0, weights if any(weights) else [line.billed_area_m2 for line in paying])
    for line, cents in zip(paying, parts, strict=True):
        price = Price(cents, PriceBasis.PROVIDER, provider_order_id=row.id)
        ledger.reprice(line, price, actor=Actor.person(actor), words=INVOICE.keep(number=number))
    return _settled(row, actor, priced=True)


def _open(reference: str, actor: Any, difference_cents: int) -> tuple[Compared, list[OrderItem]]:
    """The difference as it is now, its provider order and lines locked. Raises NotPermitted, Invalid."""
    refuse_keys()
    placed = ProviderOrder.objects.filter(reference=reference).first()
    if not actor.has_perm("orders.settle_difference", placed):
        raise NotPermitted(_("The office settles differences, and nobody one of their own organisation."))
    lines = locked_row(placed.pk)[1] if placed is not None else []
    found = compared(references=[reference])
    if not found or not found[0].is_open or found[0].difference_cents != difference_cents:
        raise Invalid(
            _("This difference is not there any more."),
            pointer="difference",
            repair=_("Read the page again: somebody settled it, or the invoices changed."),
            code="stale_difference",
        )
    return found[0], lines


def _no_price(text: str) -> Invalid:
    return Invalid(text, pointer="price", repair=_("Settle the difference by a reason."), code="no_price")


def _settled(row: Compared, actor: Any, **facts: Any) -> Settlement:
    return Settlement.objects.create(
        reference=row.reference,
        provider_order_id=row.id,
        finding=row.finding,
        difference_cents=row.difference_cents,
        settled_by=actor,
        settled_at=clock.now(),
        **facts,
    )
