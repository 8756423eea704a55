# SPDX-License-Identifier: AGPL-3.0-or-later
"""A signature is on what the page showed, to the one it was shown to, and is taken back by the one who gave it."""

from datetime import datetime, timedelta

import pytest
from django.core import mail, signing
from django.urls import reverse

from dinamis.core import clock, outbox
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from licensing.models import Acceptance, Withdrawal
from licensing.services.licence import withdraw_signature
from licensing.services.shown_text import HOURS, SALT, Trace, accept_shown, mark_shown
from tests.factories.accounts import UserFactory
from tests.factories.licensing import LicenceFactory, ProjectFactory, person_signs, published_version
from tests.licensing.worlds import allowed_world

pytestmark = pytest.mark.django_db

TRACE = Trace("192.0.2.1", "tests")


@pytest.fixture
def person():
    return UserFactory(name="Alice Martin")


@pytest.fixture
def version():
    return published_version(LicenceFactory())


def accept(person, mark, **options):
    return accept_shown(person=person, mark=mark, typed_name="Alice Martin", trace=TRACE, **options)


def test_the_signature_carries_what_was_shown_and_a_double_click_signs_once(person, version):
    mark = mark_shown(person=person, version=version, language="en")
    first = accept(person, mark)
    assert accept(person, mark) == first
    assert (first.language, first.sha256, first.ordinal) == ("en", version.sha256_en, 1)
    assert Acceptance.objects.count() == 1


def test_a_text_published_while_the_page_was_open_is_not_signed(person, version):
    mark = mark_shown(person=person, version=version, language="fr")
    published_version(version.licence)
    with pytest.raises(StaleVersion):
        accept(person, mark)
    assert not Acceptance.objects.exists()


def test_a_mark_of_somebody_else_of_another_key_or_of_another_day_signs_nothing(person, version, monkeypatch):
    mark = mark_shown(person=person, version=version, language="fr")
    with pytest.raises(NotPermitted):
        accept_shown(person=UserFactory(), mark=mark, typed_name="Eve", trace=TRACE)
    forged = signing.dumps([person.pk, version.pk, "fr", version.sha256_fr], salt=SALT, key="another")
    for wrong in (forged, mark[:-2], "", "x:y:z"):
        with pytest.raises(Invalid) as caught:
            accept(person, wrong)
        assert caught.value.code == "mark"
    later = datetime.now().timestamp() + HOURS * 3600 + 60
    monkeypatch.setattr("time.time", lambda: later)
    with pytest.raises(StaleVersion):
        accept(person, mark)
    assert not Acceptance.objects.exists()


def test_a_signature_taken_back_ends_the_right_and_can_be_given_again():
    world = allowed_world()
    signed = Acceptance.objects.get(person=world.person)
    with pytest.raises(NotPermitted):
        withdraw_signature(acceptance=signed, person=UserFactory())
    assert world.codes() == []
    withdraw_signature(acceptance=signed, person=world.person, words="Je change de poste.")
    assert world.codes() == ["person_acceptance_missing"]
    with pytest.raises(IllegalTransition):
        withdraw_signature(acceptance=signed, person=world.person)
    assert Withdrawal.objects.count() == 1
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    assert any("détruire les fichiers" in message.body for message in mail.outbox)
    again = person_signs(world.person, world.version)
    assert (again.ordinal, again.pk == signed.pk) == (2, False)
    assert world.codes() == []


def test_the_organisations_signature_is_not_a_persons_to_take_back():
    world = allowed_world()
    with pytest.raises(NotPermitted):
        withdraw_signature(acceptance=Acceptance.objects.get(person=None), person=world.person)
    # Nor though the representative has an account.
    of_organisation = Acceptance.objects.get(person=None)
    of_organisation.pk, of_organisation.person = None, world.person
    of_organisation.save(force_insert=True)
    with pytest.raises(NotPermitted):
        withdraw_signature(acceptance=of_organisation, person=world.person)
    assert not Withdrawal.objects.exists()
    assert world.codes() == []


def test_a_signature_for_each_project_names_one_of_ones_own():
    world = allowed_world(licence={"signed_per_project": True})
    own = ProjectFactory(organisation=world.adhesion.organisation)
    mark = mark_shown(person=world.person, version=world.version, language="fr")
    options = {"person": world.person, "mark": mark, "typed_name": world.person.name, "trace": TRACE}
    with pytest.raises(NotPermitted):
        accept_shown(**options, project=ProjectFactory())
    assert world.codes(project=own.pk) == ["person_acceptance_missing"]
    accept_shown(**options, project=own)
    assert world.codes(project=own.pk) == []


def test_on_the_page_a_new_text_is_shown_with_an_empty_box(client):
    world = allowed_world()
    withdraw_signature(acceptance=Acceptance.objects.get(person=world.person), person=world.person)
    client.force_login(world.person)
    url = reverse("licensing:sign", args=[world.licence.pk])
    mark = client.get(url).context["form"]["mark"].value()
    with clock.at(clock.now() + timedelta(seconds=1)):
        newer = published_version(world.licence, grace_days=0)
    form = {"accept": "on", "typed_name": world.person.name, "language": "fr", "mark": mark}
    answer = client.post(url, form)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert newer.sha256_fr in html
    assert "checked" not in html
    assert "Le texte a changé" in html
    assert Acceptance.objects.filter(licence_version=newer).count() == 0


def test_taking_back_on_the_page_of_signatures(client):
    world = allowed_world()
    client.force_login(world.person)
    signed = Acceptance.objects.get(person=world.person)
    url = reverse("licensing:signature_withdraw", args=[signed.pk])
    assert url in client.get(reverse("licensing:signatures")).content.decode()
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    assert world.codes() == ["person_acceptance_missing"]
    html = client.get(reverse("licensing:signatures")).content.decode()
    assert "retirée" in html
    assert url not in html
    client.force_login(UserFactory())
    assert client.post(url).status_code == 404
