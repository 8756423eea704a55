# SPDX-License-Identifier: AGPL-3.0-or-later
"""What orders erase with an account, and the duties that stand against it."""

from collections.abc import Iterator

from dinamis.accounts.models import User
from dinamis.core.personal import register
from orders.enums import OrderState
from orders.models import KeptRequest, Order
from orders.sentences import UNDER_WAY

OVER = (
    OrderState.DELIVERED,
    OrderState.CLOSED,
    OrderState.REFUSED,
    OrderState.CANCELLED,
    OrderState.EXPIRED,
    OrderState.FAILED,
)


def order_duties(person: User) -> Iterator[str]:
    """Yield a kept sentence for each order of the person that is under way."""
    running = Order.objects.filter(requester=person).exclude(state__in=(OrderState.DRAFT, *OVER))
    for reference in running.order_by("pk").values_list("reference", flat=True):
        yield UNDER_WAY.keep(reference=reference)


def erase_drafts(person: User) -> None:
    """Delete the orders that were never sent, what was typed for one, and templates."""
    Order.objects.filter(requester=person, state=OrderState.DRAFT).delete()
    KeptRequest.objects.filter(owner=person).delete()


register.duties.append(order_duties)
register.erasers.append(erase_drafts)
