# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a class is data with revisions: frozen once published, kept by the adhesion, compared, adopted."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from licensing.models import Adhesion, FormRevision
from licensing.selectors.adhesion import missing_to_send
from licensing.selectors.form import answer_rows, differences, newer_revision, revision_in_force
from licensing.services import adhesion as verbs
from licensing.services.load_forms import load_forms
from tests.cast import signed_adhesion
from tests.factories.accounts import UserFactory, siret

pytestmark = pytest.mark.django_db

PRIVATE = {
    "project_title": "Digues",
    "project_purpose": "public_order",
    "contract": "2026-AO-1",
    "partner": "Agence des digues",
    "project_ends_on": "2099-12-31",
}


def opened(eligibility_class="private", **answers):
    country = "SN" if eligibility_class == "foreign_scientific" else "FR"
    number = "" if country == "SN" else siret(77)
    return verbs.open_adhesion(
        referent=UserFactory(),
        organisation=verbs.OrganisationData(name="Essai", siret=number, country=country, sector="conseil"),
        eligibility_class=eligibility_class,
        legal_representative=verbs.LegalRepresentative("Hélène Martin", "direction@example.org"),
        mission="Cartes.",
        answers=answers,
    )


def second_revision():
    first = FormRevision.objects.get(eligibility_class="private", number=1)
    questions = [dict(question) for question in first.questions if question["name"] != "partner_number"]
    questions[0]["label"] = {"fr": "Intitulé", "en": "Heading"}
    questions.append({"name": "site", "kind": "text", "label": {"fr": "Site", "en": "Site"}, "required": True})
    return FormRevision.objects.create(
        eligibility_class="private", number=2, questions=questions, published_at=clock.now()
    )


def test_every_class_has_its_form_and_loading_again_adds_none():
    assert FormRevision.objects.count() == 3
    assert load_forms() == 0
    for revision in FormRevision.objects.all():
        for question in revision.questions:
            assert question["label"]["fr"] != ""
            assert question["label"]["en"] != ""
            assert question["kind"] in {"text", "long_text", "date", "choice", "identifier"}


