# SPDX-License-Identifier: AGPL-3.0-or-later
"""A copy of everything held about a person: whole, for that person alone, for some days; no secret, nobody else's."""

import json
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from dinamis.accounts.models import DataExport
from dinamis.accounts.services.data_export import make_export, request_export
from dinamis.core import clock, retention
from dinamis.core.dossier import dossier
from dinamis.core.exceptions import Invalid
from dinamis.core.models import OutboxMessage
from dinamis.core.personal import register
from licensing.enums import EligibilityClass
from licensing.models import Adhesion
from licensing.services.evidence import add_evidence
from licensing.services.load_licences import load_licences
from tests.cast import admit, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.licensing import AdhesionFactory
from tests.factories.orders import drafted
from tests.factories.orders import world as order_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path


@pytest.fixture
def alice():
    return UserFactory(email="alice@example.org", name="Alice Martin")


def made(person):
    """Ask for the copy and let the worker make it."""
    export = request_export(person=person)
    make_export(export.pk)
    export.refresh_from_db()
    return export


def opened(export, settings):
    with ZipFile(settings.FILES_ROOT / export.storage_key) as archive:
        said = json.loads(archive.read("data.json"))
        return {section["table"]: section["rows"] for section in said["data"]}, archive.namelist(), said


def test_the_archive_holds_rows_files_and_reasons_and_no_secret(alice, settings):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True)
    adhesion = AdhesionFactory(referent=alice)
    add_evidence(
        adhesion=adhesion,
        actor=alice,
        title="Statuts",
        upload=SimpleUploadedFile("statuts.pdf", b"%PDF-1.4\n%%EOF\n"),
    )
    tables, names, said = opened(made(alice), settings)
    assert tables["accounts.user"][0]["email"] == "alice@example.org"
    assert "password" not in tables["accounts.user"][0]
    assert tables["account.emailaddress"][0]["email"] == "alice@example.org"
    assert tables["licensing.adhesion"][0]["mission"] == adhesion.mission
    assert [name for name in names if name.startswith("files/")] == [
        f"files/{tables['licensing.evidencefile'][0]['id']}-statuts.pdf"
    ]
    reasons = said["data"][0]["held_because"][0]
    assert {"what", "why", "legal_basis", "until", "then"} <= set(reasons)
    assert alice.password not in json.dumps(said)


def test_rows_of_others_are_not_in_it_and_parts_say_the_part_only(alice):
    load_licences()
    moderator = ModeratorFactory()
    admit(signed_adhesion(alice, "Institut", 1, EligibilityClass.FRENCH_INSTITUTIONAL), moderator)
    hers = {section.model: section.rows for section in dossier(alice)}
    theirs = {section.model: section.rows for section in dossier(moderator)}
    assert hers["licensing.adhesion"][0]["legal_representative_name"] == "Hélène Martin"
    assert "licensing.decision" not in hers
    assert theirs["licensing.decision"][0]["words"]
    assert "licensing.adhesion" not in theirs
    Adhesion.objects.update(claimed_by=moderator)
    theirs = {section.model: section.rows for section in dossier(moderator)}
    assert set(theirs["licensing.adhesion"][0]) == {"id", "your part", "claimed_until", "created_at", "submitted_at"}
    assert "Hélène" not in json.dumps(theirs, default=str)
    assert len(hers["accounts.user"]) == len(theirs["accounts.user"]) == 1


def test_a_signature_and_an_order_are_in_it(settings):
    w = order_world()
    order = drafted(w)
    tables, _names, _said = opened(made(w.researcher), settings)
    assert tables["orders.order"][0]["reference"] == order.reference
    assert tables["orders.order"][0]["aoi"].startswith("{")
    assert tables["licensing.acceptance"][0]["typed_name"]


def test_documents_of_others_are_not_in_it(alice, settings):
    for person in (alice, UserFactory()):
        upload = SimpleUploadedFile("statuts.pdf", b"%PDF-1.4\n%%EOF\n")
        add_evidence(adhesion=AdhesionFactory(referent=person), actor=person, title="Statuts", upload=upload)
    tables, names, _said = opened(made(alice), settings)
    (own,) = tables["licensing.evidencefile"]
    assert [name for name in names if name.startswith("files/")] == [f"files/{own['id']}-statuts.pdf"]


