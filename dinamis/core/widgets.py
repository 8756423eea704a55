# SPDX-License-Identifier: AGPL-3.0-or-later
"""Inputs of forms that browsers ask for in a way of their own."""

from typing import Any

from django import forms


class DayInput(forms.DateInput):
    """A day. Browsers show it in their reader's language, and read it as YYYY-MM-DD alone (HTML, 2.3.5.2)."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")
