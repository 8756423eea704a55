# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two hundred orders submitted, taken in charge and approved at once out of one envelope that pays for fewer.

Four processes of four threads, as the site is deployed, each on a connection of its own; the verbs are those that the
pages call, each its own transaction. Afterwards the books are checked: never overspent, never deadlocked, one outcome
each. Submissions and decisions are counted, claims are not. The second part is the balance of an envelope with 100,000
entries.
"""

import multiprocessing
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, connection
from django.db.models import Sum

import dinamis.celery  # noqa: F401  (the hints of the outbox go to the broker of the settings)
from dinamis.accounts.models import User
from dinamis.core.exceptions import Busy, DomainError, QuotaExceeded
from orders.models import LedgerEntry, Order, OrderItem
from orders.selectors.money.envelope import Balance, balance
from orders.services.money.envelopes import sum_up
from orders.services.requests.submission import submit_order
from orders.services.reviewing.review import approve_order, start_review
from tests.bench.database import own_database
from tests.bench.measure import Figure, alone, figure
from tests.factories.orders import KM2, areas, drafted, envelope, world

ORDERS, PAID = 200, 120
PROCESSES, THREADS = 4, 4
ENTRIES = 100_000
LEAST_PER_SECOND = 50
FILL = """
INSERT INTO orders_ledgerentry (envelope_id, kind, amount_m2, attempts, key, actor_label, words, at)
SELECT %s, 'grant', 1, 0, 'bench:' || n, 'bench', '', now() FROM generate_series(1, %s) n
"""


def run() -> list[Figure]:
    """Return the times of one order from its submission to its outcome, and of a balance; nothing is kept."""
    with own_database("envelopes"):
        return [*_race(), *_balances()]


def _race() -> list[Figure]:
    w = world(budget_km2=PAID)
    orders = [drafted(w) for _ in range(ORDERS)]
    OrderItem.objects.update(area_m2=KM2, billed_area_m2=KM2)
    parts = [[order.pk for order in orders[number::PROCESSES]] for number in range(PROCESSES)]
    connection.close()
    spawn = multiprocessing.get_context("fork")
    start, answers = spawn.Barrier(PROCESSES + 1), spawn.Queue()
    workers = [spawn.Process(target=_work, args=(part, w.moderator.pk, start, answers)) for part in parts]
    for worker in workers:
        worker.start()
    start.wait(60)
    began = time.perf_counter()
    told = [answers.get(timeout=300) for _ in orders]
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join(60)
    outcomes = Counter(word for word, _ms in told)
    _check(w.envelope, outcomes)
    rate = 2 * len(told) / seconds
    sys.stdout.write(f"{len(told)} submissions and as many decisions: {rate:.0f}/s, {dict(outcomes)}\n")
    return [figure("order submitted, claimed, decided", [ms for _word, ms in told], rate / LEAST_PER_SECOND, "50/s")]


def _work(ids, moderator_id, start, answers) -> None:
    """One process: its orders, at once, on THREADS connections."""
    connection.close()
    moderator = User.objects.get(pk=moderator_id)
    start.wait(60)
    with ThreadPoolExecutor(THREADS) as pool:
        for answer in pool.map(lambda pk: _one(pk, moderator), ids):
            answers.put(answer)


def _one(order_id: int, moderator: User) -> tuple[str, float]:
    began = time.perf_counter()
    try:
        order = Order.objects.select_related("requester").get(pk=order_id)
        order = submit_order(order=order, actor=order.requester)
        order = start_review(order=order, actor=moderator)
        approve_order(order=order, actor=moderator, reason="Besoin établi.")
        word = "approved"
    except QuotaExceeded:
        word = "does not fit"
    except Busy:
        word = "busy"
    except (DatabaseError, DomainError) as error:
        word = f"{type(error).__name__}: {error}"
    finally:
        elapsed = (time.perf_counter() - began) * 1000
    return word, elapsed


def _check(purse, outcomes: Counter[str]) -> None:
    """Fail when a square metre too many was given, something broke, or an order has two outcomes or none."""
    left = areas(purse)
    entries = LedgerEntry.objects.filter(envelope=purse).aggregate(m2=Sum("amount_m2"))["m2"]
    approved = Order.objects.filter(state="approved").count()
    if set(outcomes) - {"approved", "does not fit"}:
        raise AssertionError(f"other outcomes than approved or refused by the quota: {outcomes}")
    if (approved, left, entries) != (PAID, Balance(PAID * KM2, held=PAID * KM2), 0):
        raise AssertionError(f"{approved} orders, {left}, {entries} m2 in the ledger")


def _balances() -> list[Figure]:
    full = envelope(0, name="Grand livre")
    with connection.cursor() as cursor:
        cursor.execute(FILL, [full.pk, ENTRIES])
        cursor.execute("ANALYZE orders_ledgerentry, orders_envelopetally")
    fresh = alone(f"balance of {ENTRIES:,} entries, none summed up", lambda: balance(full), runs=20)
    sum_up()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE orders_envelopetally")
    return [fresh, alone("the same, summed up", lambda: balance(full), runs=200)]
