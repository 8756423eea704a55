# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two acquisition requests that were studied and priced before anything is bought: of one the quote waits for an
answer, of the other it was accepted. Others follow the first, or want to join it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from shapely.geometry import box

from dinamis.core import clock
from dinamis.demo.people import person
from dinamis.demo.story.acquisitions import Asked, written
from dinamis.demo.story.cast import user
from dinamis.demo.story.orders import BEACHES, MUDFLATS, Play
from dinamis.demo.story.stage import days_ago
from dinamis.demo.story.work import ALICE, CHARLIE, MONA
from dinamis.providers.base import Attempt, FeasibilityAnswer
from licensing.models import Project
from orders.models import Order, OrderItem
from orders.services.money import feasibility, quotes
from orders.services.requests import sharing, submission
from orders.services.reviewing import review

# Days from the question to a pass, and its incidence in degrees.
PASSES = ((6, 11.4), (17, 22.9), (28, 4.6), (39, 27.3))
EXPIRES_DAYS = 20


@dataclass(frozen=True)
class Studied:
    """A request with its quote: the collection, how it is to be taken, what the provider thinks of it (its class); and
    whether the quote was accepted."""

    asked: Asked
    collection: str
    said: Mapping[str, Any]
    classification: str
    days: int
    accepted: bool = False


REQUESTS = (
    Studied(
        Asked(
            "Golfe du Morbihan, herbiers de zostères",
            ALICE,
            MUDFLATS,
            "Surface des herbiers au printemps, à marée basse.",
            box(-3.00, 47.49, -2.72, 47.65),
        ),
        "spot-6-7",
        {"cloud_max": 10, "proposal_threshold": 30},
        "EASY",
        5,
    ),
    Studied(
        Asked(
            "Baie des Veys, relief des dunes",
            MONA,
            BEACHES,
            "Modèle numérique de surface des dunes.",
            box(-1.20, 49.30, -1.07, 49.40),
        ),
        "pleiades",
        {"mode": "stereo", "bh_min": 0.25, "bh_max": 0.6, "cloud_max": 5, "proposal_threshold": 20},
        "CHALLENGING",
        7,
        accepted=True,
    ),
)


def plays() -> list[Play]:
    """Return the play of every request that is not there."""
    known = set(Order.objects.values_list("title", flat=True))
    return [(one.days, partial(_play, one)) for one in REQUESTS if one.asked.title not in known]


def load_interest() -> int:
    """Let Charlie follow the request whose quote waits, and Mona ask to join it; returns how many did so now."""
    order = Order.objects.get(title=REQUESTS[0].asked.title)
    if order.joins.exists():
        return 0
    with days_ago(2, 11):
        sharing.follow(order=order, person=user(CHARLIE), following=True)
    with days_ago(1, 16):
        sharing.ask_join(
            order=order,
            person=user(MONA),
            project=Project.objects.get(title=BEACHES),
            words="L’est du golfe nous servirait de témoin.",
        )
    return 2


def _play(one: Studied) -> None:
    with days_ago(one.days, 9):
        order = written(one.asked, one.asked.area, collection=one.collection, said=one.said)
        submission.submit_order(order=order, actor=order.requester)
        studies = feasibility.ask_feasibility(order=order, actor=order.requester)
        quote = quotes.ask_quote(order=order, actor=order.requester)
    with days_ago(one.days, 10):
        for study in studies:
            answer, passes = _study(one)
            feasibility.record_feasibility(feasibility_id=study.pk, answer=answer, passes=passes)
        lines = list(order.items.select_related("order__acquisition"))
        quote = quotes.offer(quote_id=quote.pk, provider_cents={line.pk: _cents(line) for line in lines})
    if one.accepted:
        with days_ago(one.days - 2, 14):
            quotes.accept(quote=quote, actor=order.requester, fingerprint=quote.fingerprint)
        with days_ago(one.days - 3, 10):
            review.start_review(order=order, actor=user(person("second_moderator").email))


def _study(one: Studied) -> tuple[FeasibilityAnswer, list[Attempt]]:
    """What the provider answers: its class, its passes, until when that counts."""
    now = clock.now()
    answer = FeasibilityAnswer(
        mission=one.collection,
        programme="ONEPLAN",
        available=True,
        classification=one.classification,
        automation="AUTOMATIC",
        expires=now + timedelta(days=EXPIRES_DAYS),
    )
    passes = [
        Attempt(
            id=f"{number}",
            mission=one.collection,
            start=now + timedelta(days=days),
            end=now + timedelta(days=days, seconds=12),
            incidence_angle=incidence,
            order_deadline=None,
            key="",
        )
        for number, (days, incidence) in enumerate(PASSES)
    ]
    return answer, passes


def _cents(line: OrderItem) -> int:
    """The provider's agreed rate of the billed area."""
    rates = settings.DINAMIS["PROVIDER_TASKING_CENTS_PER_KM2"][line.order.acquisition.programme]
    return -(-line.billed_area_m2 * int(rates[line.order.family]) // 1_000_000)
