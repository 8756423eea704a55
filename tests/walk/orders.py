# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders, tickets, keys, copies of data."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.test import override_settings
from shapely.geometry import mapping

from dinamis.accounts.models import DataExport
from dinamis.accounts.services.erasure import ask_erasure
from dinamis.catalogue.models import Sensor
from dinamis.core import clock
from licensing.models import Adhesion, Entitlement
from licensing.services.entitlement import suspend_entitlement
from orders.enums import TicketCause
from orders.fair_share import Formula
from orders.models import (
    JoinRequest,
    NationalProgramme,
    Obligation,
    OfficeTicket,
    Order,
    Pool,
    Publication,
    Quote,
)
from orders.services import draft, hold_backs, life, review, sharing, submission
from orders.services.envelopes import propose_adjustment
from orders.services.queue import propose_rule
from orders.services.quotes import store_document
from orders.services.ticket import issue_ticket
from tests.factories.api import key_of
from tests.factories.orders import AREA, acquisition_of, arrived, envelope, offered, placed, pool_of, proposed, tasked
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


def on_proposal(cell: str) -> Callable[[World], Case]:
    """An image proposed for an acquisition request, and its requester's yes."""

    def prepared(w: World) -> Case:
        collection = w.scene.collection
        made = acquisition_of(w.member(cell), w.organisation(cell), w.projects[cell], collection)
        order = submission.submit_order(order=made, actor=made.requester)
        review.start_review(order=order, actor=w.dora)
        pays = envelope(owner=w.organisation(cell), name="acquisitions")
        review.approve_order(order=order, actor=w.dora, reason="essai", envelope=pays)
        line = order.items.get()
        return Case((order.reference, proposed(tasked(line)).pk), {"line": line.pk, "choice": "accept"})

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


