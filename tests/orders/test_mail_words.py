# SPDX-License-Identifier: AGPL-3.0-or-later
"""Amounts and lists in mails are written as their reader writes them; a provider's English is said to be English."""

import pytest
from django.core import mail
from django.utils import translation

from dinamis.core.mail import send_mail
from orders.sentences import PROVIDER_SAYS

ORDER = {"name": "Alice", "reference": "D-1", "title": "Golfe", "path": "/", "organisation": "Institut"}


def body(template, language, **context):
    send_mail({"template": template, "to": "a@b.example", "language": language, "key": template, "context": context})
    return mail.outbox[-1].body


@pytest.mark.parametrize(("language", "said"), [("fr", "1\u00a0234,50\u00a0€"), ("en", "€1,234.50")])
def test_an_amount_is_written_as_its_reader_writes_it(language, said):
    quote = {**ORDER, "number": "DV-1", "cents": 123_450, "day": "2026-12-01"}
    assert f": {said}." in body("orders/mail/quote_offered", language, **quote).replace("\u00a0:", ":")
    above = {**ORDER, "scene": "S", "asked_cents": 123_450, "agreed_cents": 100}
    assert said in body("orders/mail/price_above_quote", language, **above)


@pytest.mark.parametrize("template", ["orders/mail/failed", "orders/mail/failed_office"])
def test_the_english_of_a_provider_is_said_to_be_english(template):
    failed = {**ORDER, "scene": "S", "words": PROVIDER_SAYS.keep(words="Production failed")}
    said = body(template, "fr", **failed)
    assert "motif\u00a0: «\u202fProduction failed\u202f» (mots de l’opérateur, en anglais)" in said


def test_the_texts_that_were_signed_are_listed_without_gaps():
    text = {"name_fr": "Charte", "name_en": "Charter", "number": 1, "language": "fr", "sha256": "0" * 64, "url": "/t/"}
    context = {"signatory": "Alice", "organisation": "Institut", "texts": [text, text], "in_force": True}
    said = body("licensing/mail/adhesion_signed", "fr", **context)
    assert "version 1 (français)" in said
    assert "\n\n\n" not in said
    assert said.count("\n- Charte") == 2
    with translation.override("en"):
        assert "(French)" in body("licensing/mail/adhesion_signed", "en", **context)
