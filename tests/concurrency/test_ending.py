# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real threads: an organisation ends once, whoever declares it and however often the job runs."""

from datetime import timedelta

import pytest

from dinamis.accounts.models import Membership
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.periods import day_start
from licensing.models import OrganisationEnd
from licensing.services.ending import Ending, carry_out_end, declare_end
from tests.concurrency.test_adhesions import outcome, together
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import approved_adhesion

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pair():
    """Two admitted organisations; the first has three members."""
    homes = [approved_adhesion(referent=UserFactory()).organisation for _ in range(2)]
    for _ in range(3):
        active_membership(UserFactory(), homes[0])
    active_membership(UserFactory(), homes[1], role="referent")
    return homes


def test_four_moderators_declare_the_same_merger_at_once(pair):
    home, successor = pair
    ending = Ending("merged", clock.today(), "Décret.", (successor,))
    people = [ModeratorFactory() for _ in range(4)]
    won, lost = outcome(
        together(*(lambda who=who: declare_end(organisation=home, actor=who, ending=ending) for who in people))
    )
    assert len(won) == 1
    assert {(type(error), error.code) for error in lost} == {(Invalid, "declared_already")}
    assert Membership.objects.filter(organisation=successor, state="requested").count() == 3
    closed = StateChange.objects.filter(aggregate="licensing.adhesion", transition="close")
    assert closed.count() == 1


def test_two_organisations_are_not_merged_into_each_other(pair):
    one, other = pair
    dora, karim = ModeratorFactory(), ModeratorFactory()
    won, lost = outcome(
        together(
            lambda: declare_end(
                organisation=one, actor=dora, ending=Ending("merged", clock.today(), "Décret.", (other,))
            ),
            lambda: declare_end(
                organisation=other, actor=karim, ending=Ending("merged", clock.today(), "Décret.", (one,))
            ),
        )
    )
    assert (len(won), len(lost)) == (1, 1)
    assert isinstance(lost[0], Invalid)
    assert OrganisationEnd.objects.count() == 1


def test_the_job_beside_itself_carries_out_once(pair):
    home, successor = pair
    ending = Ending("merged", clock.today() + timedelta(days=2), "Décret.", (successor,))
    end = declare_end(organisation=home, actor=ModeratorFactory(), ending=ending)
    moment = day_start(end.effective_on) + timedelta(minutes=1)

    def job():
        with clock.at(moment):
            carry_out_end(OrganisationEnd.objects.select_related("organisation").get(pk=end.pk))

    _won, lost = outcome(together(*[job] * 4))
    assert lost == []
    changes = StateChange.objects.filter(aggregate="licensing.organisationend", transition="carry_out")
    assert changes.count() == 1
    assert Membership.objects.filter(organisation=successor, state="requested").count() == 3
    assert OutboxMessage.objects.filter(payload__template="licensing/mail/merger_newcomers").count() == 1
