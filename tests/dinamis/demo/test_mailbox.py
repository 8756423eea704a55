# SPDX-License-Identifier: AGPL-3.0-or-later
import threading
from datetime import UTC, datetime

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import connection
from django.urls import reverse

from dinamis.core import clock
from dinamis.demo.mailbox import DemoMailboxBackend, forget_old, linkified, mails_to
from dinamis.demo.models import SentMail

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def send(**fields):
    message = EmailMessage(**{"subject": "Bonjour", "body": "Texte", "to": ["a@x.example"], **fields})
    return DemoMailboxBackend().send_messages([message])


def test_a_mail_is_kept_for_each_recipient():
    with clock.at(NOON):
        sent = send(to=["Alice <Alice@X.example>", "b@x.example"], headers={"Content-Language": "fr"})
    assert sent == 1
    rows = SentMail.objects.order_by("to").values_list("to", "subject", "body", "language", "sent_at")
    assert list(rows) == [
        ("alice@x.example", "Bonjour", "Texte", "fr", NOON),
        ("b@x.example", "Bonjour", "Texte", "fr", NOON),
    ]


def test_the_html_part_is_kept():
    message = EmailMultiAlternatives("S", "T", to=["a@x.example"])
    message.attach_alternative("<p>T</p>", "text/html")
    DemoMailboxBackend().send_messages([message])
    assert SentMail.objects.get().html == "<p>T</p>"


def test_the_same_message_twice_is_one_mail():
    send(headers={"Message-ID": "<1@dinamis>"})
    send(headers={"Message-ID": "<1@dinamis>"})
    assert SentMail.objects.count() == 1


def test_messages_without_id_are_never_taken_for_the_same():
    send()
    send()
    assert SentMail.objects.count() == 2


def test_only_the_last_ones_are_kept():
    for number in range(5):
        send(subject=str(number))
    forget_old(kept=3)
    assert list(mails_to().order_by("id").values_list("subject", flat=True)) == ["2", "3", "4"]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_mails_sent_at_the_same_time_are_all_kept():
    def work(number):
        try:
            for each in range(25):
                send(subject=f"{number}-{each}")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert SentMail.objects.count() == 150


def test_a_subject_on_two_lines_becomes_one_line():
    row = SentMail(to="a@x.example", subject="x", body="y")
    assert str(row) == "a@x.example: x"
    send(subject="one  two")
    assert SentMail.objects.get().subject == "one two"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>1</script> & co", "&lt;script&gt;1&lt;/script&gt; &amp; co"),
        (
            "see http://s.example/a?b=1&c=2.",
            'see <a href="http://s.example/a?b=1&amp;c=2">http://s.example/a?b=1&amp;c=2</a>.',
        ),
        ("(http://s.example/a)", '(<a href="http://s.example/a">http://s.example/a</a>)'),
        ("http://s.example", '<a href="http://s.example">http://s.example</a>'),
        ("http://s.example.evil/a", "http://s.example.evil/a"),
        ("https://other.example/", "https://other.example/"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ('http://s.example/"onclick="x', '<a href="http://s.example/">http://s.example/</a>&quot;onclick=&quot;x'),
    ],
)
def test_only_links_to_this_site_are_made_and_all_is_escaped(settings, text, expected):
    settings.SITE_URL = "http://s.example"
    assert linkified(text) == expected


def test_json_gives_the_mails_newest_first(client):
    with clock.at(NOON):
        send(subject="first")
        send(subject="second")
        send(subject="other", to=["b@x.example"])
    answer = client.get(reverse("demo:mailbox"), {"format": "json", "to": "A@x.example"})
    assert answer.json() == [
        {"to": "a@x.example", "subject": "second", "body": "Texte", "sent_at": "2026-03-02T12:00:00Z"},
        {"to": "a@x.example", "subject": "first", "body": "Texte", "sent_at": "2026-03-02T12:00:00Z"},
    ]


def test_json_without_address_gives_all(client):
    send()
    send(to=["b@x.example"])
    answer = client.get(reverse("demo:mailbox"), {"format": "json"})
    assert [mail["to"] for mail in answer.json()] == ["b@x.example", "a@x.example"]


def test_the_mailbox_accepts_no_post(client):
    assert client.post(reverse("demo:mailbox")).status_code == 405
