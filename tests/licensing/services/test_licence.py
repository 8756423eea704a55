# SPDX-License-Identifier: AGPL-3.0-or-later
"""Licence texts: loaded once, versioned, published by the office; a person's own signature."""

import hashlib
from io import StringIO

import pytest
from django.core.management import call_command

from dinamis.core.actors import SYSTEM, Actor
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from licensing.enums import Acceptors
from licensing.models import Acceptance, Licence, LicenceVersion
from licensing.services.licence import accept_for_self, create_version, publish_version
from licensing.services.project import create_project
from tests.factories.accounts import ModeratorFactory, OrganisationFactory, UserFactory, active_membership
from tests.factories.licensing import LicenceFactory, person_signs, published_version

pytestmark = pytest.mark.django_db


def test_loading_twice_changes_nothing():
    for _ in range(2):
        out = StringIO()
        call_command("load_licences", stdout=out)
        assert out.getvalue().splitlines() == [
            "charter: v1",
            "pleiades-uia: v1",
            "pleiades-neo-uia: v1",
            "spot-6-7-uia: v1",
            "spot-world-heritage: v1",
            "copernicus: v1",
            "kalideos-rapideye: ",
            "kalideos-cosmo-skymed: ",
            "kalideos-terrasar-x: ",
            "kalideos-aster: ",
            "airbus-standard: ",
        ]
    assert (Licence.objects.count(), LicenceVersion.objects.count()) == (11, 6)
    for version in LicenceVersion.objects.all():
        assert version.state == "published"
        assert version.sha256_fr == hashlib.sha256(version.text_fr.encode()).hexdigest()
        assert version.sha256_en == hashlib.sha256(version.text_en.encode()).hexdigest()
        if version.licence.provisional:
            assert "provisoire" in version.text_fr
            assert "Provisional" in version.text_en
    assert Licence.objects.get(code="pleiades-uia").credit_line == "Pléiades © CNES {year}, distribution Airbus DS"
    assert Licence.objects.get(code="spot-world-heritage").acceptors == Acceptors.NOBODY
    assert Licence.objects.filter(provisional=True).count() == 4
    # A text that nobody has read admits nobody.
    assert not Licence.objects.filter(versions=None).exclude(classes=[]).exists()
    assert not Licence.objects.filter(sources="").exists()


def test_a_new_version_supersedes_the_one_before():
    licence = LicenceFactory()
    first, second = published_version(licence), published_version(licence)
    first.refresh_from_db()
    assert (first.number, first.state, second.number, second.state) == (1, "superseded", 2, "published")
    with pytest.raises(IllegalTransition):
        publish_version(version=first, actor=SYSTEM)


def test_a_draft_left_behind_by_a_later_version_is_not_published():
    licence = LicenceFactory()
    forgotten = create_version(licence=licence, text_fr="Ancien", text_en="Old", actor=SYSTEM)
    later = published_version(licence)
    with pytest.raises(IllegalTransition):
        publish_version(version=forgotten, actor=SYSTEM)
    forgotten.refresh_from_db()
    later.refresh_from_db()
    assert (forgotten.state, later.state) == ("draft", "published")


def test_only_the_office_writes_and_publishes():
    licence = LicenceFactory()
    nobody, moderator = Actor.person(UserFactory()), Actor.person(ModeratorFactory())
    with pytest.raises(NotPermitted):
        create_version(licence=licence, text_fr="a", text_en="b", actor=nobody)
    with pytest.raises(Invalid):
        create_version(licence=licence, text_fr="a", text_en=" ", actor=moderator)
    draft = create_version(licence=licence, text_fr="a", text_en="b", actor=moderator)
    with pytest.raises(NotPermitted):
        publish_version(version=draft, actor=nobody)
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert publish_version(version=draft, actor=moderator).state == "published"


def test_who_may_not_publish_is_told_that_and_nothing_about_later_versions():
    licence = LicenceFactory()
    forgotten = create_version(licence=licence, text_fr="Ancien", text_en="Old", actor=SYSTEM)
    later = published_version(licence)
    with pytest.raises(NotPermitted):
        publish_version(version=forgotten, actor=Actor.person(UserFactory()))
    forgotten.refresh_from_db()
    later.refresh_from_db()
    assert (forgotten.state, later.state) == ("draft", "published")


def test_signing_twice_returns_the_first_signature():
    person = UserFactory()
    version = published_version(LicenceFactory(acceptors=Acceptors.PERSON))
    assert person_signs(person, version) == person_signs(person, version)
    assert Acceptance.objects.count() == 1
    trace = Acceptance.objects.get().trace
    assert (trace.ip, trace.user_agent) == ("192.0.2.1", "tests")


@pytest.mark.parametrize("acceptors", [Acceptors.NOBODY, Acceptors.ORGANISATION])
def test_no_signature_where_none_is_due(acceptors):
    version = published_version(LicenceFactory(acceptors=acceptors))
    with pytest.raises(Invalid) as caught:
        person_signs(UserFactory(), version)
    assert caught.value.code == "no_signature_due"
    assert Acceptance.objects.count() == 0


def test_another_name_is_confirmed():
    person = UserFactory(name="Alice Martin")
    version = published_version(LicenceFactory())
    given = {
        "person": person,
        "version": version,
        "typed_name": "Alice Durand",
        "language": "en",
        "sha256": version.sha256_en,
        "ip": None,
        "user_agent": "x" * 900,
    }
    with pytest.raises(Invalid):
        accept_for_self(**given)
    assert Acceptance.objects.count() == 0
    signed = accept_for_self(**given, name_confirmed=True)
    assert (signed.typed_name, signed.language, len(signed.trace.user_agent)) == ("Alice Durand", "en", 400)


def test_a_project_is_described_by_an_active_member():
    home, person = OrganisationFactory(), UserFactory()
    with pytest.raises(NotPermitted):
        create_project(owner=person, organisation=home, title="Dunes")
    active_membership(person, home)
    project = create_project(owner=person, organisation=home, title="  Dunes   du Sud ")
    assert project.title == "Dunes du Sud"
    with pytest.raises(Invalid) as caught:
        create_project(owner=person, organisation=home, title="Dunes du Sud")
    assert caught.value.code == "project_exists"
    with pytest.raises(Invalid):
        create_project(owner=person, organisation=home, title="")
    from datetime import date

    with pytest.raises(Invalid):
        create_project(owner=person, organisation=home, title="X", starts_on=date(2026, 2, 1), ends_on=date(2026, 1, 1))
