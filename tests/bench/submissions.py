# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two hundred people at once, over HTTP: orders are submitted on as many connections, then claimed and decided on as
many, out of one envelope that pays for fewer. What a browser sends, to nginx and the server as the site is deployed.

Afterwards: never overspent, never deadlocked, no 5xx, one outcome each. Whoever sends runs on the same processors.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.test import Client

from orders.models import Order, OrderItem
from orders.selectors.money.envelope import Balance, balance
from tests.bench.database import own_database
from tests.bench.desk import _sign_in
from tests.bench.measure import Figure, figure
from tests.bench.served import Answer, Site, Walk, database_processor_ms, post_at_once, served
from tests.factories.orders import KM2, World, areas, drafted, world

ORDERS, PAID = 200, 120
LEAST_PER_SECOND = 50
WARM = 8


@dataclass(frozen=True)
class Round:
    """What two hundred walks were told, in how many seconds, and the processor time they took in milliseconds."""

    walks: list[list[Answer]]
    seconds: float
    web_ms: float
    database_ms: float

    def figure(self, name: str) -> Figure:
        """Print what was told, return the times."""
        count = len(self.walks)
        statuses = Counter(answer.status for walk in self.walks for answer in walk)
        sys.stdout.write(
            f"{count} {name} over HTTP: {count / self.seconds:.0f}/s, answers {dict(statuses)}, processor time of each "
            f"{self.web_ms / count:.1f} ms in the site, {self.database_ms / count:.1f} ms in the database\n"
        )
        times = [sum(answer.ms for answer in walk) for walk in self.walks]
        return figure(f"{name}, 200 at once", times, count / self.seconds / LEAST_PER_SECOND, "50/s")


def run() -> list[Figure]:
    """Return the times of a submission and of a decision, each with its rate over the one that is asked for."""
    with own_database("submissions"):
        w = world(budget_km2=PAID)
        references = [drafted(w).reference for _ in range(ORDERS + WARM)]
        OrderItem.objects.update(area_m2=KM2, billed_area_m2=KM2)
        requester, moderator = _session(w.researcher), _session(w.moderator)
        before = _deadlocks()
        with served(_url()) as site:
            # What each worker loads at its first request is not what is measured.
            post_at_once(site.port, requester, [_submission(one) for one in references[ORDERS:]])
            sent = _round(site, requester, [_submission(one) for one in references[:ORDERS]])
            decided = _round(site, moderator, [_decision(one) for one in references[:ORDERS]])
        _check(w, [*sent.walks, *decided.walks], _deadlocks() - before)
    return [sent.figure("submissions"), decided.figure("claims and decisions")]


def _round(site: Site, session: str, walks: Sequence[Walk]) -> Round:
    web, database, began = site.processor_ms(), database_processor_ms(), time.perf_counter()
    answers = post_at_once(site.port, session, walks)
    seconds = time.perf_counter() - began
    return Round(answers, seconds, site.processor_ms() - web, database_processor_ms() - database)


def _submission(reference: str) -> Walk:
    return [(f"/orders/{reference}/submit/", {})]


def _decision(reference: str) -> Walk:
    """Claimed, then approved at the version that the claim left: created 0, submitted 1, in review 2."""
    said = {"version": "2", "decision": "approve", "reason": "Besoin établi.", "reason_code": "need_established"}
    return [(f"/office/orders/{reference}/claim/", {}), (f"/office/orders/{reference}/", said)]


def _check(w: World, walks: Sequence[Sequence[Answer]], deadlocks: int) -> None:
    """Fail when a square metre too many was given, something broke, or an order has two outcomes or none."""
    statuses = Counter(answer.status for walk in walks for answer in walk)
    states = Counter(Order.objects.values_list("state", flat=True))
    expected = Counter({"approved": PAID, "in_review": ORDERS - PAID, "submitted": WARM})
    if deadlocks or any(status >= 500 for status in statuses):
        raise AssertionError(f"{deadlocks} deadlocks, answers {dict(statuses)}")
    if states != expected or areas(w.envelope) != Balance(PAID * KM2, held=PAID * KM2):
        raise AssertionError(f"{dict(states)}, {balance(w.envelope)}, answers {dict(statuses)}")


def _session(person) -> str:
    client = Client(HTTP_HOST="127.0.0.1")
    _sign_in(client, person)
    return client.cookies["sessionid"].value


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def _url() -> str:
    """The database of the bench."""
    address, _question, options = os.environ["DATABASE_URL"].partition("?")
    return f"{address.rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}?{options}"