def on_pool(**data: Any) -> dict[str, Callable[[World], Case]]:
    """Both cells of a page of a grouping of two requests of Alice (of Charlie elsewhere)."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            place = SimpleNamespace(
                researcher=w.member(cell),
                organisation=w.organisation(cell),
                project=w.projects[cell],
                collection=w.scene.collection,
            )
            pool = pool_of(place)
            line = pool.living()[0].line_id
            return Case((pool.reference,), {"version": pool.version, "line": line, **data})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def on_proposal_by_program(cell: str) -> Callable[[World], Case]:
    """The same for a program, which names the image alone."""

    def prepared(w: World) -> Case:
        case = on_proposal(cell)(w)
        return Case(case.args[1:], case.data, json=True)

    return prepared


def on_acquisition(cell: str) -> Callable[[World], Case]:
    """A draft of an acquisition request, of which much may be asked."""

    def prepared(w: World) -> Case:
        collection = w.scene.collection
        order = acquisition_of(w.member(cell), w.organisation(cell), w.projects[cell], collection)
        return Case((order.reference,), {})

    return prepared


def on_quote(cell: str) -> Callable[[World], Case]:
    """A quote that is offered, with its document, and what is sent to accept or refuse it."""

    def prepared(w: World) -> Case:
        collection = w.scene.collection
        order = acquisition_of(w.member(cell), w.organisation(cell), w.projects[cell], collection)
        quote = offered(order)
        store_document(quote_id=quote.pk, storage_key="private/quotes/a.pdf", sha256="0" * 64)
        said = {"fingerprint": quote.fingerprint, "reason_code": "too_expensive", "words": "essai"}
        return Case((order.reference, quote.number), said)

    return prepared


def on_quote_by_program(cell: str) -> Callable[[World], Case]:
    """The same, accepted by a program at the price it read."""

    def prepared(w: World) -> Case:
        args = on_quote(cell)(w).args
        return Case(args, {"price_cents": Quote.objects.get(number=args[1]).price_cents}, json=True)

    return prepared


def on_pool_by_program(**data: Any) -> dict[str, Callable[[World], Case]]:
    """The same, answered by a program for the first of the requests."""

    def case(prepare: Callable[[World], Case]) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            args = prepare(w).args
            line = Pool.objects.get(reference=args[0]).living()[0].line
            return Case(args, {"order": line.order.reference, "version": 0, **data}, json=True)

        return prepared

    return {cell: case(prepare) for cell, prepare in on_pool().items()}


def decision_on_order(cell: str) -> Callable[[World], Case]:
    """The approval of an order, out of an envelope that can pay."""

    def prepared(w: World) -> Case:
        order = order_in("in_review", cell)(w)
        pays = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        data = {"version": order.version, "envelope": pays.pk, "reason": "essai", "decision": "approve"}
        return Case((order.reference,), data)

    return prepared


def on_envelope(cell: str, **data: Any) -> Callable[[World], Case]:
    """The envelope of an organisation."""

    def prepared(w: World) -> Case:
        row = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        return Case((row.pk,), data)

    return prepared


def on_programme(w: World) -> Case:
    """The envelope of a programme."""
    programme = NationalProgramme.objects.create(name="Programme")
    return Case((envelope(kind="programme", programme=programme).pk,), {"projects": w.projects[HOME].pk})


def on_adjustment(cell: str) -> Callable[[World], Case]:
    """A change of the budget of an organisation that Dora proposed, to be confirmed."""

    def prepared(w: World) -> Case:
        row = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        change = propose_adjustment(envelope=row, actor=w.dora, amount_m2=1, words="essai")
        return Case((change.pk,), {"version": change.version, "decision": "confirm"})

    return prepared


def new_envelope(w: World) -> Case:
    """An envelope of the common pot to open."""
    return Case(
        (),
        {
            "name": "Essai",
            "family": "pleiades",
            "kind": "common",
            "carry": "none",
            "starts": "2030-01-01",
            "ends": "2030-03-31",
        },
    )


def new_tariff(w: World) -> Case:
    """A rate to set."""
    return Case(
        (),
        {
            "family": "pleiades",
            "kind": "archive",
            "quota": "outside",
            "price": "5",
            "minimum": "25",
            "stereo_factor": "2",
            "tristereo_factor": "3",
            "since": (clock.today() + timedelta(days=9)).isoformat(),
            "reason": "essai",
        },
    )


QUEUE_RULE = {
    "need": 1,
    "age": 1,
    "use": 1,
    "reuse": 1,
    "emergency": 9,
    "age_days": 9,
    "half_life_days": 9,
    "reuse_full": 9,
}


def new_queue_rule(w: World) -> Case:
    """Weights of the queue to propose."""
    return Case((), {**QUEUE_RULE, "starts_on": (clock.today() + timedelta(days=9)).isoformat(), "reason": "essai"})


def proposed_queue_rule(w: World) -> Case:
    """Weights of the queue that Dora proposed, to be confirmed."""
    starts_at = clock.now() + timedelta(days=9)
    rule = propose_rule(actor=w.dora, formula=Formula(), starts_at=starts_at, reason="essai")
    return Case((rule.pk,), {})


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


def ticket(w: World) -> Case:
    """A link of Alice: whoever holds it has what she has."""
    _ticket, token, _paths = issue_ticket(person=w.cast.alice, assets=[w.asset], project=None, at=clock.now())
    return Case((token, w.asset.file_name))


def stale_ticket(w: World) -> Case:
    """A link of Alice after her right was suspended."""
    case = ticket(w)
    held = Entitlement.objects.get(organisation=w.cast.institute, licence=w.cast.licences["pleiades-uia"])
    suspend_entitlement(entitlement=held, cause="inquiry", words="essai", actor=w.dora)
    return case


def api_key(owner: str) -> Callable[[World], Case]:
    """A key: Alice's own, or the institute's, which its référents look after."""

    def prepared(w: World) -> Case:
        mine = (
            {"actor": w.cast.alice} if owner == "person" else {"actor": w.cast.remi, "organisation": w.cast.institute}
        )
        client, _credentials = key_of(**mine)
        return Case((client.pk,), {"version": client.version})

    return prepared


def copy_of_data(w: World) -> Case:
    """The copy of Alice's data, ready."""
    ready = {"ready_at": clock.now(), "expires_at": clock.now() + timedelta(days=7)}
    key = {"storage_key": "private/exports/a.zip", "sha256": "0" * 64}
    return Case((DataExport.objects.create(person=w.cast.alice, **ready, **key).pk,))


