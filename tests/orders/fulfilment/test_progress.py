# SPDX-License-Identifier: AGPL-3.0-or-later
"""The order's state is a function of its lines."""

from itertools import product

import pytest

from orders.enums import ItemState as I
from orders.enums import OrderState as O
from orders.services.fulfilment.progress import OPEN, order_state


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([I.APPROVED], O.APPROVED),
        ([I.APPROVED, I.PLACED], O.PLACED),
        ([I.PLACED, I.IN_PROGRESS], O.IN_PROGRESS),
        ([I.PROPOSED], O.IN_PROGRESS),
        ([I.PRODUCING, I.APPROVED], O.IN_PROGRESS),
        ([I.DELIVERED, I.PRODUCING], O.PARTLY_DELIVERED),
        ([I.DELIVERED, I.APPROVED], O.PARTLY_DELIVERED),
        ([I.DELIVERED], O.DELIVERED),
        ([I.DELIVERED, I.DELIVERED], O.DELIVERED),
        ([I.DELIVERED, I.REFUSED], O.DELIVERED),
        ([I.DELIVERED, I.FAILED], O.PARTLY_DELIVERED),
        ([I.DELIVERED, I.CANCELLED], O.PARTLY_DELIVERED),
        ([I.FAILED, I.PLACED], O.PLACED),
        ([I.FAILED, I.CANCELLED, I.EXPIRED], O.FAILED),
        ([I.EXPIRED, I.CANCELLED], O.EXPIRED),
        ([I.CANCELLED, I.CANCELLED], O.CANCELLED),
        ([I.REFUSED], O.REFUSED),
    ],
)
def test_order_state(lines, state):
    assert order_state(lines) == state
    assert order_state(reversed(lines)) == state


def test_a_line_that_was_not_decided_is_not_ours_to_judge():
    with pytest.raises(ValueError, match="not been decided"):
        order_state([I.PENDING, I.DELIVERED])


def test_every_pair_has_a_state_and_ends_only_when_all_lines_ended():
    decided = [state for state in I if state != I.PENDING]
    under_way = {O.APPROVED, O.PLACED, O.IN_PROGRESS, O.PARTLY_DELIVERED}
    for pair in product(decided, repeat=2):
        state = order_state(pair)
        if set(pair) & OPEN:
            assert state in under_way, pair
        if state in under_way - {O.PARTLY_DELIVERED}:
            assert set(pair) & OPEN, pair
