# SPDX-License-Identifier: AGPL-3.0-or-later
"""French is complete: every text of ours has its translation, and none is left unsure."""

import re
from pathlib import Path

from django.conf import settings

PO = Path(settings.BASE_DIR) / "dinamis" / "locale" / "fr" / "LC_MESSAGES" / "django.po"


def entries():
    for block in re.split(r"\n\n+", PO.read_text()):
        if block.startswith("#~") or 'msgid ""\nmsgstr ""\n"' in block:
            continue
        msgid = re.search(r"^msgid (.*?)^msgstr", block, flags=re.DOTALL | re.MULTILINE)
        translations = re.findall(r'^msgstr(?:\[\d\])? ((?:"[^\n]*"\n?)+)', block, flags=re.MULTILINE)
        if msgid:
            yield block, ["".join(re.findall(r'"(.*)"', text)) for text in translations]


def test_every_text_has_its_french():
    missing = [block for block, translations in entries() if not translations or not all(translations)]
    assert missing == []


def test_no_translation_is_fuzzy():
    assert [block for block, _ in entries() if re.search(r"^#,.*fuzzy", block, flags=re.MULTILINE)] == []


def test_french_quotes_and_points_keep_their_spaces():
    ascii_space = re.compile("« | »| [?!;:](?:\\s|$)")
    wrong = [text for _, texts in entries() for text in texts if ascii_space.search(text) and "http" not in text]
    assert wrong == []


def test_french_words_of_scripts_keep_their_spaces():
    french = (Path(settings.BASE_DIR) / "static/js/words.js").read_text().partition("  en: {")[0]
    assert re.findall(r'"[^"]*\w [?!;:][^"]*"', french) == []


def test_days_are_said_by_one_function():
    """`ui.date_words` knows that the first day of a month is a "1er" in French, which no format of Django's does."""
    own = [path for app in ("dinamis", "licensing", "orders") for path in Path(settings.BASE_DIR, app).rglob("*.py")]
    assert [path.name for path in own if "django.utils.formats import date_format" in path.read_text()] == []
