# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions of the committee, agendas, absences."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import override_settings

from dinamis.core import clock
from orders.models import CommitteeSession
from orders.services.reviewing import review, sessions
from tests.walk.orders import order_in
from tests.walk.world import Case, World


def _planned(w: World, *people: Any) -> CommitteeSession:
    return sessions.plan(
        actor=w.dora,
        starts_at=clock.now() + timedelta(days=9),
        members=[person.pk for person in (w.dora, *people)],
        place="Montpellier",
    )


def new_absence(_w: World) -> Case:
    """A day to come on which somebody is away."""
    day = (clock.today() + timedelta(days=9)).isoformat()
    return Case((), {"since": day, "until": day})


def new_session(w: World) -> Case:
    """A session to come, of Dora."""
    day = (clock.today() + timedelta(days=9)).isoformat()
    return Case((), {"day": day, "time": "14:00", "place": "Montpellier", "members": w.dora.pk})


def on_session(*more: Any, cnes: bool = False, **data: Any) -> Callable[[World], Case]:
    """A session that Dora has planned; who gives the opinions of CNES sits in it, or not."""

    def prepared(w: World) -> Case:
        session = _planned(w, *([w.people["opinion_giver"]] if cnes else []))
        return Case((session.pk, *more), data)

    return prepared


def on_agenda(cell: str) -> Callable[[World], Case]:
    """An order of Alice (of Charlie elsewhere) on the agenda of an open session: it is deferred."""

    def prepared(w: World) -> Case:
        order = order_in("in_review", cell)(w)
        with override_settings(DINAMIS={**settings.DINAMIS, "ORDER_STAGES": (("committee", "", "", 0),)}):
            order = review.pass_on(order=order, actor=w.dora, reason="essai")
        session = _planned(w)
        (row,) = sessions.add_orders(session=session, actor=w.dora, orders=[order.pk])
        sessions.open_session(session=session, actor=w.dora)
        order.refresh_from_db()
        sent = {"version": order.version, "decision": "defer", "reason_code": "time_short", "reason": "essai"}
        return Case((session.pk, row.pk), sent)

    return prepared
