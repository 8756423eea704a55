# SPDX-License-Identifier: AGPL-3.0-or-later
"""Activations of CIEST² at the same moment: one for a place, never more than the envelope holds, and one end."""

import pytest
from shapely.affinity import translate

from dinamis.core.exceptions import DomainError, IllegalTransition, QuotaExceeded
from dinamis.core.models import StateChange
from orders.models import Activation, ActivationParty, Order, OrderItem
from orders.selectors.money.envelope import balance
from orders.services.ciest2 import emergency
from tests.concurrency.test_orders import together
from tests.factories.emergencies import PLACE, activated, emergency_world, event, named
from tests.factories.orders import KM2, arrived, neighbour, placed

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
BILLED = 10 * 2 * 100 * KM2


@pytest.fixture(autouse=True)
def _patience(settings):
    """On a busy machine the last of several waits longer than a person would."""
    settings.DINAMIS = {**settings.DINAMIS, "LOCK_TIMEOUT": "25s"}


def activating(w, **changes):
    who = {"scientist": w.researcher, "organisation": w.organisation, "project": w.project}
    return lambda: emergency.activate(event=event(**changes), **who)


def test_the_same_activation_sent_at_once_is_one():
    w = emergency_world()
    answers = together(*[activating(w)] * 4)
    assert sorted(new for _activation, new in answers) == [False, False, False, True]
    assert len({activation for activation, _new in answers}) == 1
    assert (Activation.objects.count(), Order.objects.count(), OrderItem.objects.count()) == (1, 1, 10)
    assert balance(w.envelope).held == BILLED


def test_two_scientists_who_activate_one_place_at_once_get_one_activation():
    w = emergency_world()
    other = neighbour(w)
    named(w, other.researcher)
    answers = together(activating(w), activating(other))
    (lost,) = (answer for answer in answers if isinstance(answer, IllegalTransition))
    (won,) = (answer[0] for answer in answers if not isinstance(answer, DomainError))
    assert lost.extra["reference"] == won.order.reference
    assert (Activation.objects.count(), Order.objects.count(), balance(w.envelope).held) == (1, 1, BILLED)


def test_activations_of_several_places_never_spend_more_than_the_envelope_has():
    w = emergency_world(budget_km2=2 * 2000 + 1999)
    answers = together(*(activating(w, area=translate(PLACE, 2 * number)) for number in range(5)))
    assert sum(isinstance(answer, QuotaExceeded) for answer in answers) == 3
    assert (Activation.objects.count(), balance(w.envelope).held) == (2, 2 * BILLED)
    assert balance(w.envelope).available == 1999 * KM2


def test_stopped_while_an_image_is_delivered_the_image_stays_and_the_rest_is_asked_to_stop():
    w = emergency_world()
    activation = activated(w)
    first, *_rest = placed(activation.order)
    together(
        lambda: arrived(first),
        lambda: emergency.stop(activation=activation, actor=w.researcher, code="event_over"),
    )
    assert Activation.objects.get().state == "stopped"
    assert OrderItem.objects.get(provider_order=first).state == "delivered"
    assert OrderItem.objects.filter(state="placed").count() == 9


def test_stopped_and_ended_at_once_it_has_one_end():
    w = emergency_world()
    activation = activated(w)
    together(
        lambda: emergency.stop(activation=activation, actor=w.researcher, code="event_over"),
        lambda: emergency.watch(at=activation.period.upper),
        lambda: emergency.watch(at=activation.period.upper),
    )
    ends = StateChange.objects.filter(aggregate="orders.activation").exclude(transition="create")
    assert ends.count() == 1
    assert Activation.objects.get().state == ends.get().to_state


def test_who_joins_twice_at_once_has_joined_once():
    w = emergency_world()
    activation = activated(w)
    other = neighbour(w)
    named(w, other.researcher)
    who = {"activation": activation, "person": other.researcher, "organisation": other.organisation}
    together(*[lambda: emergency.join(**who)] * 4)
    assert ActivationParty.objects.count() == 1
