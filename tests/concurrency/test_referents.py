# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real threads: of two référents who go at the same moment one stays, whichever way each goes."""

import pytest
from django.db import IntegrityError, transaction

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Membership, Nomination
from dinamis.accounts.selectors.membership import referents
from dinamis.accounts.services.membership import leave, remove_member
from dinamis.accounts.services.nomination import accept_nomination, name_referent, step_down
from dinamis.core import clock
from dinamis.core.exceptions import DomainError, IllegalTransition, Invalid
from tests.concurrency.test_adhesions import outcome, together
from tests.factories.accounts import OrganisationFactory, UserFactory, active_membership

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pair():
    home = OrganisationFactory()
    return home, [active_membership(UserFactory(), home, role=MemberRole.REFERENT) for _ in range(2)]


def again(membership):
    return Membership.objects.select_related("user", "organisation").get(pk=membership.pk)


WAYS = {
    "both leave": (leave, leave),
    "one leaves, one steps down": (leave, step_down),
    "both step down": (step_down, step_down),
}


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("turn", range(3))
def test_of_two_who_go_at_once_one_stays(pair, ways, turn):
    home, rows = pair
    copies = [again(row) for row in rows]
    won, lost = outcome(
        together(
            *(
                lambda copy=copy, way=way: way(membership=copy, actor=copy.user)
                for copy, way in zip(copies, ways, strict=True)
            )
        )
    )
    assert (len(won), len(lost)) == (1, 1)
    assert isinstance(lost[0], Invalid)
    assert lost[0].code == "last_referent"
    assert referents(home).count() == 1


def test_two_who_remove_each_other(pair):
    home, rows = pair
    one, other = (again(row) for row in rows)
    won, lost = outcome(
        together(
            lambda: remove_member(membership=other, actor=one.user, words="Dehors."),
            lambda: remove_member(membership=one, actor=other.user, words="Dehors."),
        )
    )
    assert (len(won), len(lost)) == (1, 1)
    assert referents(home).count() == 1


def test_the_database_alone_keeps_one_of_two_who_forget_the_lock(pair):
    home, rows = pair

    def forget(row):
        try:
            with transaction.atomic():
                Membership.objects.filter(pk=row.pk).update(
                    state=MembershipState.ENDED, ended_at=clock.now(), ending="left"
                )
        except IntegrityError as error:
            raise DomainError(str(error)) from error

    won, lost = outcome(together(*(lambda row=row: forget(row) for row in rows)))
    assert (len(won), len(lost)) == (1, 1)
    assert referents(home).count() == 1


def test_eight_acceptances_at_once_make_one_referent(pair):
    home, rows = pair
    nora = active_membership(UserFactory(), home)
    name_referent(organisation=home, actor=rows[0].user, who=nora, hands_over=True)
    copies = [Nomination.objects.select_related("organisation", "successor", "named_by").get() for _ in range(8)]
    won, lost = outcome(
        together(*(lambda copy=copy: accept_nomination(nomination=copy, actor=copy.successor) for copy in copies))
    )
    assert len(won) == 1
    assert {type(error) for error in lost} == {IllegalTransition}
    assert set(referents(home)) == {nora.user, rows[1].user}
    assert nora.user.memberships.filter(state=MembershipState.ACTIVE).count() == 1
