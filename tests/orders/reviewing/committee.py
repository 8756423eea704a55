# SPDX-License-Identifier: AGPL-3.0-or-later
"""A committee for tests: orders at its stage, a session that is planned or open."""

from datetime import timedelta

from django.conf import settings
from django.test import override_settings

from dinamis.core import clock
from orders.services.reviewing import review, sessions
from orders.services.reviewing.session_decisions import Word
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.orders import in_review

EVERY_ORDER = ("committee", "", "", 0)
GRANT = Word("grant", "Besoin établi.", "need_established")


def with_stages(*stages):
    """Settings in which these stages are needed."""
    return override_settings(DINAMIS={**settings.DINAMIS, "ORDER_STAGES": stages or (EVERY_ORDER,)})


def before_committee(w, **fields):
    """An order that the secretariat has passed on to the committee."""
    order = in_review(w, **fields)
    with with_stages():
        return review.pass_on(order=order, actor=w.moderator, reason="Complet.")


def planned(actor, *members, days=3, orders=()):
    """A session to come of these members (the actor alone, when none is named), with these orders on its agenda."""
    session = sessions.plan(
        actor=actor,
        starts_at=clock.now() + timedelta(days=days),
        members=[person.pk for person in members or (actor,)],
        place="Montpellier",
    )
    if orders:
        sessions.add_orders(session=session, actor=actor, orders=[order.pk for order in orders])
    return session


def opened(actor, *members, orders=(), **fields):
    """The same, open, everybody present."""
    session = planned(actor, *members, orders=orders, **fields)
    everybody_is_there(session, actor)
    return sessions.open_session(session=session, actor=actor)


def everybody_is_there(session, actor):
    """Note all members as present."""
    sessions.set_attendance(session=session, actor=actor, seats=dict.fromkeys(_seats(session), "present"))


def _seats(session):
    return list(session.members.values_list("pk", flat=True))


def away(person, delegate=None, *, since=-1, days=10):
    """An absence that began `since` days from now and lasts so many days."""
    from orders.services.reviewing.absences import declare

    begins = clock.now() + timedelta(days=since)
    return declare(person=person, begins=begins, ends=begins + timedelta(days=days), delegate=delegate)


def moderator(name="Karim Sellier"):
    """Another person of the office."""
    return ModeratorFactory(name=name)


def cnes(name="Camille Rouvray"):
    """Who gives the opinions of CNES."""
    return UserFactory(office_role="opinion_cnes", name=name)


def fresh(row):
    """A row as the database has it now."""
    return type(row).objects.get(pk=row.pk)
