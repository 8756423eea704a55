# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders, from the draft to what is done with what came."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import override_settings
from shapely.geometry import mapping

from dinamis.catalogue.models import Sensor
from dinamis.core import clock
from orders.enums import TicketCause
from orders.models import JoinRequest, OfficeTicket, Order
from orders.services.lifecycle import life
from orders.services.requests import draft, sharing, submission
from orders.services.reviewing import review
from tests.factories.orders import AREA, arrived, envelope, placed
from tests.walk.world import ELSEWHERE, HOME, Case, World


def order_in(state: str, cell: str) -> Callable[[World], Order]:
    """An order of Alice (of Charlie elsewhere) at this state of its life; Dora holds its review."""

    def prepared(w: World) -> Order:
        order = draft.create_draft(
            requester=w.member(cell),
            organisation=w.organisation(cell),
            project=w.projects[cell],
            scenes=[w.scene.pk],
            aoi=AREA,
            title="Dunes",
            justification="essai",
        )
        if state != "draft":
            order = submission.submit_order(order=order, actor=order.requester)
        if state == "in_review":
            order = review.start_review(order=order, actor=w.dora)
        return order

    return prepared


def on_order(state: str, **data: Any) -> dict[str, Callable[[World], Case]]:
    """Both cells of a page of an order."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            order = order_in(state, cell)(w)
            return Case((order.reference,), {"version": order.version, **data})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def brought_to(state: str, cell: str) -> Callable[[World], Order]:
    """An order of Alice (of Charlie elsewhere) that was approved: placed, delivered, disputed or closed."""

    def prepared(w: World) -> Order:
        order = order_in("in_review", cell)(w)
        pays = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        order = review.approve_order(order=order, actor=w.dora, reason="essai", envelope=pays)
        rows = placed(order)
        delivery = arrived(rows[0]) if state != "placed" else None
        order.refresh_from_db()
        if state == "disputed":
            life.dispute(delivery=delivery, actor=order.requester, code="haze", words="")
        if state == "closed":
            order = life.close_order(order=order, actor=order.requester)
        return order

    return prepared


def on_life(state: str, code: str, *, delivery: bool = False) -> dict[str, Callable[[World], Case]]:
    """Both cells of an act that needs a reason, on the order or on what was delivered for it."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            order = brought_to(state, cell)(w)
            data = {"version": order.version, "code": code, "words": "essai"}
            came = (order.items.get().provider_order.deliveries.get().pk,) if delivery else ()
            return Case((order.reference, *came), data)

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def on_running(**data: Any) -> dict[str, Callable[[World], Case]]:
    """A running request, by its number: of the institute, or of another organisation."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            other = ELSEWHERE if cell == HOME else HOME
            more = {"project": w.projects[other].pk} if "words" in data else {}
            return Case((order_in("submitted", cell)(w).pk,), {**data, **more})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def on_wish(cell: str) -> Callable[[World], Case]:
    """What Charlie asked of Alice's order; Alice of Charlie's."""

    def prepared(w: World) -> Case:
        wish = _wish(w, cell)
        return Case((wish.order.reference, wish.pk), {"answer": "accept"})

    return prepared


def on_own_wish(cell: str) -> Callable[[World], Case]:
    """The same, for who asked it."""

    def prepared(w: World) -> Case:
        return Case((_wish(w, ELSEWHERE if cell == HOME else HOME).pk,), {})

    return prepared


def _wish(w: World, cell: str) -> JoinRequest:
    other = ELSEWHERE if cell == HOME else HOME
    order = order_in("submitted", cell)(w)
    return sharing.ask_join(order=order, person=w.member(other), project=w.projects[other])


def on_ticket(cell: str) -> Callable[[World], Case]:
    """A ticket of the office about an order."""

    def prepared(w: World) -> Case:
        order = order_in("submitted", cell)(w)
        now = clock.now()
        ticket = OfficeTicket.objects.create(
            aggregate="orders.order",
            object_id=order.pk,
            subject_state=order.state,
            cause=TicketCause.LATE,
            since=now,
            expected_by=now,
        )
        ticket.orders.add(order)
        return Case((ticket.pk,), {"words": "essai"})

    return prepared


def opinion_on_order(body: str) -> Callable[[World], Case]:
    """The opinion of a body on an order of Alice: favourable."""

    def prepared(w: World) -> Case:
        order = order_in("in_review", HOME)(w)
        with override_settings(DINAMIS={**settings.DINAMIS, "ORDER_STAGES": ((body, "", "", 0),)}):
            review.pass_on(order=order, actor=w.dora, reason="essai")
        asked = order.reviews.get(stage=body)
        return Case((asked.pk,), {"verdict": "yes", "words": "essai"})

    return prepared


def decision_on_order(cell: str) -> Callable[[World], Case]:
    """The approval of an order, out of an envelope that can pay."""

    def prepared(w: World) -> Case:
        order = order_in("in_review", cell)(w)
        pays = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        data = {"version": order.version, "envelope": pays.pk, "reason": "essai", "decision": "approve"}
        return Case((order.reference,), data)

    return prepared


def order_form(w: World, **more: Any) -> dict[str, Any]:
    """What an order says."""
    return {
        "scene": w.scene.pk,
        "aoi": json.dumps(mapping(AREA)),
        "title": "Dunes",
        "organisation": w.cast.institute.pk,
        "project": w.projects[HOME].pk,
        "justification": "essai",
        "step": "save",
        **more,
    }


def acquisition_form(w: World) -> Case:
    """What a request of Alice says; a satellite that takes such images is in service."""
    family = w.scene.collection.family
    Sensor.objects.get_or_create(platform="TEST-1", defaults={"name": "Test 1", "family": family, "resolution": 0.5})
    first = clock.now().date() + timedelta(days=20)
    data = {
        "aoi": json.dumps(mapping(AREA)),
        "first": first.isoformat(),
        "last": (first + timedelta(days=60)).isoformat(),
        "collection": w.scene.collection.slug,
        "title": "Dunes",
        "organisation": w.cast.institute.pk,
        "project": w.projects[HOME].pk,
        "justification": "essai",
        "step": "save",
    }
    return Case((), data)


def archive_form(w: World) -> Case:
    """What an order of Alice over an area says; its scenes are not shown yet, so it is priced and not written."""
    first = clock.now().date() - timedelta(days=400)
    data = {
        "aoi": json.dumps(mapping(AREA)),
        "first": first.isoformat(),
        "last": clock.now().date().isoformat(),
        "family": w.scene.collection.family,
        "title": "Dunes",
        "organisation": w.cast.institute.pk,
        "project": w.projects[HOME].pk,
        "step": "compute",
    }
    return Case((), data)


def order_by_program(cell: str) -> Callable[[World], Case]:
    """An order for a project of an organisation, as a program writes it."""
    return lambda w: Case(
        (),
        {
            "kind": "archive",
            "organisation": w.organisation(cell).pk,
            "project": w.projects[cell].pk,
            "title": "Dunes",
            "scenes": [w.scene.pk],
        },
        json=True,
    )


def on_order_by_program(cell: str, **data: Any) -> Callable[[World], Case]:
    """What a program does to a draft of Alice (of Charlie elsewhere), on the version it read."""

    def prepared(w: World) -> Case:
        order = order_in("draft", cell)(w)
        return Case((order.reference,), {"version": order.version, **data}, json=True)

    return prepared


def edited_order(cell: str) -> Callable[[World], Case]:
    """A draft, written anew."""

    def prepared(w: World) -> Case:
        order = order_in("draft", cell)(w)
        owner = {"organisation": order.organisation_id, "project": order.project_id}
        return Case((order.reference,), order_form(w, version=order.version, **owner))

    return prepared
