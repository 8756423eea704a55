# SPDX-License-Identifier: AGPL-3.0-or-later
"""A kept sentence is in no language until somebody reads it."""

import json

import pytest
from django.core import mail
from django.template import Context, Template
from django.utils import translation

from dinamis.core import sentences
from dinamis.core.mail import send_mail
from dinamis.core.sentences import say, say_within, several
from licensing.sentences import BY_MERGER, RENEWAL
from orders.sentences import BOUGHT_TOGETHER, CEILING_SHORT, LEFT, REASON

VALUES = {
    "orders.area": {"number": 3},
    "orders.ceiling_short": {"left": 12_050, "wanted": 2_000_000},
    "orders.left": {"organisation": "Institut", "why": "right_lost"},
    "orders.reason": {"reason": "not_needed"},
}
NAMES = ("affiliation", "name", "number", "organisation", "person", "pool", "reference", "words")


def said(text, language):
    with translation.override(language):
        return say(text)


@pytest.mark.parametrize("code", sorted(sentences._known))
def test_each_is_kept_in_no_language_and_said_in_that_of_its_reader(code):
    sentence = sentences._known[code]
    values = VALUES.get(code) or {name: "Rive" for name in NAMES if f"%({name})" in str(sentence.words)}
    with translation.override("fr"):
        kept = sentence.keep(**values)
    with translation.override("en"):
        assert sentence.keep(**values) == kept
    assert json.loads(kept) == {"say": code, **values}
    french, english = said(kept, "fr"), said(kept, "en")
    assert french != english
    for text in (french, english):
        assert "%(" not in text
        assert "{" not in text
        assert all(value in text for value in values.values() if value in {"Rive", "Institut"})


def test_amounts_and_codes_are_written_for_the_reader():
    short = CEILING_SHORT.keep(left=12_050, wanted=2_000_000)
    assert "€120.50" in said(short, "en").replace("\u00a0", "")
    assert "120,50" in said(short, "fr")
    assert said(REASON.keep(reason="not_needed"), "en") == "not needed any more"


def test_several_are_one_text():
    kept = several(RENEWAL.keep(), LEFT.keep(organisation="Institut", why="silent"))
    assert said(kept, "en") == "Renewal. Institut: gave no answer in time."
    assert several() == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Avenant 2",
        '{"say": "of another release"}',
        '{"say": "orders.bought_together"}',
        '{"say": "orders.area", "number": "three"}',
        '{"say": "orders.ceiling_short", "left": "x", "wanted": 1}',
        '{"say": "orders.left", "organisation": "x", "why": "x"}',
        '{"say": ["x"]}',
        '{"say": ',
        '[{"say": "licensing.renewal"}, 1]',
        '[{"say":' + "[" * 5000,
    ],
)
def test_what_somebody_wrote_is_shown_as_it_is(text):
    assert said(text, "en") == text


def test_values_are_words_and_nothing_more():
    kept = BOUGHT_TOGETHER.keep(pool=RENEWAL.keep())
    assert RENEWAL.keep() in said(kept, "fr")
    page = Template("{% load ui %}{{ words|said }}").render(Context({"words": BY_MERGER.keep(name="<b>A & B</b>")}))
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in page


def test_what_is_kept_within_json_is_said():
    with translation.override("en"):
        given = {"a": [RENEWAL.keep(), 1, None], "b": {"c": "Rive"}}
        assert say_within(given) == {"a": ["Renewal.", 1, None], "b": {"c": "Rive"}}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Comes from Rive by merger."), ("fr", "Vient de l’organisme Rive par fusion.")]
)
def test_a_mail_says_it_in_the_language_of_its_reader(language, words):
    context = {"person": "A", "email": "a@example.org", "organisation": "B", "motivation": BY_MERGER.keep(name="Rive")}
    send_mail(
        {
            "template": "accounts/mail/membership_requested",
            "to": "b@example.org",
            "language": language,
            "key": "k",
            "context": {**context, "url": ""},
        }
    )
    assert words in mail.outbox[-1].body
    assert "say" not in mail.outbox[-1].body
