# SPDX-License-Identifier: AGPL-3.0-or-later
"""The legal representative's signature: one link, one code, one set of acceptances, or nothing at all."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, StaleVersion
from dinamis.core.models import OutboxMessage
from licensing.models import Acceptance, AcceptanceTrace, SigningLink
from licensing.selectors.adhesion import find_link, texts_to_sign
from licensing.services import adhesion as verbs
from licensing.services.licence import create_version, publish_version
from licensing.services.load_licences import load_licences
from licensing.services.tokens import code_of, token_of
from tests.factories.accounts import siret

pytestmark = pytest.mark.django_db


@pytest.fixture
def adhesion():
    from tests.factories.accounts import UserFactory

    load_licences()
    made = verbs.open_adhesion(
        referent=UserFactory(name="Rémi Référent"),
        organisation=verbs.OrganisationData(name="Institut des rivages", siret=siret(7), sector="recherche"),
        eligibility_class="french_institutional",
        legal_representative=verbs.LegalRepresentative("Hélène Martin-Dupont", "Direction@Example.org", "Directrice"),
        mission="Suivi du trait de côte.",
    )
    verbs.send_for_signature(adhesion=made, actor=made.referent, language="fr")
    return made


@pytest.fixture
def link(adhesion):
    return adhesion.signing_links.get()


def texts(adhesion, language="fr"):
    return [
        verbs.TextAccepted(version.pk, language, version.sha256_in(language))
        for version in texts_to_sign(adhesion.eligibility_class)
    ]


def sign(link, **changes):
    given = {
        "code": "",
        "typed_name": "Hélène Martin-Dupont",
        "acceptances": texts(link.adhesion),
        "ip": "192.0.2.1",
        "user_agent": "tests",
        **changes,
    }
    return verbs.sign_adhesion(link=link, **given)


def with_code(link):
    verbs.request_signing_code(link=link)
    link.refresh_from_db()
    return code_of(link)


def unchanged(link, state="awaiting_signature"):
    """Nothing was signed."""
    link.adhesion.refresh_from_db()
    assert link.adhesion.state == state
    assert Acceptance.objects.count() == 0
    assert AcceptanceTrace.objects.count() == 0


def test_only_hashes_are_stored_and_queued(link):
    token = token_of(link.pk)
    assert len(token) == 43
    assert find_link(token) == link
    assert find_link(token[:-1]) is None
    assert token not in str(SigningLink.objects.values())
    code = with_code(link)
    assert len(code) == 6
    assert code not in str(SigningLink.objects.values("code_sha256"))
    payloads = str(list(OutboxMessage.objects.values_list("payload", flat=True)))
    assert token not in payloads
    assert code not in payloads
    assert link.email == "direction@example.org"


def test_the_mail_carries_the_link_and_a_replaced_one_is_never_mailed(adhesion, link):
    verbs.reissue_link(adhesion=adhesion, actor=adhesion.referent, language="en")
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    (sent,) = mail.outbox
    new = adhesion.signing_links.get(revoked_at=None)
    assert token_of(new.pk) in sent.body
    assert sent.to == ["direction@example.org"]
    assert sent.extra_headers["Content-Language"] == "en"
    link.refresh_from_db()
    with pytest.raises(IllegalTransition):
        sign(link)
    unchanged(link)


def test_a_secret_key_that_is_gone_makes_no_wrong_link(link, settings):
    settings.SECRET_KEY = "another-key-another-key-another-key-another-key-another"
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    assert mail.outbox == []
    assert OutboxMessage.objects.get(topic="licensing.mail_signing_link").dead_at is not None


def test_a_rotated_secret_key_keeps_links_alive(link, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    token = token_of(link.pk)
    settings.SECRET_KEY = "another-key-another-key-another-key-another-key-another"
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    assert token in mail.outbox[0].body


def test_signing_writes_one_acceptance_per_text_and_hands_the_file_over(link):
    adhesion = sign(link, code=with_code(link))
    assert adhesion.state == "submitted"
    assert adhesion.submitted_at is not None
    rows = Acceptance.objects.order_by("id")
    assert [(row.licence_version.licence.code, row.sha256) for row in rows] == [
        (version.licence.code, version.sha256_fr) for version in texts_to_sign("french_institutional")
    ]
    assert {(row.capacity, row.email, row.language, row.person) for row in rows} == {
        ("legal_representative", "direction@example.org", "fr", None)
    }
    assert {row.authenticated_by for row in rows} == {"one-time link and mailed code"}
    assert set(AcceptanceTrace.objects.values_list("ip", "user_agent")) == {("192.0.2.1", "tests")}
    link.refresh_from_db()
    assert link.used_at is not None
    assert link.code_sha256 == ""


def test_a_trace_is_erased_without_touching_the_evidence(link):
    sign(link, code=with_code(link))
    AcceptanceTrace.objects.all().delete()
    assert Acceptance.objects.count() == 4
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.update(typed_name="Quelqu’un")


def test_a_link_signs_once(link):
    sign(link, code=with_code(link))
    with pytest.raises(IllegalTransition) as caught:
        sign(link, code="000000")
    assert caught.value.code == "link_used"
    with pytest.raises(IllegalTransition):
        verbs.request_signing_code(link=link)
    with pytest.raises(IllegalTransition):
        verbs.decline_signature(link=link, reason="trop tard")
    assert Acceptance.objects.count() == 4


def test_an_expired_link_does_nothing(link):
    with clock.at(link.expires_at):
        with pytest.raises(IllegalTransition) as caught:
            verbs.request_signing_code(link=link)
        assert caught.value.code == "link_expired"
        with pytest.raises(IllegalTransition):
            sign(link, code="123456")
    unchanged(link)


def test_five_wrong_codes_end_the_code_and_stay_counted(link):
    code = with_code(link)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(Invalid) as caught:
            sign(link, code=wrong)
        assert caught.value.code == "code_wrong"
        assert str(left) in str(caught.value)
    with pytest.raises(Invalid) as caught:
        sign(link, code=code)
    assert caught.value.code == "code_exhausted"
    unchanged(link)
    assert sign(link, code=with_code(link)).state == "submitted"


def test_a_code_dies_after_fifteen_minutes_and_when_another_is_asked(link):
    first = with_code(link)
    with clock.at(link.code_expires_at):
        with pytest.raises(Invalid) as caught:
            sign(link, code=first)
        assert caught.value.code == "code_expired"
        second = with_code(link)
        if first != second:
            with pytest.raises(Invalid) as caught:
                sign(link, code=first)
            assert caught.value.code == "code_wrong"
    unchanged(link)


def test_at_most_ten_codes_per_link(link):
    for _ in range(10):
        verbs.request_signing_code(link=link)
    with pytest.raises(Invalid) as caught:
        verbs.request_signing_code(link=link)
    assert caught.value.code == "too_many_codes"


def test_no_code_no_signature(link):
    with pytest.raises(Invalid) as caught:
        sign(link, code="123456")
    assert caught.value.code == "code_missing"
    unchanged(link)


@pytest.mark.parametrize("typed", ["helene martin dupont", "MARTIN-DUPONT Hélène", "  Hélène   Martin Dupont "])
def test_case_accents_and_order_of_a_name_do_not_count(link, typed):
    assert sign(link, code=with_code(link), typed_name=typed).state == "submitted"


def test_another_name_must_be_confirmed_and_spends_no_attempt(link):
    code = with_code(link)
    with pytest.raises(Invalid) as caught:
        sign(link, code=code, typed_name="Paul Durand")
    assert caught.value.code == "name_differs"
    with pytest.raises(Invalid):
        sign(link, code=code, typed_name="   ")
    link.refresh_from_db()
    assert link.code_attempts == 0
    unchanged(link)
    sign(link, code=code, typed_name="Paul Durand", name_confirmed=True)
    assert Acceptance.objects.first().typed_name == "Paul Durand"


def test_without_the_charter_there_is_no_signature(link):
    without = [text for text in texts(link.adhesion) if text.version_id != texts(link.adhesion)[0].version_id]
    with pytest.raises(Invalid) as caught:
        sign(link, code=with_code(link), acceptances=without)
    assert caught.value.code == "charter_missing"
    unchanged(link)


def test_a_licence_may_be_left_out(link):
    adhesion = sign(link, code=with_code(link), acceptances=texts(link.adhesion)[:2])
    assert adhesion.state == "submitted"
    assert set(Acceptance.objects.values_list("licence_version__licence__code", flat=True)) == {
        "charter",
        "pleiades-uia",
    }


def test_another_fingerprint_language_or_version_is_a_stale_text(link):
    good = texts(link.adhesion)
    code = with_code(link)
    wrong = [
        verbs.TextAccepted(good[0].version_id, "fr", "0" * 64),
        verbs.TextAccepted(good[0].version_id, "en", good[0].sha256),
        verbs.TextAccepted(good[0].version_id, "de", good[0].sha256),
    ]
    for text in wrong:
        with pytest.raises(StaleVersion):
            sign(link, code=code, acceptances=[text, *good[1:]])
    charter = texts_to_sign("french_institutional")[0].licence
    version = create_version(licence=charter, text_fr="Nouveau", text_en="New", actor=SYSTEM)
    publish_version(version=version, actor=SYSTEM)
    with pytest.raises(StaleVersion):
        sign(link, code=code, acceptances=good)
    unchanged(link)
    link.refresh_from_db()
    assert link.used_at is None


def test_declining_needs_words_and_returns_the_form(link):
    with pytest.raises(Invalid):
        verbs.decline_signature(link=link, reason="  ")
    unchanged(link)
    adhesion = verbs.decline_signature(link=link, reason="Le budget n’est pas voté.")
    assert adhesion.state == "draft"
    link.refresh_from_db()
    assert link.used_at is not None
    unchanged(link, "draft")
    for message_id in outbox.due_ids():
        outbox.drive(message_id)
    assert any("Le budget n’est pas voté." in message.body for message in mail.outbox)


# --- the page ---------------------------------------------------------------------------------------------------


def url_of(link):
    return reverse("licensing:signing", args=[token_of(link.pk)])


def everything():
    """What a GET must leave as it was."""
    links = list(SigningLink.objects.values())
    return links, Acceptance.objects.count(), OutboxMessage.objects.count()


def test_scanners_open_and_head_the_link_without_effect(link):
    before = everything()
    for _ in range(3):
        answer = Client().get(url_of(link))
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "strict-origin"
        assert Client().head(url_of(link)).status_code == 200
    assert Client().get(url_of(link) + "code/").status_code == 302
    assert Client().get(url_of(link) + "decline/").status_code == 405
    assert everything() == before
    unchanged(link)


def test_an_expired_used_or_invented_link_gets_a_clear_page(link):
    with clock.at(link.expires_at + timedelta(seconds=1)):
        answer = Client().get(url_of(link))
        assert answer.status_code == 410
        assert "Rémi Référent" in answer.content.decode()
        assert Client().post(url_of(link), {"typed_name": "x"}).status_code == 410
    assert Client().get(reverse("licensing:signing", args=["x" * 43])).status_code == 404
    unchanged(link)


def test_the_page_speaks_both_languages_and_names_what_it_shows(link):
    version = texts_to_sign("french_institutional")[1]
    french = Client().get(url_of(link)).content.decode()
    english = Client().get(url_of(link) + "?language=en").content.decode()
    assert version.sha256_fr in french
    assert version.sha256_en in english
    assert "Licence Pléiades des utilisateurs" in french
    assert "Pléiades licence for authorised" in english
    assert '<html lang="en"' in english
    assert "checked" not in french + english


def test_a_form_without_the_charter_mails_no_code(link):
    answer = Client().post(url_of(link), {"language": "fr", "typed_name": "Hélène Martin-Dupont"})
    assert answer.status_code == 422
    link.refresh_from_db()
    assert link.codes_sent == 0


def test_another_name_is_asked_to_be_confirmed_on_the_page(link):
    form = {"language": "fr", "typed_name": "Paul Durand"}
    for text in texts(link.adhesion):
        form |= {f"text-{text.version_id}": "on", f"sha256-{text.version_id}": text.sha256}
    browser = Client()
    answer = browser.post(url_of(link), form)
    assert answer.status_code == 422
    assert "name_confirmed" in answer.content.decode()
    assert browser.post(url_of(link), form | {"name_confirmed": "on"}).status_code == 302


def test_declining_on_the_page(link):
    browser = Client()
    assert browser.post(url_of(link) + "decline/", {"reason": ""}).status_code == 422
    answer = browser.post(url_of(link) + "decline/", {"reason": "Pas concerné."})
    assert browser.get(answer.url).status_code == 200
    unchanged(link, "draft")
