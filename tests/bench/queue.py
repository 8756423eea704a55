# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue among 50,000 orders, a third of which wait: its pages, whole, and the count behind them.

A page: at most 150 ms. The count is for a worker.
"""

from django.db import connection, transaction
from django.test import Client

from dinamis.core import clock
from orders.models import Order
from orders.services.reviewing.queue import count_queue
from tests.bench.board import _fill, _page
from tests.bench.desk import _sign_in
from tests.bench.measure import Figure, alone
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.licensing import ProjectFactory, approved_adhesion

RUNS = 30
COUNTED = """
INSERT INTO orders_orderdemand (order_id, sent_at, organisations, counted_at)
SELECT id, submitted_at, id %% 7, now() FROM orders_order WHERE state IN ('submitted', 'in_review', 'approved');
INSERT INTO orders_organisationuse (organisation_id, used_m2, counted_at)
SELECT id, (id %% 100) * 1000000, now() FROM accounts_organisation;
"""


def run() -> list[Figure]:
    """Return the times of the office's list, as it is and under other weights, and of one order; nothing is kept."""
    with transaction.atomic():
        moderator = ModeratorFactory()
        project = ProjectFactory(organisation=approved_adhesion().organisation, owner=UserFactory())
        _fill(moderator, project)
        with connection.cursor() as cursor:
            cursor.execute(COUNTED, {})
            cursor.execute("ANALYZE orders_orderdemand, orders_organisationuse")
        client = Client(HTTP_HOST="localhost")
        _sign_in(client, moderator)
        order = Order.objects.filter(state="in_review").latest("pk")
        pages = {
            "queue: the office's list": "/office/queue/",
            "queue: under other weights": "/office/queue/?age=0&reuse=90",
            "queue: under other weights, page 300": "/office/queue/?age=0&reuse=90&after=7500",
            "queue: one order, other weights": f"/orders/{order.reference}/queue/?age=0",
            "queue: an order's page": f"/orders/{order.reference}/",
        }
        figures = [alone(name, _page(client, path), runs=RUNS) for name, path in pages.items()]
        figures.append(alone("queue: count, 50,000 orders", lambda: count_queue(at=clock.now()), runs=2))
        transaction.set_rollback(True)
    return figures
