# SPDX-License-Identifier: AGPL-3.0-or-later
"""A history says what was done: every change that a page shows has its words."""

import pytest

from licensing.transitions import ADHESION, REPRESENTATIVE_CHANGE
from licensing.web.happened import HAPPENED
from orders.transitions import INVOICE
from orders.web.money import invoices


@pytest.mark.parametrize(
    ("machine", "words"),
    [(ADHESION, HAPPENED), (REPRESENTATIVE_CHANGE, HAPPENED), (INVOICE, invoices.HAPPENED)],
)
def test_every_change_has_its_words(machine, words):
    changes = {"create", *(arrow.name for arrow in machine.transitions)}
    assert {name for aggregate, name in words if aggregate == machine.aggregate} == changes
