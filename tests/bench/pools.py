# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings over 5,000 open acquisition requests: the round over all of them, and the look at one that comes in.

Areas of 12 to 35 km a side lie around 250 places, as needs do around coasts and towns; constraints are of all kinds.
The round is measured as a worker does it: read, pair, merge, split, and queue each proposal; so is the look of one new
request, with the proposal it writes. Every run is undone.
"""

import random
from datetime import timedelta
from itertools import cycle

from django.db import connection, transaction
from shapely.geometry import box

from dinamis.core import clock, geo
from orders.models import Acquisition, Order, OrderItem
from orders.services.fulfilment import pooling
from tests.bench.database import own_database
from tests.bench.measure import Figure, alone
from tests.factories.orders import KM2, World, neighbour, world

MANY, PLACES, ORGANISATIONS = 5_000, 250, 20
ROUNDS, LOOKS = 10, 40


def run() -> list[Figure]:
    """Return the times of a round and of a look; nothing is kept."""
    with own_database("pools"):
        _fill()
        at = clock.now()
        found = pooling.find_all(at=at)
        told = f"{len(found)} of {sum(map(len, found))} requests"
        return [
            alone(f"pools: round over 5,000, {told}", lambda: pooling.find_all(at=at), runs=ROUNDS),
            alone("pools: round, found and queued", _undone(lambda: pooling.queue_all(at=at)), runs=ROUNDS),
            alone("pools: look at one new request", _looking(), runs=LOOKS),
        ]


def _undone(act):
    def call() -> None:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)

    return call


def _looking():
    orders = cycle(Order.objects.order_by("pk").values_list("pk", flat=True)[:: MANY // LOOKS])
    return _undone(lambda: pooling.look_around(next(orders)))


def _fill() -> None:
    """Rows as the verbs leave them; how a state was reached is not what is measured, so its triggers are off."""
    dice = random.Random(4)
    first = world()
    worlds = [first, *(neighbour(first, budget_km2=0) for _ in range(ORGANISATIONS - 1))]
    middles = [(dice.uniform(-4, 7), dice.uniform(42.5, 50.5)) for _ in range(PLACES)]
    with connection.cursor() as cursor:
        for table in ("orders_order", "orders_orderitem"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    rows = [_request(number, dice, dice.choice(worlds), dice.choice(middles)) for number in range(MANY)]
    Order.objects.bulk_create([order for order, _how, _line in rows])
    Acquisition.objects.bulk_create([how for _order, how, _line in rows])
    OrderItem.objects.bulk_create([line for _order, _how, line in rows])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order, orders_orderitem, orders_acquisition, orders_poolmember")


def _request(number: int, dice: random.Random, w: World, middle: tuple[float, float]):
    west, south = middle[0] + dice.gauss(0, 0.15), middle[1] + dice.gauss(0, 0.1)
    area = box(west, south, west + dice.uniform(0.15, 0.4), south + dice.uniform(0.1, 0.3))
    begin = clock.now() + timedelta(days=dice.randrange(60))
    window = (begin, begin + timedelta(days=dice.randrange(30, 120)))
    size = geo.area_m2(area)
    outline = geo.to_multipolygon(area)
    order = Order(
        reference=f"D-B-{number}",
        kind="acquisition",
        family=w.collection.family,
        title="Banc d’essai",
        requester=w.researcher,
        organisation=w.organisation,
        project=w.project,
        aoi=outline,
        area_m2=size,
        state="submitted",
        submitted_at=begin - timedelta(days=90),
    )
    how = Acquisition(
        order=order,
        collection=w.collection,
        period=window,
        mode=dice.choice(("mono", "mono", "mono", "stereo")),
        cloud_max=dice.choice((5, 10, 20)),
        incidence_max=dice.choice((20, 30)),
    )
    billed = max(size, 100 * KM2) * (2 if how.mode == "stereo" else 1)
    line = OrderItem(
        order=order,
        aoi=outline,
        period=window,
        area_m2=size,
        billed_area_m2=billed,
        price_cents=billed * 12 // 10_000,
    )
    return order, how, line
