# SPDX-License-Identifier: AGPL-3.0-or-later
"""The questions of a form revision as form fields; what they refuse is what the service refuses."""

from typing import Any

from django import forms

from dinamis.accounts.validators import tidied_identifier
from dinamis.core.widgets import DayInput
from licensing.selectors.form import words
from licensing.validators import validate_answer


def answer_field(question):
    """Return the form field of one question; every answer may wait while the form is a draft."""
    options: dict[str, Any] = {
        "label": words(question["label"]),
        "help_text": words(question["help"]) if "help" in question else "",
        "required": False,
    }
    kind = question["kind"]
    if kind == "choice":
        choices = [("", "—"), *((choice["value"], words(choice["label"])) for choice in question["choices"])]
        return forms.ChoiceField(choices=choices, **options)
    if kind == "date":
        widget = DayInput()
        return AnswerField(question, widget=widget, **options)
    if kind == "long_text":
        return AnswerField(question, widget=forms.Textarea(attrs={"rows": 4}), **options)
    return AnswerField(question, **options)


class AnswerField(forms.CharField):
    """A text judged by the question's own rules."""

    def __init__(self, question, **options):
        super().__init__(**options)
        self.question = question

    def clean(self, value):
        """Return the tidied text. Raises ValidationError."""
        text = super().clean(value)
        if text and self.question["kind"] == "identifier":
            text = tidied_identifier(text)
        if text:
            validate_answer(self.question, text)
        return text
