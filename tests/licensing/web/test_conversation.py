# SPDX-License-Identifier: AGPL-3.0-or-later
"""No remark reaches anybody outside the office; what an opinion giver sees; requests at their field."""

from uuid import uuid4

import pytest
from django.contrib import admin
from django.urls import reverse

from dinamis.core.models import OutboxMessage
from licensing.models import Decision, Message, Remark
from licensing.selectors.duplicates import SIGNS, possible_duplicates
from licensing.services import adhesion as verbs
from licensing.services.conversation import add_remark
from licensing.services.load_licences import load_licences
from licensing.services.opinion import give_opinion
from licensing.web.urls import urlpatterns
from tests.cast import REASON, foreign_adhesion, opinions_given, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db
SECRET = "Le-directeur-est-un-cousin-de-la-présidente"


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def foreign(dora):
    load_licences()
    adhesion = foreign_adhesion(UserFactory(name="Aminata Référente"))
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    adhesion.refresh_from_db()
    return adhesion


def routes(patterns):
    """Every pattern, those that are included too."""
    for one in patterns:
        yield from routes(one.url_patterns) if hasattr(one, "url_patterns") else [one]


def pages_of(adhesion, decision):
    """Every address of licensing that takes one number, for whatever that number may be."""
    numbers = {adhesion.pk, decision.pk, *adhesion.opinions.values_list("pk", flat=True)}
    for route in routes(urlpatterns):
        names = list(route.pattern.converters)
        for number in numbers if names else [None]:
            values = dict.fromkeys(names, number)
            if all(name in {"pk", "licence_id", "version_id"} for name in names):
                yield reverse(f"licensing:{route.name}", kwargs=values)


def test_no_remark_reaches_anybody_outside_the_office_by_any_page(client, foreign, dora):
    add_remark(adhesion=foreign, actor=dora, words=SECRET, key=uuid4())
    opinions_given(foreign)
    foreign.refresh_from_db()
    verbs.approve_adhesion(adhesion=foreign, actor=dora, reason=REASON, expected_version=foreign.version)
    member = ModeratorFactory()
    active_membership(member, foreign.organisation)
    people = [
        None,
        foreign.referent,
        member,
        UserFactory(),
        UserFactory(office_role="opinion_cnes"),
        UserFactory(office_role="opinion_airbus"),
        UserFactory(office_role="administrator", is_superuser=True, is_staff=True),
    ]
    read = 0
    for person in people:
        client.logout()
        if person:
            client.force_login(person)
        for page in pages_of(foreign, Decision.objects.get()):
            answer = client.get(page)
            if not answer.streaming:
                assert SECRET not in answer.content.decode(), (person, page)
                read += answer.status_code == 200
    assert read > 20
    client.force_login(ModeratorFactory())
    assert SECRET in client.get(f"/office/adhesions/{foreign.pk}/").content.decode()
    assert not OutboxMessage.objects.filter(payload__icontains=SECRET).exists()
    assert Remark not in admin.site._registry


def test_a_remark_and_a_message_by_the_page(client, foreign, dora):
    client.force_login(dora)
    key = str(uuid4())
    for _click in range(2):
        client.post(f"/office/adhesions/{foreign.pk}/remarks/", {"words": SECRET, "key": key})
    client.post(f"/adhesions/{foreign.pk}/messages/", {"words": "Joignez la lettre du partenaire.", "key": uuid4()})
    client.force_login(foreign.referent)
    page = client.get(f"/adhesions/{foreign.pk}/").content.decode()
    assert "Joignez la lettre du partenaire." in page
    assert SECRET not in page
    assert client.post(f"/office/adhesions/{foreign.pk}/remarks/", {"words": "x", "key": uuid4()}).status_code == 404
    client.post(f"/adhesions/{foreign.pk}/messages/", {"words": "La voici.", "key": uuid4()})
    assert (Remark.objects.count(), Message.objects.count()) == (1, 2)


def test_each_side_writes_and_stays_on_its_own_page(client, foreign, dora):
    pages = {dora: f"/office/adhesions/{foreign.pk}/#messages", foreign.referent: f"/adhesions/{foreign.pk}/#messages"}
    for person, page in pages.items():
        client.force_login(person)
        answer = client.post(f"/adhesions/{foreign.pk}/messages/", {"words": "Bonjour.", "key": uuid4()})
        assert answer["Location"] == page
    assert list(Message.objects.order_by("pk").values_list("from_office", flat=True)) == [True, False]


