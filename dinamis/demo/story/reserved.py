# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images that were reserved at first for who ordered them: of one order they still are, of another they are free."""

from dataclasses import dataclass
from functools import partial

from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.demo.geography.scenes import archive_scenes
from dinamis.demo.people import person
from dinamis.demo.story import provider
from dinamis.demo.story.cast import user
from dinamis.demo.story.orders import APPROVED, BEACHES, MUDFLATS, Play, area_in, scene_near
from dinamis.demo.story.stage import days_ago, postpone
from dinamis.demo.story.work import ALICE, MONA
from licensing.models import Project
from orders.models import Order
from orders.services.duties import hold_backs
from orders.services.duties.hold_backs import HoldBackRuling
from orders.services.requests import draft, submission
from orders.services.reviewing import review

SIDE_KM = 12
FEWER = HoldBackRuling(3, "too_long", "Trois mois suffisent pour soumettre l’article.")


@dataclass(frozen=True)
class Reserved:
    """An order that asks for a hold-back: where, why, the months asked and the office's word on them; `over` is how
    many days ago people were told that the image is free (0 = it is reserved still)."""

    title: str
    requester: str
    project: str
    near: tuple[float, float]
    why: str
    days: int
    months: int
    need: str
    ruling: HoldBackRuling
    over: int = 0


ORDERS = (
    Reserved(
        "Havre de Lessay, trait de côte",
        MONA,
        BEACHES,
        (-1.55, 49.25),
        "État du havre avant les travaux.",
        45,
        1,
        "Article soumis, l’embargo de la revue court.",
        HoldBackRuling(1),
        over=8,
    ),
    Reserved(
        "Baie de l’Aiguillon, vasières nues",
        ALICE,
        MUDFLATS,
        (-1.15, 46.28),
        "Limite des vasières nues à marée basse.",
        33,
        6,
        "La thèse qui s’appuie sur ces images est soutenue au printemps.",
        FEWER,
    ),
)


def plays() -> list[Play]:
    """Return the play of every order that is not there."""
    known = set(Order.objects.values_list("title", flat=True))
    return [(one.days, partial(_play, one)) for one in ORDERS if one.title not in known]


def _play(one: Reserved) -> None:
    """Asked and sent; approved, with the word on the months; placed; delivered; told of when it is over."""
    scenes, taken = list(archive_scenes()), set(Order.objects.values_list("items__scene__source_id", flat=True))
    scene = scene_near(one.near, "spot-6-7", scenes, taken)
    project = Project.objects.get(title=one.project)
    with days_ago(one.days, 9):
        order = draft.create_draft(
            requester=user(one.requester),
            organisation=project.organisation,
            project=project,
            scenes=[Item.objects.get(source_id=scene.id).pk],
            aoi=area_in(scene, SIDE_KM),
            title=one.title,
            justification=one.why,
        )
        hold_backs.ask_hold_back(order=order, actor=order.requester, months=one.months, words=one.need)
        submission.submit_order(order=order, actor=order.requester)
    with days_ago(one.days - 2, 15):
        dora = user(person("moderator").email)
        review.start_review(order=order, actor=dora)
        review.approve_order(order=order, actor=dora, reason=APPROVED, hold_back=one.ruling)
        postpone(f"orders.place:{order.items.get().pk}")
    with days_ago(one.days - 3, 11):
        provider.acknowledged(order)
    with days_ago(one.days - 5, 8):
        provider.delivered(order, scene)
    if one.over:
        with days_ago(one.over, 6):
            hold_backs.release_due(at=clock.now())