def test_a_published_revision_never_changes():
    revision = FormRevision.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        FormRevision.objects.filter(pk=revision.pk).update(questions=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        revision.delete()
    assert FormRevision.objects.get(pk=revision.pk).questions == revision.questions


@pytest.mark.parametrize(
    ("eligibility_class", "answers", "pointer", "code"),
    [
        ("private", {"colour": "red"}, "colour", "not_asked"),
        ("private", {"project_purpose": "profit"}, "project_purpose", "invalid_choice"),
        ("private", {"project_ends_on": "2027-02-30"}, "project_ends_on", "no_date"),
        ("private", {"project_ends_on": "30/06/2027"}, "project_ends_on", "no_date"),
        ("private", {"project_ends_on": "0027-06-30"}, "project_ends_on", "year"),
        ("private", {"project_title": "x" * 201}, "project_title", "max_length"),
        ("private", {"project_title": 3}, "project_title", "not_text"),
        ("private", {"partner_number": "12345678901234"}, "partner_number", "siret_checksum"),
        ("private", {"partner_number": "0750736A"}, "partner_number", "uai_letter"),
        ("private", {"partner_number": "02feahw74"}, "partner_number", "ror_checksum"),
        ("private", {"partner_number": "CNES"}, "partner_number", "identifier_format"),
        ("foreign_scientific", {"nationality_condition": "maybe"}, "nationality_condition", "invalid_choice"),
        ("french_institutional", {"project_title": "x"}, "project_title", "not_asked"),
    ],
)
def test_form_and_service_refuse_the_same_answers(eligibility_class, answers, pointer, code):
    with pytest.raises(Invalid) as caught:
        opened(eligibility_class, **answers)
    assert (caught.value.pointer, caught.value.code) == (pointer, code)
    assert Adhesion.objects.count() == 0
    if code in {"not_asked", "not_text"}:
        return
    adhesion = opened(eligibility_class)
    client = Client()
    client.force_login(adhesion.referent)
    answer = client.post(reverse("licensing:adhesion_edit", args=[adhesion.pk]), {"name": "Essai", **answers})
    assert answer.status_code == 422
    assert pointer in answer.context["form"].errors
    adhesion.refresh_from_db()
    assert not adhesion.answers.get(pointer)


def test_what_a_class_must_answer():
    names = [line.field for line in missing_to_send(opened("foreign_scientific"))]
    assert names == ["project_title", "cooperation", "partner", "project_ends_on", "nationality_condition"]
    asked = {"project_purpose": "own_research", "project_title": "x", "project_ends_on": "2099-01-01"}
    adhesion = opened("private", **asked)
    assert missing_to_send(adhesion) == []
    verbs.edit_adhesion(
        adhesion=adhesion, actor=adhesion.referent, values={"answers": {"project_purpose": "public_order"}}
    )
    assert [line.field for line in missing_to_send(adhesion)] == ["contract", "partner"]


def test_the_page_asks_the_questions_of_the_class_and_keeps_the_answers():
    adhesion = opened("foreign_scientific")
    client = Client()
    client.force_login(adhesion.referent)
    url = reverse("licensing:adhesion_edit", args=[adhesion.pk])
    html = client.get(url).content.decode()
    assert "Organisme partenaire français" in html
    assert "non vérifié" in html
    answers = {"partner": "CNRS", "partner_number": "https://ror.org/02feahw73", "nationality_condition": "unknown"}
    kept = {"name": "Essai", "country": "SN", "mission": "Cartes.", **answers}
    assert client.post(url, kept).status_code == 302
    adhesion.refresh_from_db()
    assert adhesion.answers["partner_number"] == "02feahw73"
    rows = dict(answer_rows(adhesion))
    assert rows["La condition de nationalité est-elle remplie"] == "non vérifié"
    with translation.override("en"):
        assert dict(answer_rows(adhesion))["Is the nationality condition met"] == "not checked"


def test_a_draft_is_moved_to_a_newer_form_with_what_changes_in_sight():
    adhesion = opened(**PRIVATE, partner_number=siret(5))
    assert newer_revision(adhesion, clock.now()) is None
    with pytest.raises(IllegalTransition):
        verbs.adopt_revision(adhesion=adhesion, actor=adhesion.referent)
    newer = second_revision()
    assert newer_revision(adhesion, clock.now()) == newer
    found = {(change.kind, change.label) for change in differences(adhesion.form_revision, newer)}
    assert found == {("added", "Site"), ("dropped", "SIRET ou UAI de cet organisme"), ("changed", "Intitulé")}
    client = Client()
    client.force_login(adhesion.referent)
    html = client.get(reverse("licensing:adhesion_edit", args=[adhesion.pk])).content.decode()
    assert "<del>Titre du projet</del> Intitulé" in html
    with pytest.raises(NotPermitted):
        verbs.adopt_revision(adhesion=adhesion, actor=UserFactory())
    assert client.post(reverse("licensing:adhesion_adopt", args=[adhesion.pk])).status_code == 302
    adhesion.refresh_from_db()
    assert adhesion.form_revision == newer
    assert adhesion.answers == PRIVATE
    assert [line.field for line in missing_to_send(adhesion)] == ["site"]


def test_what_was_sent_stays_on_its_form():
    from licensing.services.load_licences import load_licences

    load_licences()
    adhesion = signed_adhesion(UserFactory(), "Essai", 78, "private", **PRIVATE)
    second_revision()
    assert revision_in_force("private", clock.now()).number == 2
    with pytest.raises(IllegalTransition):
        verbs.adopt_revision(adhesion=adhesion, actor=adhesion.referent)
    adhesion.refresh_from_db()
    assert adhesion.form_revision.number == 1
