# SPDX-License-Identifier: AGPL-3.0-or-later
"""The feed of changes: complete, in order, ends of periods included, and never the same line twice."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from dinamis.core.actors import Reason
from licensing.models import Adhesion, Entitlement, EntitlementChange
from licensing.services import adhesion as verbs
from licensing.services.block import BlockWanted, create_block, lift_block
from licensing.services.changes import note_changes
from licensing.services.entitlement import lift_suspension, suspend_entitlement
from tests.factories.api import caller_of

pytestmark = pytest.mark.django_db
FEED = "/api/v1/entitlement-changes"
WHY = Reason("inquiry", "essai")


@pytest.fixture
def api(cast):
    return caller_of(cast.admin, organisation=cast.university, scopes=[ApiScope.ENTITLEMENTS.value])


def read(api, after=0, **query):
    answer = api.get(FEED, {"after": after, "limit": 200, **query})
    assert answer.status_code == 200, answer.content
    return answer.json()


def kinds(page):
    return [(one["kind"], one["cause"]) for one in page["results"]]


def test_what_was_granted_stands_once_whoever_asks_how_often(cast, api):
    first = read(api)
    assert set(kinds(first)) == {("granted", "")}
    assert len(first["results"]) == Entitlement.objects.count()
    assert first["last"] == first["results"][-1]["seq"]
    assert read(api)["results"] == first["results"]
    assert read(api, first["last"]) == {"results": [], "last": first["last"]}


def test_suspension_return_and_revocation_come_in_their_order(cast, api):
    last = read(api)["last"]
    right = Entitlement.objects.filter(organisation=cast.university).first()
    stop = suspend_entitlement(entitlement=right, cause="inquiry", words="essai", actor=cast.dora)
    assert kinds(read(api, last)) == [("suspended", "inquiry")]
    lift_suspension(suspension=stop, words="essai", actor=cast.dora)
    adhesion = Adhesion.objects.get(organisation=cast.company)
    verbs.suspend_adhesion(adhesion=adhesion, actor=cast.dora, reason=WHY, expected_version=adhesion.version)
    breach = Reason("breach", "essai")
    notice = verbs.give_notice(adhesion=adhesion, actor=cast.dora, reason=breach, expected_version=adhesion.version)
    verbs.answer_notice(revocation=notice, actor=adhesion.referent, words="Nous contestons.")
    adhesion.refresh_from_db()
    verbs.confirm_revocation(revocation=notice, actor=cast.dora, reason=breach, expected_version=adhesion.version)
    page = read(api, last)
    rights = adhesion.entitlements.count()
    found = kinds(page)
    assert found[:2] == [("suspended", "inquiry"), ("restored", "inquiry")]
    assert [kind for kind, _cause in found].count("revoked") == rights
    assert [one["seq"] for one in page["results"]] == sorted(one["seq"] for one in page["results"])
    assert {one["entitlement"]["standing"] for one in page["results"] if one["kind"] == "revoked"} == {"revoked"}


def block(cast, kind, subject, **fields):
    wanted = BlockWanted(kind=kind, subject=subject, words="Fuite présumée.", **fields)
    return create_block(wanted=wanted, actor=cast.dora, key=uuid4())


def test_a_block_is_a_change_when_it_begins_and_when_it_ends(cast, api):
    last = read(api)["last"]
    home = cast.university
    tomorrow = clock.today() + timedelta(days=1)
    made = block(cast, "organisation", home.name, first_day=tomorrow, last_day=tomorrow)
    rights = home.entitlements.count()
    assert read(api, last)["results"] == []
    with clock.at(made.period.lower):
        page = read(api, last)
        assert kinds(page) == [("blocked", "organisation")] * rights
        assert {one["entitlement"]["organisation"]["id"] for one in page["results"]} == {home.pk}
        # What is shown is what `decide()` answers.
        assert {one["entitlement"]["standing"] for one in page["results"]} == {"blocked"}
        assert read(api, page["last"])["results"] == []
    with clock.at(made.period.upper):
        over = read(api, page["last"])
        assert kinds(over) == [("unblocked", "organisation")] * rights
        assert {one["entitlement"]["standing"] for one in over["results"]} == {"active"}
        assert read(api, over["last"])["results"] == []


def test_a_block_of_a_person_leaves_the_right_and_says_that_somebody_is_kept_out(cast, api):
    last = read(api)["last"]
    made = block(cast, "person", cast.alice.email)
    page = read(api, last)
    assert kinds(page) == [("blocked", "person")] * cast.institute.entitlements.count()
    assert {one["entitlement"]["standing"] for one in page["results"]} == {"active"}
    may = api.get("/api/v1/entitlements", {"person": cast.alice.email}).json()["results"]
    assert may
    assert all(one["allowed_actions"] == [] for one in may)
    lift_block(block=made, words="Établi.", actor=cast.dora)
    assert set(kinds(read(api, page["last"]))) == {("unblocked", "person")}


def test_a_block_that_was_lifted_before_it_began_is_no_change(cast, api):
    last = read(api)["last"]
    made = block(cast, "organisation", cast.university.name, first_day=clock.today() + timedelta(days=2))
    lift_block(block=made, words="Établi.", actor=cast.dora)
    with clock.at(made.period.lower + timedelta(days=1)):
        assert read(api, last)["results"] == []


def test_a_suspended_adhesion_makes_its_rights_rest_for_every_reader(cast, api):
    adhesion = Adhesion.objects.get(organisation=cast.company)
    verbs.suspend_adhesion(adhesion=adhesion, actor=cast.dora, reason=WHY, expected_version=adhesion.version)
    results = api.get("/api/v1/entitlements", {"limit": 200}).json()["results"]
    found = {one["standing"] for one in results if one["organisation"]["id"] == cast.company.pk}
    assert found == {"suspended"}


def test_the_end_of_a_period_is_a_change_when_it_is_due_by_nobodys_act(cast, api):
    last = read(api)["last"]
    ends = min(right.period.upper for right in Entitlement.objects.all())
    assert read(api, last)["results"] == []
    note_changes(at=ends - timedelta(seconds=1))
    assert read(api, last)["results"] == []
    note_changes(at=ends)
    page = read(api, last)
    assert {one["kind"] for one in page["results"]} == {"expired"}
    assert {one["occurred_at"] for one in page["results"]} == {one["entitlement"]["ends_at"] for one in page["results"]}


def test_each_reader_sees_their_own_reach_in_the_same_numbers(cast, api):
    everything = read(api)["results"]
    own = read(caller_of(cast.alice))["results"]
    assert own == [one for one in everything if one["entitlement"]["organisation"]["id"] == cast.institute.pk]
    assert own


def test_pages_join_without_a_gap(cast, api):
    everything = read(api)
    seen, after = [], 0
    while page := read(api, after, limit=2)["results"]:
        seen += page
        after = page[-1]["seq"]
    assert seen == everything["results"]


def test_a_line_is_never_changed_or_taken_back(cast, api):
    read(api)
    table = "licensing_entitlementchange"
    for statement in (f"UPDATE {table} SET kind = 'granted'", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert EntitlementChange.objects.exists()


@pytest.mark.parametrize("after", ["-1", "x", "99999999999999999999"])
def test_a_number_that_is_none_is_refused(cast, after):
    assert caller_of(cast.alice).get(FEED, {"after": after}).status_code == 422


def test_the_moment_asked_is_that_of_the_clock(cast, api):
    read(api)
    with clock.at(clock.now() + timedelta(days=400)):
        assert caller_of(cast.alice, name="plus tard").get(FEED).status_code == 200
