# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of one right, and what the page of one's rights says of its grounds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.models import Entitlement, EvidenceFile
from licensing.selectors.rights import current_version
from tests.factories.licensing import person_signs

pytestmark = pytest.mark.django_db


@pytest.fixture
def right(cast):
    found = Entitlement.objects.get(organisation=cast.institute, licence__code="pleiades-uia")
    EvidenceFile.objects.create(
        adhesion=found.adhesion,
        title="Statuts",
        file_name="statuts.pdf",
        storage_key="x",
        media_type="application/pdf",
        size=1,
        sha256="ab" * 32,
        uploaded_by=cast.remi,
    )
    return found


def page(client, person, address, language="en"):
    client.force_login(person)
    return client.get(address, headers={"Accept-Language": language})


def test_holders_and_office_read_on_what_it_rests(client, cast, right):
    address = reverse("licensing:right", args=[right.pk])
    for person in (cast.alice, cast.remi, cast.dora):
        text = page(client, person, address).content.decode()
        assert "On what it rests" in text
        assert right.basis["form"]["sha256"] in text
        assert (right.decision.number in text) is True
    french = page(client, cast.alice, address, "fr").content.decode()
    assert "Ce sur quoi il repose" in french


def test_the_right_of_others_does_not_exist(client, cast, right):
    address = reverse("licensing:right", args=[right.pk])
    for person in (cast.charlie, cast.contractor, cast.admin):
        assert page(client, person, address).status_code == 404


def test_my_rights_say_it_for_each_right_in_use(client, cast, right):
    person_signs(cast.alice, current_version(right.licence))
    text = page(client, cast.alice, reverse("licensing:rights")).content.decode()
    assert reverse("licensing:right", args=[right.pk]) in text
    assert "accepted by the legal representative" in text
    assert cast.dora.name not in text


def test_as_many_queries_for_three_rights_as_for_one(client, cast, right):
    client.force_login(cast.alice)
    # The first request prepares the statement of the decision on this connection.
    client.get(reverse("licensing:rights"))
    counts = []
    for code in ("", "pleiades-uia", "pleiades-neo-uia"):
        if code:
            person_signs(cast.alice, current_version(cast.licences[code]))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("licensing:rights"))
        counts.append(len(asked))
    assert counts[0] == counts[1] == counts[2]


def test_programs_read_the_basis_too(client, cast, right):
    client.force_login(cast.alice)
    answer = client.get(f"/api/v1/entitlements/{right.pk}").json()
    assert answer["basis"] == right.basis
