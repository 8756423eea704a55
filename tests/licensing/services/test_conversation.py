# SPDX-License-Identifier: AGPL-3.0-or-later
"""Remarks stay in the office; messages go to the other side, once."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.models import OutboxMessage
from licensing.models import Message, Remark
from licensing.services import adhesion as verbs
from licensing.services.conversation import add_remark, send_message
from licensing.services.load_licences import load_licences
from tests.cast import signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora():
    return ModeratorFactory()


@pytest.fixture
def adhesion(dora):
    load_licences()
    filed = signed_adhesion(UserFactory(), "Institut des rivages", 82, "french_institutional")
    verbs.claim_adhesion(adhesion=filed, actor=dora)
    return filed


def mailed(template):
    rows = OutboxMessage.objects.filter(topic="core.send_mail", payload__template=f"licensing/mail/{template}")
    return [row.payload["to"] for row in rows]


def test_a_remark_is_the_offices_alone(adhesion, dora):
    before = OutboxMessage.objects.count()
    add_remark(adhesion=adhesion, actor=dora, words="Le SIRET semble fermé.", key=uuid4())
    assert OutboxMessage.objects.count() == before
    assert Remark.objects.visible_to(ModeratorFactory()).count() == 1
    member = ModeratorFactory()
    active_membership(member, adhesion.organisation)
    others = [
        adhesion.referent,
        member,
        UserFactory(),
        UserFactory(office_role="opinion_cnes"),
        UserFactory(office_role="administrator", is_superuser=True, is_staff=True),
    ]
    for person in others:
        assert not Remark.objects.visible_to(person).exists()
        with pytest.raises(NotPermitted):
            add_remark(adhesion=adhesion, actor=person, words="Moi aussi.", key=uuid4())
    assert Remark.objects.count() == 1


def test_a_message_goes_to_the_other_side(adhesion, dora):
    send_message(adhesion=adhesion, actor=dora, words="Pouvez-vous joindre les statuts ?", key=uuid4())
    assert mailed("message") == [adhesion.referent.email]
    send_message(adhesion=adhesion, actor=adhesion.referent, words="Les voici.", key=uuid4())
    assert sorted(mailed("message")) == sorted([adhesion.referent.email, dora.email])
    assert [message.from_office for message in Message.objects.all()] == [True, False]
    with pytest.raises(NotPermitted):
        send_message(adhesion=adhesion, actor=UserFactory(), words="Bonjour.", key=uuid4())
    assert Message.objects.count() == 2


def test_a_double_click_writes_once(adhesion, dora):
    key, other = uuid4(), uuid4()
    for _click in range(2):
        send_message(adhesion=adhesion, actor=dora, words="Bonjour.", key=key)
        add_remark(adhesion=adhesion, actor=dora, words="À suivre.", key=other)
    assert (Message.objects.count(), Remark.objects.count(), len(mailed("message"))) == (1, 1, 1)


@pytest.mark.parametrize("words", ["", "  ", "x" * 5001])
def test_words_are_neither_missing_nor_endless(adhesion, dora, words):
    with pytest.raises(Invalid):
        send_message(adhesion=adhesion, actor=dora, words=words, key=uuid4())
    with pytest.raises(Invalid):
        add_remark(adhesion=adhesion, actor=dora, words=words, key=uuid4())
    assert not Message.objects.exists()
    assert not Remark.objects.exists()


def test_what_was_written_stays(adhesion, dora):
    add_remark(adhesion=adhesion, actor=dora, words="À suivre.", key=uuid4())
    with pytest.raises(IntegrityError), transaction.atomic():
        Remark.objects.update(words="autre")
    with pytest.raises(IntegrityError), transaction.atomic():
        Remark.objects.all().delete()
