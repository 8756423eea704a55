# SPDX-License-Identifier: AGPL-3.0-or-later
"""The référent's pages before those who only read them: nothing is offered to whoever may not file."""

import pytest

from dinamis.accounts.enums import MemberRole
from dinamis.accounts.services.membership import end_membership
from dinamis.core.actors import Reason
from dinamis.core.models import OutboxMessage
from licensing.models import Adhesion
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from tests.cast import signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import AdhesionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def sent_back(dora):
    """An adhesion the office sent back to its référent."""
    load_licences()
    adhesion = signed_adhesion(UserFactory(), "Institut des rivages", 66, "french_institutional")
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    unclear = Reason("unclear_use", "À préciser.")
    verbs.request_changes(adhesion=adhesion, actor=dora, reason=unclear, expected_version=adhesion.version)
    return Adhesion.objects.get(pk=adhesion.pk)


def test_the_office_reads_a_file_and_is_not_offered_to_file_it(client, sent_back, dora):
    for person, offered in ((dora, False), (sent_back.referent, True)):
        client.force_login(person)
        page = client.get(f"/adhesions/{sent_back.pk}/")
        assert (page.status_code, page.context["may_file"], page.context["may_edit"]) == (200, offered, offered)
        assert (page.context["message_form"] is not None) is offered


def test_the_office_does_not_open_the_form_it_sent_back(client, sent_back, dora):
    form = f"/adhesions/{sent_back.pk}/edit/"
    client.force_login(dora)
    for answer in (client.get(form), client.post(form, {"mission": "Autre chose."})):
        assert (answer.status_code, answer["Location"]) == (302, f"/adhesions/{sent_back.pk}/")
    assert Adhesion.objects.get().mission == sent_back.mission
    client.force_login(sent_back.referent)
    assert client.get(form).status_code == 200


def test_a_referent_who_left_is_not_offered_to_send_what_they_had_drafted(client, dora):
    load_licences()
    draft = AdhesionFactory()
    client.force_login(draft.referent)
    send = f'action="/adhesions/{draft.pk}/send/"'
    assert send in client.get(f"/adhesions/{draft.pk}/preview/").content.decode()
    led = active_membership(draft.referent, draft.organisation, role=MemberRole.REFERENT)
    end_membership(membership=led, actor=dora, words="Départ.")
    OutboxMessage.objects.all().delete()
    assert send not in client.get(f"/adhesions/{draft.pk}/preview/").content.decode()
    client.post(f"/adhesions/{draft.pk}/send/")
    draft.refresh_from_db()
    assert (draft.state, draft.signing_links.count(), OutboxMessage.objects.count()) == ("draft", 0, 0)
