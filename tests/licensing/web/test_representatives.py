# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of who binds an organisation: each side sees what it may do, and a stale decision is told who acted."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from dinamis.accounts.services.membership import end_membership
from dinamis.core import clock
from licensing.models import RepresentativeChange
from licensing.services.tokens import token_of
from tests.factories.accounts import UserFactory, active_membership
from tests.licensing.services.test_representative_change import PDF, confirm, declare, place, root, signed

pytestmark = pytest.mark.django_db
__all__ = ["place", "root"]


def window(person):
    client = Client()
    client.force_login(person)
    return client


def form(**changes):
    return {
        "name": "Awa Ndiaye",
        "email": "awa@example.org",
        "function": "Présidente",
        "language": "fr",
        "reason": "end_of_mandate",
        "effective_on": clock.today().isoformat(),
        "file": SimpleUploadedFile("arrete.pdf", PDF, "application/pdf"),
        **changes,
    }


def page_of(place, office=False):
    name = "licensing:office_representative" if office else "accounts:representative"
    return reverse(name, args=[place.home.pk])


def test_a_referent_declares_and_withdraws(place):
    client = window(place.remi)
    shown = client.get(page_of(place)).content.decode()
    assert "Hélène Martin" in shown
    assert 'name="effective_on"' in shown
    refused = client.post(page_of(place), form(name=""))
    assert (refused.status_code, RepresentativeChange.objects.count()) == (422, 0)
    assert client.post(page_of(place), form()).status_code == 302
    change = RepresentativeChange.objects.get()
    shown = client.get(page_of(place)).content.decode()
    assert "Awa Ndiaye" in shown
    assert 'name="effective_on"' not in shown
    assert client.get(reverse("licensing:representative_withdraw", args=[change.pk])).status_code == 405
    answer = client.post(reverse("licensing:representative_again", args=[change.pk]))
    assert (answer["Location"], change.signing_links.count()) == (page_of(place), 2)
    answer = client.post(reverse("licensing:representative_withdraw", args=[change.pk]))
    assert answer["Location"] == page_of(place)
    change.refresh_from_db()
    assert change.state == "withdrawn"


def test_a_document_that_is_none_is_refused_on_the_page(place):
    client = window(place.remi)
    answer = client.post(page_of(place), form(file=SimpleUploadedFile("a.pdf", b"<html>")))
    assert (answer.status_code, RepresentativeChange.objects.count()) == (422, 0)


def test_others_find_no_page(place):
    stranger = window(UserFactory())
    change = declare(place)
    assert stranger.get(page_of(place)).status_code == 404
    assert stranger.get(page_of(place, office=True)).status_code == 404
    for name in ("withdraw", "again", "confirm", "refuse"):
        assert stranger.post(reverse(f"licensing:representative_{name}", args=[change.pk])).status_code == 404
    change.refresh_from_db()
    assert change.state == "awaiting_signature"


def test_where_nobody_leads_a_moderator_of_the_house_declares_nothing(place):
    led = place.remi.memberships.get(organisation=place.home, state="active")
    end_membership(membership=led, actor=place.dora, words="Décès.")
    active_membership(place.karim, place.home)
    for moderator, offered in ((place.dora, True), (place.karim, False)):
        shown = window(moderator).get(page_of(place, office=True)).content.decode()
        assert ('name="effective_on"' in shown) is offered
    assert window(place.karim).post(page_of(place, office=True), form()).status_code == 422
    assert not RepresentativeChange.objects.exists()


def test_the_office_finds_it_in_its_queue_and_confirms(place):
    change = declare(place)
    office = window(place.karim)
    assert page_of(place, office=True) not in office.get(reverse("licensing:desk")).content.decode()
    signed(change)
    assert page_of(place, office=True) in office.get(reverse("licensing:desk")).content.decode()
    change.refresh_from_db()
    shown = office.get(page_of(place, office=True)).content.decode()
    assert 'name="effective_on"' not in shown
    said = {"code": "proved", "words": "L’arrêté la nomme.", "version": change.version}
    office.post(reverse("licensing:representative_confirm", args=[change.pk]), said)
    change.refresh_from_db()
    assert change.state == "in_effect"
    stale = office.post(reverse("licensing:representative_refuse", args=[change.pk]), {**said, "code": "unproved"})
    assert stale.status_code == 409
    assert str(place.karim) in stale.content.decode()


def test_the_new_one_reads_signs_and_sees_only_what_is_theirs(place):
    change = declare(place)
    link = change.signing_links.get()
    client = Client()
    page = f"/signature/{token_of(link.pk)}/"
    for path in (page, f"{page}correct/", f"{page}other-person/"):
        assert client.get(path).status_code == 200
    link.refresh_from_db()
    assert (link.used_at, link.codes_sent) == (None, 0)
    assert 'name="siret"' not in client.get(f"{page}correct/").content.decode()
    client.post(f"{page}correct/", {"legal_representative_title": "Directrice"})
    change.refresh_from_db()
    assert change.legal_representative_title == "Directrice"
    client.post(f"{page}decline/", {"reason": "Je ne suis pas nommée."})
    assert client.get("/signature/done/").status_code == 200
    assert client.get(page).status_code == 410


def test_the_certificate_page_names_the_new_one(place):
    change = declare(place)
    signed(change)
    confirm(place, change)
    certificate = place.adhesion.certificate
    shown = window(place.remi).get(reverse("licensing:certificate", args=[certificate.number])).content.decode()
    assert "Awa Ndiaye" in shown
    assert "Hélène Martin" not in shown
