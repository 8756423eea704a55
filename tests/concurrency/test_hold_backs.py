# SPDX-License-Identifier: AGPL-3.0-or-later
"""The end of a hold-back seen by several workers, and by its requester, at the same moment: told once."""

import pytest

from dinamis.core.models import OutboxMessage, StateChange
from orders.models import ReservedImage
from orders.services.duties import hold_backs
from tests.concurrency.test_orders import together
from tests.factories.orders import world
from tests.orders.duties.test_hold_backs import fresh, granted, received

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def ends():
    return StateChange.objects.filter(aggregate="orders.holdback", to_state="released").count()


def told():
    return OutboxMessage.objects.filter(payload__template="orders/mail/released").count()


def test_four_workers_tell_once():
    row = granted(world())
    received(row)
    until = ReservedImage.objects.get().until
    answers = together(*[lambda: hold_backs.release_due(at=until)] * 4)
    assert (sorted(answers), ends(), told(), fresh(row).state) == ([0, 0, 0, 1], 1, 1, "released")


def test_a_requester_and_a_worker_at_once_end_it_once():
    row = granted(world())
    received(row)
    until = ReservedImage.objects.get().until

    def early():
        return hold_backs.release_early(hold_back=row, actor=row.order.requester)

    together(early, lambda: hold_backs.release_due(at=until), early)
    assert (ends(), told()) == (1, 1)