@pytest.mark.parametrize("label", sorted(register.rules))
def test_no_secret_is_in_a_copy(label):
    names = {field.name for field in apps.get_model(label)._meta.concrete_fields} - register.kept_back(label)
    secrets = {"password", "salt", "session_data", "token_sha256", "code_sha256", "secret_sha256"}
    assert names.isdisjoint(secrets)


def test_every_table_that_points_to_a_person_is_in_the_register():
    person = get_user_model()
    pointing = {
        model._meta.label_lower
        for model in apps.get_models(include_auto_created=True)
        if any(field.related_model is person for field in model._meta.concrete_fields)
    }
    assert pointing <= set(register.rules)


def test_a_second_request_is_refused_until_the_copy_has_expired(alice, settings):
    with clock.at(NOW):
        request_export(person=alice)
        with pytest.raises(Invalid):
            request_export(person=alice)
        assert OutboxMessage.objects.filter(topic="accounts.make_export").count() == 1
    DataExport.objects.all().delete()
    with clock.at(NOW):
        former, of_another = made(alice), made(UserFactory())
        with pytest.raises(Invalid):
            request_export(person=alice)
    with clock.at(NOW + timedelta(days=settings.DINAMIS["EXPORT_DAYS"])):
        assert request_export(person=alice).pk != former.pk
    assert DataExport.objects.filter(pk=of_another.pk).exists()


def test_made_twice_it_is_one_archive_and_one_mail(alice, settings):
    export = made(alice)
    make_export(export.pk)
    assert len(list((settings.FILES_ROOT / "private/exports").iterdir())) == 1
    assert OutboxMessage.objects.filter(payload__template="accounts/mail/export_ready").count() == 1


def test_the_archive_goes_with_its_time(alice, settings, django_capture_on_commit_callbacks):
    with clock.at(NOW):
        export = made(alice)
    path = settings.FILES_ROOT / export.storage_key
    with clock.at(NOW + timedelta(days=8)), django_capture_on_commit_callbacks(execute=True):
        assert dict(retention.apply_retention())["copies of personal data"] == 1
    assert not path.exists()
    assert not DataExport.objects.exists()


def test_the_link_opens_for_its_person_alone_and_for_its_time(alice, client):
    export = made(alice)
    address = reverse("my_data:download", args=[export.pk])
    assert client.get(address).status_code == 302
    client.force_login(UserFactory())
    assert client.get(address).status_code == 404
    client.force_login(alice)
    response = client.get(address)
    assert (response.status_code, response["X-Accel-Redirect"]) == (200, f"/_files/{export.storage_key}")
    DataExport.objects.update(expires_at=clock.now())
    assert client.get(address).status_code == 404


def test_a_copy_wants_a_recent_proof_of_identity(alice, client, settings):
    client.force_login(alice)
    settings.DINAMIS = {**settings.DINAMIS, "SIGNING_SESSION_MINUTES": 0}
    response = client.post(reverse("my_data:ask_export"))
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not DataExport.objects.exists()
    response = client.get(reverse("my_data:download", args=[made(alice).pk]))
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert "X-Accel-Redirect" not in response


def test_the_page_does_not_speak_of_the_copy_of_somebody_else(alice, client):
    other = made(UserFactory())
    client.force_login(alice)
    page = client.get(reverse("my_data:page")).content.decode()
    assert reverse("my_data:download", args=[other.pk]) not in page
    assert reverse("my_data:ask_export") in page


def test_the_page_says_what_is_held_and_where_the_copy_is(alice, client):
    client.force_login(alice)
    page = client.get(reverse("my_data:page")).content.decode()
    assert "mission d’intérêt public" in page.lower() or "Mission d’intérêt public" in page
    client.post(reverse("my_data:ask_export"))
    assert "en cours de préparation" in client.get(reverse("my_data:page")).content.decode()
    make_export(DataExport.objects.get().pk)
    assert (
        reverse("my_data:download", args=[DataExport.objects.get().pk])
        in client.get(reverse("my_data:page")).content.decode()
    )
