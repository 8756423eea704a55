# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small world for CIEST²: a scientist whom the office has named, the collection, the envelope, activations."""

from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from shapely.geometry import box

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from orders.domain.emergency_rules import Event
from orders.models import NationalProgramme
from orders.selectors.money.envelope import balance
from orders.services.ciest2 import emergency
from orders.services.ciest2.emergency_scientists import name_scientist
from orders.services.money import ledger
from tests.factories.orders import CollectionFactory, envelope, world

# About 8 x 8 km of Martinique.
PLACE = box(-61.20, 14.78, -61.13, 14.85)


def emergency_world(*, budget_km2=10_000):
    """The world of orders whose researcher may activate; its collection and envelope are those of CIEST²."""
    w = world()
    collection = CollectionFactory(licence=w.licence, slug=settings.DINAMIS["EMERGENCY_COLLECTION"])
    named(w, w.researcher)
    return replace(w, collection=collection, envelope=purse(budget_km2))


def purse(budget_km2=10_000):
    """An envelope of the programme CIEST² of the current period."""
    programme, _new = NationalProgramme.objects.get_or_create(name=settings.DINAMIS["EMERGENCY_PROGRAMME"])
    return envelope(budget_km2, kind="programme", programme=programme, name="CIEST² 2026")


def holding(w, area_m2):
    """The same world with so much left in its envelope."""
    missing = area_m2 - balance(w.envelope).available
    ledger.adjust(envelope=w.envelope, amount_m2=missing, attempts=0, actor=SYSTEM, key="holding", words="…")
    return w


def named(w, person, *, days=365):
    """The office names a person, from today on."""
    today = clock.today()
    last = today + timedelta(days=days)
    return name_scientist(actor=w.moderator, email=person.email, first=today, last=last, words="Observatoire")


def event(**changes):
    """An eruption of yesterday."""
    facts = {
        "kind": "eruption",
        "place": "Montagne Pelée",
        "event_on": clock.today() - timedelta(days=1),
        "why": "Croissance du dôme.",
        "area": PLACE,
    }
    return Event(**facts | changes)


def activated(w, **changes):
    """An activation of the researcher."""
    made, _new = emergency.activate(
        scientist=w.researcher, organisation=w.organisation, event=event(**changes), project=w.project
    )
    return made
