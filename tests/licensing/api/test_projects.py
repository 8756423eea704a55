# SPDX-License-Identifier: AGPL-3.0-or-later
"""Projects by program: the verbs of the pages, once, on what was read, and nothing that a key may not do."""

import pytest

from dinamis.accounts.enums import ApiScope
from dinamis.core.exceptions import Invalid
from dinamis.core.models import OutboxMessage
from licensing.enums import EligibilityClass, Purpose
from licensing.models import Project
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.api import caller_of, key_of
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db
PROJECTS = "/api/v1/projects"
SCOPES = [ApiScope.RIGHTS.value, ApiScope.PROJECTS.value]


@pytest.fixture
def world():
    made = allowed_world(EligibilityClass.PRIVATE, project=True, purpose=Purpose.PUBLIC_ORDER)
    made.home = made.adhesion.organisation
    made.colleague = UserFactory(name="Chloé Collègue")
    active_membership(made.colleague, made.home)
    return made


@pytest.fixture
def api(world):
    return caller_of(world.person, scopes=SCOPES)


def send(api, method, path, data=None, **headers):
    return getattr(api, method)(path, data or {}, content_type="application/json", headers=headers)


def describe(api, world, title="Trait de côte", **headers):
    return send(api, "post", PROJECTS, {"organisation": world.home.pk, "title": title}, **headers)


