# SPDX-License-Identifier: AGPL-3.0-or-later
"""The legal representative accepts a new version, or a licence added since, through a link, without an account."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from dinamis.core import clock, outbox
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import Invalid
from licensing.enums import Acceptors, Action
from licensing.models import Acceptance, Adhesion, Entitlement, SigningLink
from licensing.selectors.adhesion import texts_due
from licensing.selectors.decision import ResourceFacts, decide
from licensing.services import adhesion as verbs
from licensing.services.licence import create_version, publish_version
from licensing.services.signing_link import ask_again
from licensing.services.tokens import code_of, token_of
from tests.cast import gather
from tests.factories.licensing import LicenceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def gathered(module_rows):
    cast = gather()
    drive()
    return cast


def drive():
    """What the workers do, until nothing is left."""
    while due := outbox.due_ids():
        for message_id in due:
            outbox.drive(message_id)


def publish(cast, licence):
    """The office publishes a text that counts at once."""
    office = Actor.person(cast.dora)
    version = create_version(licence=licence, text_fr="Neuf", text_en="New", actor=office, grace_days=0)
    published = publish_version(version=version, actor=office)
    drive()
    return published


def adhesion_of(cast):
    return Adhesion.objects.get(organisation=cast.institute)


def open_link(adhesion):
    return SigningLink.objects.get(adhesion=adhesion, used_at=None, revoked_at=None)


def accept(adhesion, versions):
    link = open_link(adhesion)
    verbs.request_signing_code(link=link)
    link.refresh_from_db()
    return verbs.sign_adhesion(
        link=link,
        code=code_of(link),
        typed_name=adhesion.legal_representative_name,
        acceptances=[verbs.TextAccepted(version.pk, "fr", version.sha256_fr) for version in versions],
        ip=None,
        user_agent="tests",
    )


def allowed(cast, licence):
    return decide(cast.alice, Action.DOWNLOAD, ResourceFacts(licence.pk), project=None, at=clock.now())


def test_a_new_version_closes_until_the_legal_representative_accepts_it(cast):
    spot, adhesion = cast.licences["spot-6-7-uia"], adhesion_of(cast)
    assert allowed(cast, spot)
    rights = Entitlement.objects.count()
    version = publish(cast, spot)
    assert [code.value for code in allowed(cast, spot).codes] == ["organisation_acceptance_missing"]
    assert texts_due(adhesion) == [version]
    (message,) = [m for m in mail.outbox if m.to == [adhesion.legal_representative_email]]
    assert token_of(open_link(adhesion).pk) in message.body
    assert "a un nouveau texte" in message.body
    assert accept(adhesion, [version]).state == "approved"
    assert allowed(cast, spot)
    assert (texts_due(adhesion), Entitlement.objects.count()) == ([], rights)
    assert ask_again(adhesion=adhesion) is None


def test_a_licence_added_after_the_approval_gives_its_right_once_accepted(cast):
    adhesion = adhesion_of(cast)
    added = LicenceFactory(acceptors=Acceptors.ORGANISATION)
    version = publish(cast, added)
    assert not allowed(cast, added)
    accept(adhesion, [version])
    right = Entitlement.objects.get(organisation=cast.institute, licence=added)
    assert right.decision == adhesion.decisions.get(verdict="approve")
    assert right.period.upper == adhesion.period.upper
    assert allowed(cast, added)


def test_the_page_shows_what_is_due_and_a_get_changes_nothing(cast):
    adhesion = adhesion_of(cast)
    version = publish(cast, cast.licences["spot-6-7-uia"])
    link = open_link(adhesion)
    before = Acceptance.objects.count()
    html = Client().get(reverse("licensing:signing", args=[token_of(link.pk)])).content.decode()
    assert version.sha256_fr in html
    assert html.count("text-title-") == 2, "one text, named by its heading"
    assert Acceptance.objects.count() == before
    with pytest.raises(Invalid) as caught:
        accept(adhesion, [])
    assert caught.value.code == "nothing_ticked"
    assert Acceptance.objects.count() == before


def test_declining_changes_neither_the_adhesion_nor_its_other_rights(cast):
    adhesion = adhesion_of(cast)
    publish(cast, cast.licences["spot-6-7-uia"])
    with pytest.raises(Invalid):
        verbs.decline_signature(link=open_link(adhesion), reason=" ")
    assert verbs.decline_signature(link=open_link(adhesion), reason="Nous n’en avons plus besoin.").state == "approved"
    assert [code.value for code in allowed(cast, cast.licences["spot-6-7-uia"]).codes] == [
        "organisation_acceptance_missing"
    ]
    assert allowed(cast, cast.licences["spot-world-heritage"])


def test_a_suspended_adhesion_is_asked_nothing(cast):
    adhesion = adhesion_of(cast)
    verbs.suspend_adhesion(
        adhesion=adhesion,
        actor=cast.dora,
        reason=Reason("inquiry", "Vérification."),
        expected_version=adhesion.version,
    )
    publish(cast, cast.licences["spot-6-7-uia"])
    assert not SigningLink.objects.filter(adhesion=adhesion, used_at=None, revoked_at=None).exists()
    assert ask_again(adhesion=adhesion) is None
