# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Membership, Organisation, User
from dinamis.core import clock, keys
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import Busy, IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.keys import KeyForbidden
from dinamis.core.models import StateChange
from dinamis.core.transitions import apply_transition, can, record_creation
from tests.factories.api import key_of

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 4, 10, 12, tzinfo=UTC)


@pytest.fixture
def referent():
    user = User.objects.create_user("remi@estuaire.example", name="Rémi Vasseur")
    organisation = Organisation.objects.create(name="Université de l’Estuaire")
    membership = Membership.objects.create(user=user, organisation=organisation, role=MemberRole.REFERENT)
    apply_transition(membership, "admit", actor=SYSTEM, active_from=clock.now())
    return user


@pytest.fixture
def request_(referent):
    alice = User.objects.create_user("alice@estuaire.example", name="Alice Martin")
    return Membership.objects.create(user=alice, organisation=Organisation.objects.get())


def test_a_transition_saves_the_state_and_remembers_who_when_and_why(request_, referent):
    with clock.at(MOMENT):
        apply_transition(
            request_,
            "activate",
            actor=Actor.person(referent),
            reason=Reason("known", "Works in my team."),
            active_from=clock.now(),
        )
    stored = Membership.objects.get(pk=request_.pk)
    assert (stored.state, stored.version, stored.active_from) == (MembershipState.ACTIVE, 1, MOMENT)
    change = StateChange.objects.get(object_id=request_.pk)
    assert (change.transition, change.from_state, change.to_state) == ("activate", "requested", "active")
    assert (change.actor, change.actor_kind, change.actor_label) == (referent, "person", "Rémi Vasseur")
    assert (change.reason_code, change.words, change.at) == ("known", "Works in my team.", MOMENT)


def nothing_happened(membership):
    stored = Membership.objects.get(pk=membership.pk)
    return stored.state == MembershipState.REQUESTED and not StateChange.objects.filter(object_id=stored.pk).exists()


def test_a_person_without_the_permission_is_refused(request_):
    with pytest.raises(NotPermitted):
        apply_transition(request_, "activate", actor=Actor.person(request_.user), active_from=clock.now())
    assert nothing_happened(request_)


def test_the_system_cannot_do_what_is_a_persons_to_do(request_):
    with pytest.raises(NotPermitted):
        apply_transition(request_, "activate", actor=SYSTEM, active_from=clock.now())
    assert nothing_happened(request_)


def test_a_key_moves_nothing_and_holds_no_row_while_it_is_told_so(request_, referent, django_assert_num_queries):
    key, _ = key_of(referent)
    with keys.window():
        keys.act_as(key)
        with django_assert_num_queries(0), pytest.raises(KeyForbidden):
            apply_transition(request_, "activate", actor=Actor.person(referent), active_from=clock.now())
    assert nothing_happened(request_)


def test_a_reason_that_is_due_must_be_given(request_, referent):
    with pytest.raises(Invalid) as caught:
        apply_transition(request_, "decline", actor=Actor.person(referent), ended_at=clock.now())
    assert caught.value.pointer == "reason"
    assert nothing_happened(request_)


def test_a_decision_on_an_old_version_is_refused(request_, referent):
    with pytest.raises(StaleVersion):
        apply_transition(
            request_, "activate", actor=Actor.person(referent), expected_version=3, active_from=clock.now()
        )
    assert nothing_happened(request_)


def test_an_arrow_that_does_not_leave_the_state_is_refused(request_, referent):
    actor = Actor.person(referent)
    apply_transition(request_, "activate", actor=actor, active_from=clock.now())
    with pytest.raises(IllegalTransition) as caught:
        apply_transition(request_, "activate", actor=actor, active_from=clock.now())
    assert caught.value.extra == {"state": "active"}
    assert StateChange.objects.filter(object_id=request_.pk).count() == 1


def test_can_asks_state_and_permission(request_, referent):
    assert can(request_, "activate", Actor.person(referent))
    assert not can(request_, "activate", Actor.person(request_.user))
    assert not can(request_, "remove", Actor.person(referent))


def test_record_creation_writes_the_first_line(request_, referent):
    record_creation(request_, actor=Actor.person(referent), words="By hand.")
    assert StateChange.objects.values_list("transition", "from_state", "to_state", "words").get(
        object_id=request_.pk
    ) == ("create", "", "requested", "By hand.")


def test_a_history_line_can_neither_change_nor_go(request_, referent):
    record_creation(request_, actor=SYSTEM)
    for sql in ("UPDATE core_statechange SET words = 'x'", "DELETE FROM core_statechange"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert StateChange.objects.get(object_id=request_.pk).words == ""


@pytest.mark.django_db(transaction=True)
def test_a_row_locked_elsewhere_is_busy_and_unchanged(request_, referent, settings):
    from concurrent.futures import ThreadPoolExecutor

    settings.DINAMIS = {**settings.DINAMIS, "LOCK_TIMEOUT": "100ms"}

    def elsewhere():
        try:
            with pytest.raises(Busy):
                apply_transition(request_, "activate", actor=Actor.person(referent), active_from=clock.now())
        finally:
            connection.close()

    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=request_.pk)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(elsewhere).result(timeout=10)
    assert nothing_happened(request_)
