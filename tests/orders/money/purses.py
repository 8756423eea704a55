# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes for tests: who looks after one, what is proposed, what opens."""

from datetime import datetime

from dinamis.accounts.enums import MemberRole
from dinamis.core import clock
from orders.services.money import envelopes
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.orders import KM2, drafted


def referent_of(organisation):
    """Somebody who leads an organisation."""
    person = UserFactory()
    active_membership(person, organisation, MemberRole.REFERENT)
    return person


def paris(*day):
    """A moment in Paris."""
    return datetime(*day, tzinfo=clock.PARIS)


def costly_line(w):
    """A line of a draft that costs 60 km²."""
    item = drafted(w).items.get()
    item.billed_area_m2 = 60 * KM2
    item.save(update_fields=["billed_area_m2"])
    return item


def proposed(w, **changes):
    """A change of the budget of the organisation, by the office, that waits for a second person."""
    return envelopes.propose_adjustment(
        **{"envelope": w.envelope, "actor": w.moderator, "words": "Avenant 2", "amount_m2": 5 * KM2, **changes}
    )


def opened(w, **changes):
    """An envelope of the common pot for the first quarter of 2027."""
    words = {
        "actor": w.moderator,
        "name": "Pléiades 2027 T1",
        "family": "pleiades",
        "kind": "common",
        "starts": paris(2027, 1, 1),
        "last_day": paris(2027, 3, 31).date(),
    }
    return envelopes.open_envelope(**{**words, **changes})