def test_a_project_is_described_once_however_often_it_is_sent(api, world):
    first = describe(api, world, **{"Idempotency-Key": "a"})
    again = describe(api, world, **{"Idempotency-Key": "a"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    made = Project.objects.get(title="Trait de côte")
    assert (made.owner, made.organisation) == (world.person, world.home)
    assert api.get(f"{PROJECTS}/{made.pk}").headers["ETag"] == first.headers["ETag"]
    assert describe(api, world, "Autre titre", **{"Idempotency-Key": "a"}).status_code == 409
    twice = describe(api, world)
    assert (twice.status_code, twice.json()["errors"][0]["code"]) == (422, "project_exists")
    assert Project.objects.filter(organisation=world.home).count() == 2


def test_an_organisation_that_is_not_ones_own_is_refused_by_name(api, world):
    elsewhere = allowed_world().adhesion.organisation
    before = Project.objects.count()
    for number in (elsewhere.pk, elsewhere.pk + 1000):
        answer = send(api, "post", PROJECTS, {"organisation": number, "title": "Là-bas"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/organisation")
    assert Project.objects.count() == before


def test_a_change_stands_on_the_revision_that_was_read(api, world):
    made = describe(api, world).json()
    path, tag = f"{PROJECTS}/{made['id']}", api.get(f"{PROJECTS}/{made['id']}").headers["ETag"]
    assert send(api, "patch", path, {"theme": "Érosion"}).status_code == 422
    changed = send(api, "patch", path, {"theme": "Érosion"}, **{"If-Match": tag})
    assert (changed.status_code, changed.json()["revision"], changed.json()["title"]) == (200, 1, "Trait de côte")
    assert changed.headers["ETag"] != tag
    old = send(api, "patch", path, {"theme": "Autre"}, **{"If-Match": tag})
    assert old.status_code == 412
    stale = send(api, "patch", path, {"theme": "Autre", "revision": 0})
    assert (stale.status_code, stale.json()["changed_by"]) == (409, str(world.person))
    assert Project.objects.get(pk=made["id"]).theme == "Érosion"


def test_what_a_right_rests_on_stays_and_a_colleague_changes_nothing(api, world):
    project = world.right.project
    path = f"{PROJECTS}/{project.pk}"
    frozen = send(api, "patch", path, {"contract": "autre", "revision": project.revision})
    assert (frozen.status_code, frozen.json()["errors"][0]["code"]) == (422, "frozen")
    theirs = caller_of(world.colleague, scopes=SCOPES)
    assert theirs.get(path).status_code == 200
    assert send(theirs, "patch", path, {"theme": "x", "revision": project.revision}).status_code == 403
    end = {"words": "Non.", "revision": project.revision}
    assert send(theirs, "post", f"{path}/end", end).status_code == 403
    stranger = caller_of(allowed_world().person, scopes=SCOPES)
    assert send(stranger, "patch", path, {"theme": "x", "revision": 0}).status_code == 404
    project.refresh_from_db()
    assert (project.theme, project.ended_at, project.revision) == (world.right.project.theme, None, 0)


def test_members_come_and_go_and_the_last_one_stays(api, world):
    path = f"{PROJECTS}/{describe(api, world).json()['id']}"
    added = send(api, "post", f"{path}/members", {"email": world.colleague.email.upper(), "revision": 0})
    assert [one["name"] for one in added.json()["members"]] == ["Chloé Collègue"]
    unknown = send(api, "post", f"{path}/members", {"email": UserFactory().email, "revision": 1})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "not_a_member")
    last = api.delete(f"{path}/members/{world.colleague.pk}?revision=1")
    assert (last.status_code, last.json()["errors"][0]["code"]) == (422, "last_member")
    second = UserFactory()
    active_membership(second, world.home)
    send(api, "post", f"{path}/members", {"email": second.email, "revision": 1})
    gone = api.delete(f"{path}/members/{world.colleague.pk}?revision=2")
    assert [one["id"] for one in gone.json()["members"]] == [second.pk]
    assert api.delete(f"{path}/members/{world.colleague.pk}?revision=3").status_code == 404
    everybody = send(api, "patch", path, {"members": [], "revision": 3})
    assert everybody.json()["members"] == []


def test_a_key_does_not_name_the_person_it_acts_for(api, world, client):
    made = describe(api, world).json()
    path = f"{PROJECTS}/{made['id']}"
    for method, address, data in (
        ("post", f"{path}/members", {"email": world.person.email}),
        ("patch", path, {"members": [world.colleague.email, world.person.email]}),
    ):
        answer = send(api, method, address, {**data, "revision": 0})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:dinamis:problem:key_forbidden")
    assert not Project.objects.get(pk=made["id"]).members.exists()
    send(api, "post", f"{path}/members", {"email": world.colleague.email, "revision": 0})
    refused = send(api, "post", f"{path}/members", {"email": world.person.email, "revision": 1})
    assert refused.status_code == 403
    assert list(Project.objects.get(pk=made["id"]).members.all()) == [world.colleague]
    client.force_login(world.person)
    answer = send(client, "post", f"{path}/members", {"email": world.person.email, "revision": 1})
    assert answer.status_code == 200


def test_a_project_ends_once_and_what_was_allowed_for_it_stops(api, world):
    project = world.right.project
    project.owner = world.person
    project.save(update_fields=["owner"])
    lead = UserFactory()
    active_membership(lead, world.home, role="referent")
    assert world.decide()
    path = f"{PROJECTS}/{project.pk}"
    assert send(api, "post", f"{path}/end", {"words": " ", "revision": 0}).status_code == 422
    ended = send(api, "post", f"{path}/end", {"words": "Marché fini.", "revision": 0}, **{"Idempotency-Key": "fin"})
    again = send(api, "post", f"{path}/end", {"words": "Marché fini.", "revision": 0}, **{"Idempotency-Key": "fin"})
    assert (ended.status_code, ended.json()["standing"]) == (200, "ended")
    assert (again.status_code, again.json()) == (200, ended.json())
    assert not world.decide()
    told = OutboxMessage.objects.filter(payload__template="licensing/mail/project_ended")
    assert [row.payload["to"] for row in told] == [lead.email]
    assert send(api, "patch", path, {"theme": "x", "revision": 1}).status_code == 409


def test_the_scope_is_asked_for_and_no_organisation_has_it(world):
    reader = caller_of(world.person, scopes=[ApiScope.RIGHTS.value])
    assert reader.get(PROJECTS).status_code == 200
    refused = describe(reader, world)
    assert (refused.status_code, refused.json()["scopes"]) == (403, ["projects:write"])
    assert not Project.objects.filter(title="Trait de côte").exists()
    lead = UserFactory()
    active_membership(lead, world.home, role="referent")
    with pytest.raises(Invalid):
        key_of(lead, organisation=world.home, scopes=SCOPES)
