# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is stored is in no language (docs/adr/0059): translations are marked, and no mark may reach the database."""

import json

import pytest

MARKS = "⟦", "⟧"
WRITES = ("INSERT", "UPDATE")


def _text(value):
    """What a parameter of a statement says."""
    if isinstance(value, list | tuple):
        return " ".join(map(_text, value))
    held = getattr(value, "obj", value)
    return held if isinstance(held, str) else json.dumps(held, ensure_ascii=False, default=str)


@pytest.fixture
def in_no_language(monkeypatch):
    """Let the test fail when what its verbs write holds a translated text."""
    from django.db import connection
    from django.utils import translation

    words = translation._trans
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        said = getattr(words, name)
        monkeypatch.setattr(words, name, lambda *given, said=said: said(*given).join(MARKS))
    written = []

    def look(execute, sql, params, many, context):
        if str(sql).lstrip().startswith(WRITES) and MARKS[0] in (text := _text(params or ())):
            written.append(text)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield
    assert written == []