def test_an_opinion_giver_sees_the_project_and_nothing_else(client, foreign, dora):
    cnes = UserFactory(office_role="opinion_cnes", name="Camille")
    airbus = UserFactory(office_role="opinion_airbus", name="Anton")
    mine, other = foreign.opinions.get(body="cnes"), foreign.opinions.get(body="airbus")
    give_opinion(opinion=other, actor=airbus, verdict="no", words="Parole-d-Airbus.")
    client.force_login(cnes)
    listed = client.get("/opinions/").content.decode()
    assert "Institut du fleuve" in listed
    page = client.get(f"/opinions/{mine.pk}/").content.decode()
    assert "Mangroves du delta." in page
    for hidden in ("Parole-d-Airbus.", "Anton", "awa@example.org", "Awa Ndiaye", foreign.referent.email):
        assert hidden not in page + listed
    assert client.get(f"/opinions/{other.pk}/").status_code == 404
    for path in (f"/adhesions/{foreign.pk}/", f"/office/adhesions/{foreign.pk}/"):
        assert client.get(path).status_code == 404
    wrong = client.post(f"/opinions/{mine.pk}/", {"verdict": "yes", "words": ""})
    assert wrong.status_code == 422
    assert client.post(f"/opinions/{mine.pk}/", {"verdict": "yes", "words": "Favorable."}).status_code == 302
    mine.refresh_from_db()
    assert (mine.state, mine.given_by) == ("given", cnes)
    client.force_login(UserFactory())
    assert client.get("/opinions/").status_code == 404


def test_an_opinion_giver_of_the_organisation_sees_nothing(client, foreign):
    member = UserFactory(office_role="opinion_cnes")
    active_membership(member, foreign.organisation)
    client.force_login(member)
    assert "Institut du fleuve" not in client.get("/opinions/").content.decode()
    assert client.get(f"/opinions/{foreign.opinions.get(body='cnes').pk}/").status_code == 404


def test_each_request_is_shown_at_its_field_and_the_answer_on_the_desk(client, dora):
    load_licences()
    adhesion = signed_adhesion(UserFactory(), "Institut des rivages", 83, "french_institutional")
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    client.force_login(dora)
    client.post(
        f"/office/adhesions/{adhesion.pk}/request_changes/",
        {"code": "unclear_use", "words": "À préciser.", "version": adhesion.version, "change-mission": "<b>Où ?</b>"},
    )
    client.force_login(adhesion.referent)
    page = client.get(f"/adhesions/{adhesion.pk}/edit/").content.decode()
    assert page.count("&lt;b&gt;Où ?&lt;/b&gt;") == 2
    assert "<b>Où" not in page
    client.post(f"/adhesions/{adhesion.pk}/resubmit/")
    adhesion.refresh_from_db()
    assert adhesion.state == "changes_requested"
    asked = Decision.objects.get().change_requests.get()
    client.post(f"/changes/{asked.pk}/answer/", {"words": "Sur la côte."})
    client.post(f"/adhesions/{adhesion.pk}/resubmit/")
    client.force_login(dora)
    desk = client.get(f"/office/adhesions/{adhesion.pk}/").content.decode()
    assert "Sur la côte." in desk


def test_possible_duplicates_are_linked(client, dora):
    load_licences()
    first = signed_adhesion(UserFactory(), "Laboratoire des sols du Haut-Causse", 84, "french_institutional")
    second = signed_adhesion(UserFactory(), "Laboratoire des Sols du Haut Causse", 85, "french_institutional")
    third = signed_adhesion(UserFactory(), "Musée des dentelles", 5_000_000_086, "french_institutional")
    client.force_login(dora)
    page = client.get(f"/office/adhesions/{second.pk}/").content.decode()
    assert f"/office/adhesions/{first.pk}/" in page
    signs = {one.adhesion_id: one.signs for one in possible_duplicates(second)}
    assert set(signs) == {first.pk, third.pk}
    assert len(signs[first.pk]) == 3
    assert signs[third.pk] == (str(SIGNS["domain"]),)
