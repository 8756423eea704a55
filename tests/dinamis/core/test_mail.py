# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mail is in the language of its reader, and in every language where nobody knows which that is."""

import pytest
from django.core import mail

from dinamis.core.mail import SEPARATOR, send_mail

CONTEXT = {
    "organisation": "Institut des rivages",
    "stage": "carried_out",
    "kind": "ended",
    "day": "2026-03-01",
    "successors": "",
    "words": "Décret du 3 mars.",
    "url": "",
}


def sent(language):
    send_mail(
        {
            "template": "licensing/mail/organisation_ends",
            "to": "direction@example.org",
            "language": language,
            "key": f"end:{language}",
            "context": CONTEXT,
        }
    )
    return mail.outbox[-1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_one_language(language):
    message = sent(language)
    assert message.extra_headers["Content-Language"] == language
    assert SEPARATOR not in message.body


def test_every_language_where_it_is_unknown():
    french, english, both = sent("fr"), sent("en"), sent("")
    assert both.extra_headers["Content-Language"] == "fr, en"
    assert both.body == french.body + SEPARATOR + english.body
    assert both.subject == f"{french.subject} / {english.subject.removeprefix('DINAMIS · ')}"
