# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two sessions of the committee: one three weeks ago, whose minutes stand, and one of next week, convened.

Dora was away that day, so Karim decided for her; Camille stepped back from an order of partners of hers.
"""

from dataclasses import dataclass
from datetime import timedelta

from dinamis.accounts.models import User
from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.demo.geography.scenes import archive_scenes
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.orders import Play, area_in, scene_near
from dinamis.demo.story.stage import days_ago
from dinamis.demo.story.work import ALICE
from licensing.models import Project
from orders.enums import Attendance
from orders.models import AgendaRow, CommitteeSession, Order
from orders.services.requests import draft, submission
from orders.services.reviewing import absences, minutes, review, session_decisions, sessions
from orders.services.reviewing.session_decisions import CHANGES, DEFER, REFUSE, Word

COAST, MUDFLATS = "Trait de côte de l’estuaire", "Vasières et herbiers"
# More than the secretariat of a French institution decides alone (ORDER_STAGES).
SIDE_KM = 24
HELD_DAYS, PASSED_ON_DAYS, WRITTEN_DAYS = 21, 27, 30
PLACE = "CNES, Toulouse, salle Lagrange"


@dataclass(frozen=True)
class Large:
    """An order for the committee: what it is called, for which project, near which place, why; what was decided."""

    title: str
    project: str
    near: tuple[float, float]
    why: str
    word: Word | None = None


ORDERS = (
    Large(
        "Estran de la baie du Mont, mosaïque",
        COAST,
        (-1.6, 48.7),
        "Une date par année, de 2021 à 2025.",
        Word(REFUSE, "La couverture annuelle montre toute la baie.", "already_held", votes=(0, 2, 0)),
    ),
    Large(
        "Marais poitevin, hautes eaux",
        MUDFLATS,
        (-1.0, 46.3),
        "Emprise des inondations de l’hiver.",
        Word(CHANGES, "Limiter la zone aux casiers inondables.", "area_too_large", votes=(2, 0, 0)),
    ),
    Large(
        "Landes de Gascogne, littoral",
        COAST,
        (-1.2, 44.6),
        "Recul de la dune après les tempêtes.",
        Word(DEFER, "L’accord de la commune est attendu.", "information_awaited"),
    ),
    Large("Étangs du Roussillon, lidos", MUDFLATS, (3.0, 42.8), "Herbiers et flèches sableuses, état de référence."),
)


def plays() -> list[Play]:
    """Return the play of the orders that wait for the committee, unless they are there."""
    known = Order.objects.filter(title__in=[large.title for large in ORDERS]).exists()
    return [] if known else [(WRITTEN_DAYS, _write)]


def load_committee() -> int:
    """Play both sessions once; returns how many were played."""
    if CommitteeSession.objects.exists():
        return 0
    dora, karim, camille = (user(person(key).email) for key in ("moderator", "second_moderator", "opinion_cnes"))
    orders = [Order.objects.get(title=large.title) for large in ORDERS]
    with days_ago(HELD_DAYS + 4):
        held = _planned(dora, (dora, karim, camille), orders[:3])
        absences.declare(
            person=dora, begins=clock.now() + timedelta(days=3), ends=clock.now() + timedelta(days=6), delegate=karim
        )
        sessions.convene(session=held, actor=dora)
    with days_ago(HELD_DAYS, 11):
        _hold(held, dora=dora, karim=karim, camille=camille)
    with days_ago(1):
        coming = _planned(dora, (dora, karim, camille), orders[2:], days=7)
        sessions.convene(session=coming, actor=dora)
    return 2


def _write() -> None:
    """Alice writes, Dora reads them and passes them on."""
    dora = user(person("moderator").email)
    scenes, taken = list(archive_scenes()), set(Order.objects.values_list("items__scene__source_id", flat=True))
    for large in ORDERS:
        project = Project.objects.get(title=large.project)
        scene = scene_near(large.near, "spot-6-7", scenes, taken)
        taken.add(scene.id)
        with days_ago(WRITTEN_DAYS, 9):
            order = draft.create_draft(
                requester=user(ALICE),
                organisation=project.organisation,
                project=project,
                scenes=[Item.objects.get(source_id=scene.id).pk],
                aoi=area_in(scene, SIDE_KM),
                title=large.title,
                justification=large.why,
            )
            submission.submit_order(order=order, actor=order.requester)
        with days_ago(PASSED_ON_DAYS, 15):
            review.start_review(order=order, actor=dora)
            review.pass_on(order=order, actor=dora, reason="Dossier complet ; la surface relève du comité.")


def _planned(dora: User, members: tuple[User, ...], orders: list[Order], days: int = 4) -> CommitteeSession:
    session = sessions.plan(
        actor=dora,
        starts_at=clock.now() + timedelta(days=days),
        members=[member.pk for member in members],
        place=PLACE,
    )
    sessions.add_orders(session=session, actor=dora, orders=[order.pk for order in orders])
    return session


def _hold(session: CommitteeSession, *, dora: User, karim: User, camille: User) -> None:
    seats = dict(session.members.values_list("person_id", "pk"))
    there = {dora: Attendance.REPRESENTED, karim: Attendance.PRESENT, camille: Attendance.PRESENT}
    sessions.set_attendance(session=session, actor=karim, seats={seats[who.pk]: how for who, how in there.items()})
    session = sessions.open_session(session=session, actor=karim)
    rows = list(AgendaRow.objects.filter(session=session).order_by("position"))
    sessions.note_recusal(row=rows[0], actor=karim, person=camille, reason_code="project_partner")
    with absences.standing_in(karim, dora.pk):
        for row, large in zip(rows, ORDERS, strict=False):
            if large.word:
                session_decisions.decide(row=row, actor=karim, word=large.word)
    minutes.close(session=session, actor=karim)
