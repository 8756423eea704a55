# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads: the desk's rows, the rights page, constant numbers of queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dinamis.core import clock
from licensing.selectors.adhesion import search_organisations
from licensing.selectors.desk import desk_rows
from licensing.selectors.rights import rights_of
from licensing.services.load_licences import load_licences
from tests.cast import admit, gather, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


def queries(call) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        call()
    return len(seen)


def test_the_desk_lists_the_longest_waiting_first_and_says_what_is_late():
    load_licences()
    dora = ModeratorFactory()
    now = clock.now()
    with clock.at(now - timedelta(days=31)):
        signed_adhesion(UserFactory(), "Ancien", 61, "french_institutional")
    recent = signed_adhesion(UserFactory(), "Récent", 62, "french_institutional")
    active_membership(dora, recent.organisation)
    rows = desk_rows(dora, now + timedelta(seconds=1))
    assert [(row.who, row.age_days, row.late) for row in rows] == [("Ancien", 31, True), ("Récent", 0, False)]
    assert rows[0].blocking != rows[1].blocking
    assert rows[0].url == f"/office/adhesions/{recent.pk - 1}/"


def test_the_desk_asks_as_much_for_three_rows_as_for_one():
    load_licences()
    dora = ModeratorFactory()
    signed_adhesion(UserFactory(), "Un", 63, "french_institutional")
    one = queries(lambda: desk_rows(dora, clock.now()))
    for number in (64, 65):
        signed_adhesion(UserFactory(), f"Institut {number}", number, "french_institutional")
    assert len(desk_rows(dora, clock.now())) == 3
    assert queries(lambda: desk_rows(dora, clock.now())) == one


def test_rights_are_those_of_decide_and_cost_the_same_for_one_licence_or_three():
    world = allowed_world()
    one = queries(lambda: rights_of(world.person, clock.now()))
    (row,) = rights_of(world.person, clock.now())
    assert row.signed_at is not None
    assert [(right.allowed, right.until, right.missing) for right in row.actions] == [
        (True, world.right.period[1], ())
    ] * 3
    allowed_world(), allowed_world()
    assert len(rights_of(world.person, clock.now())) == 3
    assert queries(lambda: rights_of(world.person, clock.now())) == one


def test_a_missing_signature_alone_is_told_apart():
    cast = gather()
    rows = {row.licence.code: row for row in rights_of(cast.contractor, clock.now())}
    assert rows["pleiades-uia"].only_signature_missing
    assert [right.allowed for right in rows["spot-6-7-uia"].actions] == [True, False, False]
    assert rows["spot-6-7-uia"].actions[0].projects == ("Carte des digues",)
    assert not rows["spot-6-7-uia"].only_signature_missing


def test_only_organisations_in_force_are_found():
    load_licences()
    dora = ModeratorFactory()
    admit(signed_adhesion(UserFactory(), "Institut des rivages", 66, "french_institutional"), dora)
    signed_adhesion(UserFactory(), "Institut des attentes", 67, "french_institutional")
    now = clock.now()
    assert [found.name for found in search_organisations("institut", now)] == ["Institut des rivages"]
    assert search_organisations("rivages montpellier", now) != []
    assert search_organisations("rivages paris", now) == []
    assert search_organisations("", now + timedelta(days=4000)) == []
