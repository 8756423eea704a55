# SPDX-License-Identifier: AGPL-3.0-or-later
"""Activations of CIEST², and whom the office has named."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from shapely.geometry import mapping

from dinamis.core import clock
from tests.factories.accounts import UserFactory
from tests.factories.emergencies import activated, event, named, purse
from tests.factories.orders import CollectionFactory
from tests.walk.world import ELSEWHERE, HOME, NOBODYS, Case, World


def activation_of(w: World, cell: str) -> Any:
    """An activation of Alice (of Charlie elsewhere), whom Dora has named."""
    CollectionFactory(licence=w.scene.collection.licence, slug=settings.DINAMIS["EMERGENCY_COLLECTION"])
    purse()
    place = SimpleNamespace(
        moderator=w.dora,
        researcher=w.member(cell),
        organisation=w.organisation(cell),
        project=w.projects[cell],
    )
    named(place, place.researcher)
    return activated(place)


def on_activation(**data: Any) -> dict[str, Callable[[World], Case]]:
    """Both cells of a page of an activation."""

    def case(cell: str) -> Callable[[World], Case]:
        def prepared(w: World) -> Case:
            activation = activation_of(w, cell)
            return Case((activation.order.reference,), {"version": activation.version, **data})

        return prepared

    return {cell: case(cell) for cell in (HOME, ELSEWHERE)}


def joined(cell: str) -> Callable[[World], Case]:
    """An activation of Alice that Bob, named too, may join; of Charlie, that Alice may."""

    def prepared(w: World) -> Case:
        activation = activation_of(w, cell)
        named(SimpleNamespace(moderator=w.dora), w.cast.bob if cell == HOME else w.cast.alice)
        return Case((activation.order.reference,), {"organisation": w.organisation(HOME).pk, "words": "essai"})

    return prepared


def new_activation(w: World) -> Case:
    """A form that asks what it would take; Alice is named."""
    named(SimpleNamespace(moderator=w.dora), w.member(HOME))
    return Case((), {"step": "compute"})


def activation_by_program(w: World) -> Case:
    """The words of an activation of Alice, who is named; everything for it is there."""
    CollectionFactory(licence=w.scene.collection.licence, slug=settings.DINAMIS["EMERGENCY_COLLECTION"])
    purse()
    named(SimpleNamespace(moderator=w.dora), w.member(HOME))
    asked = event()
    return Case(
        (),
        {
            "kind": asked.kind,
            "place": asked.place,
            "event_on": asked.event_on.isoformat(),
            "justification": asked.why,
            "aoi": mapping(asked.area),
        },
        json=True,
    )


def new_scientist(w: World) -> Case:
    """Somebody to name."""
    today = clock.today()
    last = today + timedelta(days=30)
    return Case(
        (),
        {"email": UserFactory().email, "first": today.isoformat(), "last": last.isoformat(), "words": "essai"},
    )


def on_scientist(w: World) -> Case:
    """Somebody who was named, to be revoked."""
    return Case((named(SimpleNamespace(moderator=w.dora), UserFactory()).pk,))


CELLS = {
    "api:emergencies": {HOME: activation_by_program},
    "api:emergency": on_activation(),
    "orders:emergencies": {HOME: new_activation},
    "orders:emergency": on_activation(),
    "orders:emergency_join": {HOME: joined(HOME), ELSEWHERE: joined(ELSEWHERE)},
    "orders:emergency_stop": on_activation(code="event_over"),
    "orders:emergency_scientists": {NOBODYS: new_scientist},
    "orders:emergency_revoke": {NOBODYS: on_scientist},
}
