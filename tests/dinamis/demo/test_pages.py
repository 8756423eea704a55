# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people page and the mailbox, as a browser without scripts gets them."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from dinamis.accounts.enums import OfficeRole
from dinamis.demo import second_factors
from dinamis.demo.models import SentMail
from dinamis.demo.people import PASSWORD, PEOPLE
from dinamis.demo.second_factors import load_second_factors
from dinamis.demo.story.cast import load_people

pytestmark = pytest.mark.django_db


def forms_of(page):
    """The fields of each sign-in form: action and hidden inputs."""
    text = page.content.decode()
    found = re.findall(r'<form class="inline-form" method="post" action="([^"]+)">(.*?)</form>', text, re.DOTALL)
    return [(action, dict(re.findall(r'name="([^"]+)" value="([^"]*)"', body))) for action, body in found]


def test_every_person_with_an_account_has_a_sign_in_form(client):
    forms = forms_of(client.get(reverse("demo:people")))
    assert [fields["login"] for _, fields in forms] == [one.email for one in PEOPLE if one.has_account]
    assert {action for action, _ in forms} == {reverse("account_login")}
    assert {fields["password"] for _, fields in forms} == {PASSWORD}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_is_there_in_both_languages(client, language):
    page = client.get(reverse("demo:people"), headers={"accept-language": language})
    assert page.status_code == 200
    assert f'lang="{language}"' in page.content.decode()
    assert all(one.email in page.content.decode() for one in PEOPLE)


def test_pages_hold_no_inline_script_nor_style(client):
    SentMail.objects.create(to="a@x.example", subject="S", body="B")
    for url in (reverse("demo:people"), reverse("demo:mailbox"), SentMail.objects.get().pk):
        text = client.get(reverse("demo:mail", args=[url]) if isinstance(url, int) else url).content.decode()
        assert not re.search(r"\son\w+=|\sstyle=|<style", text)
        assert re.findall(r"<script[^>]*>([^<]*)</script>", text) == [""] * text.count("<script")


@pytest.mark.parametrize("one", [one for one in PEOPLE if one.has_account], ids=lambda one: one.key)
def test_everybody_can_sign_in_with_the_common_password(client, one):
    load_people()
    assert EmailAddress.objects.get(email=one.email).verified
    load_second_factors()
    answer = client.post(reverse("account_login"), {"login": one.email, "password": PASSWORD})
    assert answer.status_code == 302
    if one.office_role != OfficeRole.NONE:
        assert answer["Location"] == reverse("mfa_authenticate")
        code = re.search(
            f'data-totp="{one.key}">([0-9]+)<', type(client)().get(reverse("demo:people")).content.decode()
        )
        client.post(answer["Location"], {"code": code[1]})
    assert client.session["_auth_user_id"]


def test_the_secrets_are_told_and_loading_again_keeps_them():
    load_people()
    office = [one for one in PEOPLE if one.office_role != OfficeRole.NONE]
    assert load_second_factors() == len(office)
    told = second_factors.document()
    assert {one.key for one in office} | {one.email for one in office} == set(told)
    assert load_second_factors() == 0
    assert second_factors.document() == told


def test_changing_person_signs_out_and_repeats_the_form(client):
    load_people()
    client.post(reverse("account_login"), {"login": PEOPLE[0].email, "password": PASSWORD})
    forms = forms_of(client.get(reverse("demo:people")))
    assert {action for action, _ in forms} == {reverse("demo:switch")}
    answer = client.post(reverse("demo:switch"), {"login": PEOPLE[1].email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (307, reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_changing_person_asks_for_a_post(client):
    load_people()
    client.post(reverse("account_login"), {"login": PEOPLE[0].email, "password": PASSWORD})
    assert client.get(reverse("demo:switch")).status_code == 405
    assert client.session["_auth_user_id"]


def test_a_wrong_password_signs_nobody_in(client):
    load_people()
    client.post(reverse("account_login"), {"login": PEOPLE[0].email, "password": "not-the-password"})
    assert "_auth_user_id" not in client.session


def test_the_list_escapes_what_mails_say(client):
    SentMail.objects.create(to="a@x.example", subject="<b>S</b>", body="<script>x</script>")
    text = client.get(reverse("demo:mailbox")).content.decode()
    assert "&lt;b&gt;S&lt;/b&gt;" in text
    assert "<b>S</b>" not in text


def test_a_mail_is_shown_escaped_with_links_to_this_site_only(client, settings):
    body = f"<script>x</script> {settings.SITE_URL}/a http://other.example/"
    mail = SentMail.objects.create(to="a@x.example", subject="<i>", body=body, language="fr")
    text = client.get(reverse("demo:mail", args=[mail.pk])).content.decode()
    assert "<script>x" not in text
    assert f'<a href="{settings.SITE_URL}/a">' in text
    assert 'href="http://other.example/"' not in text


def test_a_mail_that_is_not_there_is_404(client):
    assert client.get(reverse("demo:mail", args=[999_999])).status_code == 404


def test_the_list_can_be_kept_to_one_recipient(client):
    SentMail.objects.create(to="a@x.example", subject="for a", body="B")
    SentMail.objects.create(to="b@x.example", subject="for b", body="B")
    text = client.get(reverse("demo:mailbox"), {"to": "B@x.example"}).content.decode()
    assert "for b" in text
    assert "for a" not in text


def test_an_empty_mailbox_says_so(client):
    assert client.get(reverse("demo:mailbox")).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(client, django_assert_num_queries, count):
    for number in range(count):
        SentMail.objects.create(to=f"{number}@x.example", subject="S", body="B")
    with django_assert_num_queries(3):
        client.get(reverse("demo:mailbox"))