def asked_erasure(w: World) -> Case:
    """The erasure that Alice asked for."""
    return Case((ask_erasure(person=w.cast.alice).pk,))


def of_organisation(cell: str, find: Callable[[World, str], int]) -> Callable[[World], Case]:
    """Something of an organisation that the API shows."""
    return lambda w: Case((find(w, cell),))


def spoken(cells: Mapping[str, Callable[[World], Case]], code: str = "") -> dict[str, Callable[[World], Case]]:
    """The same adhesions, decided on by a program: reason, words and the version in JSON."""

    def prepared(prepare: Callable[[World], Case]) -> Callable[[World], Case]:
        def case(w: World) -> Case:
            args = prepare(w).args
            version = Adhesion.objects.get(pk=args[0]).version
            return Case(args, {"reason_code": code, "words": "Dossier complet.", "version": version}, json=True)

        return case

    return {cell: prepared(prepare) for cell, prepare in cells.items()}


def right_number(w: World, cell: str) -> int:
    """A right of the organisation."""
    return Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("pk").pk


def project_number(w: World, cell: str) -> int:
    """A project of the organisation."""
    return w.projects[cell].pk


def new_key(w: World) -> Case:
    """A key of one's own that ends tonight."""
    return Case((), {"name": "QGIS", "scopes": ["rights:read"], "expires_on": clock.today().isoformat()})


def other_account(w: World) -> Case:
    """What an administrator may write of an account: here, that Bob's is closed."""
    bob = w.cast.bob
    return Case((bob.pk,), {"name": bob.name, "language": "fr", "office_role": "none"})


def on_hold_back(cell: str, **data: Any) -> Callable[[World], Case]:
    """A hold-back that the office has granted, on an order of Alice (of Charlie elsewhere)."""

    def prepared(w: World) -> Case:
        order = order_in("draft", cell)(w)
        hold_backs.ask_hold_back(order=order, actor=order.requester, months=6, words="essai")
        order = submission.submit_order(order=order, actor=order.requester)
        order = review.start_review(order=order, actor=w.dora)
        pays = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        ruling = hold_backs.HoldBackRuling(6)
        review.approve_order(order=order, actor=w.dora, reason="essai", envelope=pays, hold_back=ruling)
        return Case((order.reference,), data)

    return prepared


def on_obligation(cell: str, *, signed: bool = False, **data: Any) -> Callable[[World], Case]:
    """A usage report that Alice owes (Charlie elsewhere), or a certificate that they signed."""

    def prepared(w: World) -> Case:
        right = Entitlement.objects.filter(organisation=w.organisation(cell)).earliest("pk")
        row = Obligation.objects.create(
            kind="destruction" if signed else "usage_report",
            person=w.member(cell),
            organisation=w.organisation(cell),
            entitlement=right if signed else None,
            since=clock.now() - timedelta(days=400),
            until=clock.now(),
            due_on=clock.today(),
            storage_key="private/destruction/essai.pdf" if signed else "",
        )
        return Case((row.pk,), data)

    return prepared


def publication(cell: str, *, program: bool = False) -> Callable[[World], Case]:
    """A work about an image that is held, as a person or a program declares it for an organisation."""

    def prepared(w: World) -> Case:
        said = {"organisation": w.organisation(cell).pk, "doi": "10.5281/zenodo.12", "title": "Dunes", "year": 2026}
        image = w.asset.item
        if program:
            return Case((), {**said, "items": [image.pk]}, json=True)
        return Case((), {**said, "others": image.stac_id})

    return prepared


def on_publication(cell: str) -> Callable[[World], Case]:
    """A work that Alice has declared (Charlie elsewhere)."""

    def prepared(w: World) -> Case:
        row = Publication.objects.create(
            person=w.member(cell), organisation=w.organisation(cell), doi="10.5281/zenodo.7", title="Dunes", year=2026
        )
        return Case((row.pk,))

    return prepared
