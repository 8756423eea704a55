# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can be set, moved or permitted is written down."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text()


def variables_read():
    source = "\n".join((ROOT / "dinamis" / "settings" / f"{name}.py").read_text() for name in ("base", "prod"))
    return sorted(set(re.findall(r'env\.(?:text|flag|integer|names)\("([A-Z_]+)"', source)))


@pytest.mark.parametrize("name", variables_read())
def test_every_variable_is_documented(name):
    assert f"`{name}`" in SETTINGS_PAGE


@pytest.mark.parametrize("key", sorted(settings.DINAMIS))
def test_every_rule_of_the_scheme_is_documented(key):
    assert f"`{key}`" in SETTINGS_PAGE


def test_the_generated_pages_are_up_to_date():
    call_command("generate_docs", check=True)


def test_every_decision_record_has_its_three_parts():
    pages = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    assert len(pages) >= 8
    for page in pages:
        text = page.read_text()
        assert [part for part in ("**Context.**", "**Decision.**", "**Consequences.**") if part not in text] == [], page
