# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's pages on licences."""

import pytest
from django.urls import reverse

from dinamis.core.actors import SYSTEM
from licensing.models import LicenceChange, LicenceVersion
from licensing.services.licence import create_version
from licensing.services.licence_settings import change_licence
from licensing.web.licence_forms import SettingsForm
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return allowed_world()


@pytest.fixture
def office(client):
    client.force_login(ModeratorFactory())
    return client


def pages(world):
    licence = [world.licence.pk]
    return [
        reverse("licensing:office_licences"),
        *(reverse(f"licensing:office_{name}", args=licence) for name in ("licence", "licence_settings", "draft_new")),
        reverse("licensing:office_version", args=[world.version.pk]),
    ]


def test_the_office_reads_every_page_and_nobody_else_knows_of_them(office, client, world):
    for url in pages(world):
        assert office.get(url).status_code == 200, url
    client.force_login(UserFactory())
    for url in pages(world):
        assert client.get(url).status_code == 404, url
        assert client.post(url).status_code == 404, url
    client.logout()
    assert {client.get(url).status_code for url in pages(world)} == {302}


def test_from_the_text_in_force_to_a_published_version(office, world):
    url = reverse("licensing:office_draft_new", args=[world.licence.pk])
    page = office.get(url)
    assert page.context["form"].initial["text_fr"] == "Texte 1"
    form = {"text_fr": "# Titre\r\n\r\nTexte 1 bis", "text_en": "Text 1 again", "material": "on", "grace_days": "10"}
    shown = office.post(url, {**form, "preview": "1"})
    assert "<h3>Titre</h3>" in shown.content.decode()
    assert LicenceVersion.objects.count() == 1
    answer = office.post(url, form)
    draft = LicenceVersion.objects.get(state="draft")
    assert answer.url == reverse("licensing:office_version", args=[draft.pk])
    assert draft.text_fr == "# Titre\n\nTexte 1 bis"
    assert office.get(url).url == reverse("licensing:office_draft", args=[draft.pk])
    html = office.get(answer.url).content.decode()
    assert "<strong>1 personne perdrait l’accès" in html
    assert "<ins>" in html
    unconfirmed = office.post(answer.url, {"version": draft.version})
    assert unconfirmed.status_code == 422
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert office.post(answer.url, {"version": draft.version, "confirm": "on"}).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "published"
    again = office.post(answer.url, {"version": draft.version, "confirm": "on"})
    assert again.status_code == 200
    assert LicenceVersion.objects.filter(state="published").count() == 1
    assert office.get(reverse("licensing:office_draft", args=[draft.pk])).status_code == 302


def test_two_people_on_one_draft(office, world):
    draft = create_version(licence=world.licence, text_fr="a", text_en="b", actor=SYSTEM)
    url = reverse("licensing:office_draft", args=[draft.pk])
    form = {"text_fr": "premier", "text_en": "first", "grace_days": "3", "version": "0"}
    assert office.post(url, form).status_code == 302
    stale = office.post(url, {**form, "text_fr": "second"})
    assert stale.status_code == 409
    assert "second" in stale.content.decode(), "what was typed is not lost"
    stale = office.post(reverse("licensing:office_version", args=[draft.pk]), {"version": "0", "confirm": "on"})
    assert stale.status_code == 409
    draft.refresh_from_db()
    assert (draft.text_fr, draft.state) == ("premier", "draft")


def settings_form(world, **changes):
    values = {**SettingsForm.values_of(world.licence), **changes}
    sent = {name: value for name, value in values.items() if value is not None and value is not False}
    return {name: " ".join(value) if name.startswith("countries") else value for name, value in sent.items()}


def test_settings_are_tried_then_changed(office, world):
    url = reverse("licensing:office_licence_settings", args=[world.licence.pk])
    form = settings_form(world, countries_denied=["fr"], words="L’éditeur le demande.")
    shown = office.post(url, {**form, "try": "1"})
    assert shown.status_code == 200
    assert "1 personne perdrait l’accès" in shown.content.decode()
    assert world.codes() == []
    assert office.post(url, {**form, "words": ""}).status_code == 422
    assert office.post(url, {**form, "countries_denied": "France"}).status_code == 422
    assert LicenceChange.objects.count() == 0
    assert office.post(url, form).status_code == 302
    assert world.codes() == ["country_not_admitted"]
    page = office.get(reverse("licensing:office_licence", args=[world.licence.pk])).content.decode()
    assert "L’éditeur le demande." in page


def test_settings_changed_meanwhile(office, world):
    form = settings_form(world, embargo_days=3, words="Oui.")
    change_licence(
        licence=world.licence, values={"embargo_days": 9}, words="Avant.", actor=ModeratorFactory(), expected_revision=0
    )
    url = reverse("licensing:office_licence_settings", args=[world.licence.pk])
    for extra in ({}, {"try": "1"}):
        answer = office.post(url, {**form, **extra})
        assert answer.status_code == 409
    world.licence.refresh_from_db()
    assert (world.licence.embargo_days, LicenceChange.objects.count()) == (9, 1)
