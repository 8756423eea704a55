# SPDX-License-Identifier: AGPL-3.0-or-later
"""With the link one may also correct the entity, or name the right person; a GET changes nothing."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dinamis.core import clock, outbox
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from licensing.models import Acceptance, Adhesion, EntityCorrection, SigningLink
from licensing.selectors.adhesion import history, representative_warnings, review_warnings
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from licensing.services.representative import correct_entity, name_other_person
from licensing.services.tokens import known_token
from tests.cast import sign
from tests.factories.accounts import OrganisationFactory, siret
from tests.factories.licensing import AdhesionFactory
from tests.licensing.services.test_renewal import admitted, dora  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def link():
    load_licences()
    adhesion = AdhesionFactory()
    verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    return SigningLink.objects.select_related("adhesion__organisation", "adhesion__referent").get()


def drive():
    for pk in outbox.due_ids():
        outbox.drive(pk)


def test_a_correction_is_kept_with_what_stood_before_and_told(link):
    number = siret(909)
    former = link.adhesion.organisation.name
    seen = link.adhesion.version
    correction = correct_entity(
        link=link, values={"name": " Institut  du rivage ", "siret": number, "legal_representative_title": "Présidente"}
    )
    adhesion = Adhesion.objects.get()
    assert (adhesion.organisation.name, adhesion.organisation.siret) == ("Institut du rivage", number)
    assert adhesion.legal_representative_title == "Présidente"
    assert adhesion.version == seen + 1
    assert set(correction.after) == {"name", "siret", "legal_representative_title"}
    assert correction.before["name"] == former
    drive()
    (told,) = [message for message in mail.outbox if "corrigé" in message.subject]
    assert told.to == [adhesion.referent.email]
    assert f"{former} → Institut du rivage" in told.body
    assert correct_entity(link=link, values={"name": "Institut du rivage"}) is None
    assert EntityCorrection.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        correction.delete()
    assert sign(adhesion).state == "submitted"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"siret": "12345678901234"}, "siret"),
        ({"siret": ""}, "siret"),
        ({"name": ""}, "name"),
        ({"uai": "0750736A"}, "uai"),
        ({"ror": "02feahw74"}, "ror"),
    ],
)
def test_what_cannot_be_right_changes_nothing(link, values, pointer):
    before = (link.adhesion.organisation.name, link.adhesion.organisation.siret)
    with pytest.raises(Invalid) as caught:
        correct_entity(link=link, values=values)
    assert caught.value.pointer == pointer
    organisation = Adhesion.objects.get().organisation
    assert (organisation.name, organisation.siret) == before
    assert EntityCorrection.objects.count() == 0


def test_an_identifier_of_somebody_else_is_refused(link):
    other = OrganisationFactory()
    with pytest.raises(Invalid):
        correct_entity(link=link, values={"siret": other.siret})
    assert EntityCorrection.objects.count() == 0


def test_an_admitted_identity_is_the_offices(dora):  # noqa: F811
    former = admitted(dora)
    with clock.at(former.period.upper):
        renewal = verbs.renew_adhesion(adhesion=former, actor=former.referent)
        verbs.send_for_signature(adhesion=renewal, actor=former.referent)
        second = SigningLink.objects.select_related("adhesion__organisation").get(adhesion=renewal)
        with pytest.raises(NotPermitted):
            correct_entity(link=second, values={"name": "Autre"})
    assert EntityCorrection.objects.count() == 0


@pytest.mark.usefixtures("in_no_language")
def test_not_this_person(link):
    adhesion = name_other_person(link=link, name="Jean  Dupont", email="Jean@Example.ORG", words="Il signe.")
    assert adhesion.state == "draft"
    link.refresh_from_db()
    assert link.used_at is not None
    change = history(adhesion)[-1]
    assert (change.transition, change.reason_code, change.actor_kind) == (
        "decline_signature",
        "not_this_person",
        "signatory",
    )
    assert Acceptance.objects.count() == 0
    assert SigningLink.objects.count() == 1, "nothing is sent to an address a stranger typed"
    drive()
    (told,) = [message for message in mail.outbox if "Jean Dupont jean@example.org" in message.body]
    assert told.to == [adhesion.referent.email]
    with pytest.raises(IllegalTransition):
        name_other_person(link=link, name="X", email="")
    with pytest.raises(IllegalTransition):
        correct_entity(link=link, values={"name": "X"})


@pytest.mark.parametrize(("name", "email", "pointer"), [(" ", "", "name"), ("Jean", "jean@", "email")])
def test_who_it_is_must_be_said(link, name, email, pointer):
    with pytest.raises(Invalid) as caught:
        name_other_person(link=link, name=name, email=email)
    assert caught.value.pointer == pointer
    assert Adhesion.objects.get().state == "awaiting_signature"


def test_the_pages(link):
    token, browser = known_token(link), Client()
    page = browser.get(reverse("licensing:signing", args=[token])).content.decode()
    assert link.email in page
    for name in ("signing_correct", "signing_other"):
        url = reverse(f"licensing:{name}", args=[token])
        assert url in page
        for _again in range(2):
            assert browser.get(url).status_code == 200
        assert browser.post(url, {"city": "Brest", "words": "x"}).status_code == 422
    link.refresh_from_db()
    assert (link.used_at, link.adhesion.state, EntityCorrection.objects.count()) == (None, "awaiting_signature", 0)
    url = reverse("licensing:signing_correct", args=[token])
    answer = browser.post(url, {"name": "Rivages", "siret": siret(910), "sector": "recherche"})
    assert answer.status_code == 302
    assert EntityCorrection.objects.count() == 1
    answer = browser.post(reverse("licensing:signing_other", args=[token]), {"name": "Jean Dupont"})
    assert answer.url == reverse("licensing:signing_done")
    assert Adhesion.objects.get().state == "draft"
    assert browser.get(reverse("licensing:signing_correct", args=[token])).status_code == 410


def test_a_lookalike_domain_is_told_to_referent_and_moderator():
    adhesion = AdhesionFactory(legal_representative_email="direction@exаmple.org")
    assert len(representative_warnings(adhesion)) == 1
    assert representative_warnings(adhesion)[0] in review_warnings(adhesion)
    client = Client()
    client.force_login(adhesion.referent)
    for name in ("adhesion_edit", "adhesion_preview"):
        page = client.get(reverse(f"licensing:{name}", args=[adhesion.pk])).content.decode()
        assert "exаmple.org" in page
        assert "alphabets" in page
    assert representative_warnings(AdhesionFactory()) == []
