# SPDX-License-Identifier: AGPL-3.0-or-later
"""/rights, /projects, /entitlements: what the pages say, within the caller's reach."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dinamis.accounts.enums import ApiScope
from dinamis.core import clock
from licensing.models import Entitlement, Project
from licensing.selectors.rights import rights_of
from licensing.services.entitlement import suspend_entitlement
from tests.factories.api import caller_of
from tests.factories.licensing import person_signs

pytestmark = pytest.mark.django_db
API = "/api/v1"


def signs(cast, person, code="pleiades-uia"):
    return person_signs(person, cast.licences[code].versions.get(state="published"))


def partner(cast):
    return caller_of(cast.admin, organisation=cast.university, scopes=[ApiScope.ENTITLEMENTS.value], name="portail")


def test_rights_are_those_of_the_page_in_both_languages(cast):
    signs(cast, cast.alice)
    api = caller_of(cast.alice)
    french = api.get(f"{API}/rights", headers={"Accept-Language": "fr"}).json()
    english = api.get(f"{API}/rights", headers={"Accept-Language": "en"}).json()
    page = rights_of(cast.alice, clock.now())
    assert [row["licence"] for row in french["licences"]] == [row.licence.code for row in page]
    for row, shown in zip(french["licences"], page, strict=True):
        for right, told in zip(row["actions"], shown.actions, strict=True):
            assert (right["action"], right["allowed"]) == (told.action, told.allowed)
            assert [one["code"] for one in right["missing"]] == [reason.code.value for reason in told.missing]
    neo = next(row for row in french["licences"] if row["licence"] == "pleiades-neo-uia")["actions"][0]
    assert neo["missing"][0]["detail"] == "Vous n’avez pas signé la licence en vigueur."
    neo = next(row for row in english["licences"] if row["licence"] == "pleiades-neo-uia")["actions"][0]
    assert neo["missing"][0]["detail"] == "You have not signed the licence in force."
    assert neo["missing"][0]["repair"].startswith("/licences/")


def test_rights_have_an_etag_that_changes_with_them(cast):
    api = caller_of(cast.alice)
    first = api.get(f"{API}/rights")
    assert first["Cache-Control"] == "private, max-age=60"
    again = api.get(f"{API}/rights", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    signs(cast, cast.alice)
    assert api.get(f"{API}/rights", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_project_that_is_not_ones_own_is_refused_by_name(cast):
    other = Project.objects.create(organisation=cast.university, owner=cast.charlie, title="Autre")
    api = caller_of(cast.alice)
    for value in (str(other.pk), "0", "x", "99999999999999999999"):
        answer = api.get(f"{API}/rights", {"project": value})
        assert answer.status_code == 422, value
        assert answer.json()["errors"][0]["parameter"] == "project"


def test_an_organisations_key_has_no_personal_rights(cast):
    answer = caller_of(cast.remi, organisation=cast.institute).get(f"{API}/rights")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:dinamis:problem:person_required")


def test_projects_are_paged_by_a_cursor_that_survives_inserts(cast):
    for number in range(5):
        Project.objects.create(organisation=cast.institute, owner=cast.alice, title=f"Projet {number}")
    Project.objects.create(organisation=cast.university, owner=cast.charlie, title="Autre")
    api = caller_of(cast.alice)
    first = api.get(f"{API}/projects", {"limit": 3}).json()
    Project.objects.create(organisation=cast.institute, owner=cast.alice, title="Projet 5")
    second = api.get(first["next"]).json()
    assert [one["title"] for one in first["results"] + second["results"]] == [f"Projet {n}" for n in range(6)]
    assert second["next"] is None
    one = api.get(f"{API}/projects/{first['results'][0]['id']}")
    assert one.json() == first["results"][0]
    assert (
        api.get(f"{API}/projects/{first['results'][0]['id']}", headers={"If-None-Match": one["ETag"]}).status_code
        == 304
    )
    assert caller_of(cast.charlie).get(f"{API}/projects/{first['results'][0]['id']}").status_code == 404
    for cursor in ("x", "aWQ6eA", "%00", "é"):
        assert api.get(f"{API}/projects", {"cursor": cursor}).status_code == 422


def entitled(answer):
    assert answer.status_code == 200, answer.content
    return {one["organisation"]["name"] for one in answer.json()["results"]}


def test_entitlements_are_those_within_reach(cast):
    own, others = {cast.institute.name}, {cast.institute.name, cast.university.name, cast.company.name}
    assert entitled(caller_of(cast.alice).get(f"{API}/entitlements")) == own
    assert entitled(caller_of(cast.remi, organisation=cast.institute).get(f"{API}/entitlements")) == own
    assert entitled(partner(cast).get(f"{API}/entitlements")) == others
    theirs = Entitlement.objects.filter(organisation=cast.university).first()
    assert caller_of(cast.alice, name="essai 2").get(f"{API}/entitlements/{theirs.pk}").status_code == 404
    mine = Entitlement.objects.filter(organisation=cast.institute).first()
    assert caller_of(cast.alice, name="autre").get(f"{API}/entitlements/{mine.pk}").json()["id"] == mine.pk


def test_a_partner_reads_what_decide_lets_a_person_do(cast):
    signs(cast, cast.alice)
    api = partner(cast)
    query = {"person": cast.alice.email.upper(), "licence": "pleiades-uia", "purpose": "public_service"}
    (right,) = api.get(f"{API}/entitlements", query).json()["results"]
    assert right["allowed_actions"] == right["actions"]
    assert right["standing"] == "active"
    (other,) = api.get(f"{API}/entitlements", {**query, "licence": "pleiades-neo-uia"}).json()["results"]
    assert (other["standing"], other["allowed_actions"]) == ("active", [])
    suspend_entitlement(
        entitlement=Entitlement.objects.get(pk=right["id"]), cause="inquiry", words="essai", actor=cast.dora
    )
    (right,) = api.get(f"{API}/entitlements", query).json()["results"]
    assert (right["standing"], right["allowed_actions"]) == ("suspended", [])
    later = (clock.now() + timedelta(days=5000)).isoformat()
    (right,) = api.get(f"{API}/entitlements", {**query, "at": later}).json()["results"]
    assert right["standing"] == "expired"


def test_nobody_without_the_partner_scope_asks_about_others(cast):
    for api in (caller_of(cast.bob), caller_of(cast.remi, organisation=cast.institute)):
        assert api.get(f"{API}/entitlements", {"person": cast.alice.email}).status_code == 404
    assert caller_of(cast.alice).get(f"{API}/entitlements", {"person": cast.alice.email}).status_code == 200
    assert partner(cast).get(f"{API}/entitlements", {"person": "nobody@example.org"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"person": "x"}, "person"),
        ({"purpose": "fun"}, "purpose"),
        ({"at": "yesterday"}, "at"),
        ({"limit": "0"}, "limit"),
    ],
)
def test_values_that_cannot_be_are_named(cast, query, name):
    answer = caller_of(cast.alice).get(f"{API}/entitlements", query)
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, name)


def test_a_parameter_nobody_knows_is_refused_by_name(cast):
    answer = caller_of(cast.alice).get(f"{API}/entitlements", {"persn": "x", "limit": 3, "zz": ""})
    assert (answer.status_code, answer.json()["parameters"]) == (400, ["persn", "zz"])


def test_a_list_costs_the_same_for_one_and_for_three_rights(cast):
    api = partner(cast)

    def cost(limit):
        with CaptureQueriesContext(connection) as queries:
            assert len(api.get(f"{API}/entitlements", {"limit": limit}).json()["results"]) == limit
        return len(queries)

    cost(1)
    assert cost(1) == cost(3)
