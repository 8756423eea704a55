# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two groupings of acquisition requests: one waits for its parties, the other was accepted and placed as one order."""

from dataclasses import dataclass
from functools import partial

from shapely.geometry import box

from dinamis.core import clock
from dinamis.demo.story import provider
from dinamis.demo.story.acquisitions import Asked, approved, written
from dinamis.demo.story.orders import BEACHES, COAST, DOMES, Play
from dinamis.demo.story.stage import days_ago, postpone
from dinamis.demo.story.work import ALICE, CHARLIE, MONA
from orders.models import Order, Pool
from orders.services.fulfilment import pooling
from orders.services.requests import submission


@dataclass(frozen=True)
class Neighbours:
    """Two requests that overlap, of a collection, written so many days ago; `agreed` says that both parties accepted,
    the office approved, and the provider took it."""

    requests: tuple[Asked, Asked]
    collection: str
    days: int
    agreed: bool = False


GROUPINGS = (
    Neighbours(
        (
            Asked(
                "Basse vallée de la Seine, crue",
                ALICE,
                COAST,
                "Emprise des prairies inondées en fin d’hiver.",
                box(0.20, 49.33, 0.52, 49.50),
            ),
            Asked(
                "Estuaire de la Seine, rive sud",
                MONA,
                BEACHES,
                "Évolution des bancs devant Honfleur.",
                box(0.08, 49.30, 0.38, 49.48),
            ),
        ),
        "spot-6-7",
        4,
    ),
    Neighbours(
        (
            Asked(
                "Dunes d’Erdeven et de Plouharnel",
                MONA,
                BEACHES,
                "Comparer un tombolo breton aux plages normandes.",
                box(-3.20, 47.56, -3.06, 47.66),
            ),
            Asked(
                "Presqu’île de Quiberon, falaises",
                CHARLIE,
                DOMES,
                "Éboulements : essai de la méthode hors des volcans.",
                box(-3.16, 47.52, -3.04, 47.63),
            ),
        ),
        "pleiades",
        8,
        agreed=True,
    ),
)


def plays() -> list[Play]:
    """Return the play of every grouping whose requests are not there."""
    known = set(Order.objects.values_list("title", flat=True))
    return [(one.days, partial(_play, one)) for one in GROUPINGS if one.requests[0].title not in known]


def _play(one: Neighbours) -> None:
    with days_ago(one.days, 9):
        orders = [written(asked, asked.area, collection=one.collection) for asked in one.requests]
        for order in orders:
            submission.submit_order(order=order, actor=order.requester)
    with days_ago(one.days, 10):
        (pool,) = pooling.look_around(orders[-1].pk)
    if one.agreed:
        _agreed(pool, orders, one.days)


def _agreed(pool: Pool, orders: list[Order], days: int) -> None:
    lines = [order.items.get() for order in orders]
    for after, line in enumerate(lines, start=1):
        with days_ago(days - after, 14):
            pooling.accept(pool=pool, line=line.pk, actor=line.order.requester)
    with days_ago(days - 4, 15):
        for order in orders:
            approved(order)
            pooling.settle(pool.pk, at=clock.now())
        postpone(f"orders.place:{lines[0].pk}:{pool.reference}")
    with days_ago(days - 5, 11):
        provider.acknowledged(orders[0])
