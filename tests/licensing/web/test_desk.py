# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue of the office: its filters, its leases, its pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dinamis.core import clock
from licensing.selectors.desk import QueueFilter, queue, queue_rows, waiting_count
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from tests.cast import admit, foreign_adhesion, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def french(dora):
    load_licences()
    return signed_adhesion(UserFactory(), "Institut des rivages", 91, "french_institutional")


@pytest.fixture
def foreign(french, dora):
    adhesion = foreign_adhesion(UserFactory())
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    return adhesion


def found(user, at=None, **wanted):
    return {adhesion.pk for adhesion in queue(QueueFilter(**wanted), user, at or clock.now())}


def test_the_filters(french, foreign, dora):
    other = ModeratorFactory()
    assert found(dora) == {french.pk, foreign.pk}
    assert found(dora, state="submitted") == {french.pk}
    assert found(dora, eligibility_class="foreign_scientific") == {foreign.pk}
    assert (found(dora, holder="me"), found(other, holder="me")) == ({foreign.pk}, set())
    assert (found(dora, holder="others"), found(other, holder="others")) == (set(), {foreign.pk})
    assert found(dora, holder="free") == {french.pk}
    assert found(dora, missing="opinion") == {foreign.pk}
    assert found(dora, missing="evidence") == {french.pk, foreign.pk}
    assert found(dora, missing="changes") == found(dora, missing="nothing") == set()
    assert found(dora, late=True) == set()
    assert found(dora, at=clock.now() + timedelta(days=32), late=True) == {french.pk, foreign.pk}


def test_a_lapsed_claim_is_shown_as_free_and_may_be_taken(foreign, dora):
    foreign.refresh_from_db()
    end = foreign.claimed_until
    (row,) = queue_rows([foreign], dora, clock.now())
    assert (row.mine, row.held_until, row.blocking) == (True, end, "Un avis est attendu.")
    with clock.at(end):
        (row,) = queue_rows([foreign], dora, clock.now())
        assert (row.mine, row.holder, row.held_until) == (False, "", None)
        assert found(dora, holder="lapsed") == {foreign.pk}
        verbs.claim_adhesion(adhesion=foreign, actor=ModeratorFactory())
        assert found(dora, holder="others") == {foreign.pk}


def test_what_was_decided_leaves_the_queue(french, dora):
    admit(french, dora)
    assert (found(dora), waiting_count()) == (set(), 0)


def test_the_page_costs_the_same_with_one_line_and_with_many(client, french, dora):
    client.force_login(dora)

    def queries():
        client.get("/office/adhesions/")
        with CaptureQueriesContext(connection) as counted:
            assert client.get("/office/adhesions/").status_code == 200
        return len(counted)

    one = queries()
    for number in range(92, 96):
        signed_adhesion(UserFactory(), f"Institut {number}", number, "french_institutional")
    assert queries() == one


def test_a_filter_nobody_knows_is_no_filter(client, french, dora):
    client.force_login(dora)
    page = client.get("/office/adhesions/?state=nonsense&page=99&holder=me%27").content.decode()
    assert "Institut des rivages" in page
    client.force_login(UserFactory())
    assert client.get("/office/adhesions/").status_code == 404
