# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sentences that are kept for later: a row, an event or a mail keeps a code and its values, and whoever reads it is
told in their own language (docs/adr/0059).

Kept is a text: `{"say": code, …values}` as JSON, or a list of such. Any other text is what somebody wrote and is shown
as it is. The sentences of an app stand in its `sentences.py`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

SAY = "say"
BEGINNINGS = (f'{{"{SAY}":', f'[{{"{SAY}":')

_known: dict[str, "Sentence"] = {}


class Sentence:
    """A sentence of ours under a code that never changes; its words (lazy, with `%(name)s`) may.

    `shown` says, for values that are codes or amounts, how they are written for a reader.
    """

    def __init__(self, code: str, words: Any, **shown: Callable[[Any], Any]) -> None:
        self.code, self.words, self.shown = code, words, shown
        _known[code] = self

    def keep(self, **values: str | int) -> str:
        """Return what is kept: the code and the values, in no language."""
        return json.dumps({SAY: self.code, **values}, ensure_ascii=False)

    def said(self, values: Mapping[str, Any]) -> str:
        """Return the sentence in the language in use."""
        shown = {name: self.shown[name](value) if name in self.shown else value for name, value in values.items()}
        return str(self.words % shown)


def several(*kept: str) -> str:
    """Return several kept sentences as one text to keep; "" for none."""
    return json.dumps([json.loads(one) for one in kept], ensure_ascii=False) if kept else ""


def say(text: str) -> str:
    """Return a kept text in the language in use, and any other text as it is."""
    if not text.startswith(BEGINNINGS):
        return text
    try:
        kept = json.loads(text)
        return " ".join(map(_said, kept)) if isinstance(kept, list) else _said(kept)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # Somebody's words that only begin so, or a sentence that this release does not know.
        return text


def say_within(value: Any) -> Any:
    """Return JSON with every kept text in it said in the language in use."""
    if isinstance(value, str):
        return say(value)
    if isinstance(value, Mapping):
        return {name: say_within(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [say_within(one) for one in value]
    return value


def _said(kept: Mapping[str, Any]) -> str:
    return _known[kept[SAY]].said({name: value for name, value in kept.items() if name != SAY})
