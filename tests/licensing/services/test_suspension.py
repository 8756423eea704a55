# SPDX-License-Identifier: AGPL-3.0-or-later
"""An adhesion rests for a set of causes, lifted one by one."""

import pytest
from django.db import IntegrityError, connection, transaction

from dinamis.core import clock, outbox
from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.models import OutboxMessage
from licensing.models import AdhesionSuspension, Decision
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from tests.cast import admit, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def adhesion(dora):
    load_licences()
    return admit(signed_adhesion(UserFactory(), "Institut des rivages", 61, "french_institutional"), dora)


def suspend(adhesion, actor, code="inquiry", words="Vérification.", **changes):
    given = {"expected_version": adhesion.version, **changes}
    return verbs.suspend_adhesion(adhesion=adhesion, actor=actor, reason=Reason(code, words), **given)


def lift(adhesion, actor, cause="", words="Réglé.", **changes):
    given = {"expected_version": adhesion.version, **changes}
    return verbs.resume_adhesion(adhesion=adhesion, actor=actor, reason=Reason("settled", words), cause=cause, **given)


def open_codes(adhesion):
    return list(adhesion.causes.filter(lifted_at__isnull=True).values_list("cause", flat=True))


def test_the_adhesion_is_in_force_again_when_no_cause_is_left(adhesion, dora):
    suspend(adhesion, dora, "inquiry")
    suspend(adhesion, dora, "no_referent", "Plus de référent.")
    assert (adhesion.state, open_codes(adhesion)) == ("suspended", ["inquiry", "no_referent"])
    lift(adhesion, dora, "inquiry")
    assert (adhesion.state, open_codes(adhesion)) == ("suspended", ["no_referent"])
    lift(adhesion, dora)
    assert (adhesion.state, open_codes(adhesion)) == ("approved", [])
    verdicts = [decision.verdict for decision in adhesion.decisions.all()]
    assert verdicts == ["approve", "suspend", "suspend", "resume", "resume"]
    first = AdhesionSuspension.objects.get(cause="inquiry")
    assert (first.began_by, first.lifted_by, first.lifted_words) == (dora, dora, "Réglé.")


def test_the_same_cause_is_opened_once(adhesion, dora):
    suspend(adhesion, dora)
    with pytest.raises(Invalid) as caught:
        suspend(adhesion, dora)
    assert (caught.value.code, caught.value.pointer) == ("suspended", "code")
    assert open_codes(adhesion) == ["inquiry"]


@pytest.mark.parametrize(("code", "words"), [("", "Pourquoi."), ("nonsense", "Pourquoi."), ("inquiry", "  ")])
def test_a_suspension_has_a_code_and_words(adhesion, dora, code, words):
    with pytest.raises(Invalid):
        suspend(adhesion, dora, code, words)
    adhesion.refresh_from_db()
    assert (adhesion.state, adhesion.causes.count()) == ("approved", 0)


def test_with_several_causes_the_one_lifted_is_named(adhesion, dora):
    suspend(adhesion, dora, "inquiry")
    suspend(adhesion, dora, "breach", "Image publiée.")
    for cause in ("", "no_referent"):
        with pytest.raises(Invalid) as caught:
            lift(adhesion, dora, cause)
        assert caught.value.code == "cause_unknown"
    assert len(open_codes(adhesion)) == 2


def test_a_stale_page_adds_and_lifts_nothing(adhesion, dora):
    read = adhesion.version
    suspend(adhesion, dora)
    with pytest.raises(StaleVersion) as caught:
        suspend(adhesion, dora, "breach", expected_version=read)
    assert "Dora Office" in str(caught.value)
    assert caught.value.extra["acted_by"] == "Dora Office"
    with pytest.raises(StaleVersion):
        lift(adhesion, dora, expected_version=read)
    assert open_codes(adhesion) == ["inquiry"]


def test_four_eyes(adhesion, dora):
    member = ModeratorFactory()
    active_membership(member, adhesion.organisation)
    for person in (member, adhesion.referent, UserFactory()):
        with pytest.raises(NotPermitted):
            suspend(adhesion, person)
    suspend(adhesion, dora)
    with pytest.raises(NotPermitted):
        lift(adhesion, member)
    assert open_codes(adhesion) == ["inquiry"]


def test_a_further_cause_is_neither_opened_nor_lifted_by_who_may_not_judge(adhesion, dora):
    suspend(adhesion, dora)
    suspend(adhesion, dora, "no_referent", "Plus de référent.")
    for person in (UserFactory(), adhesion.referent):
        with pytest.raises(NotPermitted):
            suspend(adhesion, person, "breach", "Image publiée.")
        with pytest.raises(NotPermitted):
            lift(adhesion, person, "inquiry")
    assert open_codes(adhesion) == ["inquiry", "no_referent"]
    assert Decision.objects.count() == 3


def test_an_expired_adhesion_is_neither_suspended_nor_lifted(adhesion, dora):
    with clock.at(adhesion.period.upper):
        with pytest.raises(IllegalTransition) as caught:
            suspend(adhesion, dora)
        assert caught.value.code == "expired"
        with pytest.raises(IllegalTransition):
            lift(adhesion, dora)
    assert Decision.objects.count() == 1


def test_lifting_what_does_not_rest_is_refused(adhesion, dora):
    with pytest.raises(IllegalTransition):
        lift(adhesion, dora)


def test_the_database_keeps_the_adhesion_suspended_while_a_cause_is_open(adhesion, dora):
    suspend(adhesion, dora)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE licensing_adhesion SET state = 'approved' WHERE id = %s", [adhesion.pk])
    with pytest.raises(IntegrityError), transaction.atomic():
        AdhesionSuspension.objects.update(words="autre chose")
    adhesion.refresh_from_db()
    assert adhesion.state == "suspended"


def test_I14_the_mail_says_why_and_how_to_contest(adhesion, dora, mailoutbox, settings):
    suspend(adhesion, dora, "breach", "Image publiée sans mention.")
    for message in OutboxMessage.objects.filter(topic="core.send_mail", key__contains="adhesion_decided"):
        outbox.drive(message.pk)
    told = [mail for mail in mailoutbox if "suspend" in mail.subject]
    assert {mail.to[0] for mail in told} == {adhesion.referent.email, adhesion.legal_representative_email}
    for mail in told:
        assert "charte" in mail.body or "licence" in mail.body
        assert "Image publiée sans mention." in mail.body
        assert settings.DINAMIS["RECOURSE"]["fr"] in mail.body
