# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hold-backs, obligations, publications."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from dinamis.core import clock
from licensing.models import Entitlement
from orders.models import Obligation, Publication
from orders.services.duties import hold_backs
from orders.services.requests import submission
from orders.services.reviewing import review
from tests.factories.orders import envelope
from tests.walk.orders import order_in
from tests.walk.world import HOME, Case, World


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
