# SPDX-License-Identifier: AGPL-3.0-or-later
"""Days in forms are written as browsers read them, whatever the language."""

import re
from datetime import date

from django.utils import translation

from dinamis.core.widgets import DayInput
from dinamis.embedded.state import checkout_root


def test_a_day_is_written_as_browsers_read_it():
    for language in ("fr", "en"):
        with translation.override(language):
            assert 'value="2026-12-03"' in DayInput().render("day", date(2026, 12, 3))
            assert 'type="date"' in DayInput().render("day", None)


def test_every_day_of_a_form_is_written_so():
    root = checkout_root()
    files = [path for app in ("dinamis", "licensing", "orders") for path in (root / app).rglob("*.py")]
    assert len(files) > 300
    others = [path.name for path in files if re.search(r"DateInput\b|\"type\": \"date\"", path.read_text())]
    assert others == ["widgets.py"]
