# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages keep the strict content policy and the language rules by construction."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PAGES = sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html"))
LIMIT = 150


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_template_has_no_inline_style_or_script(page):
    text = (ROOT / page).read_text()
    assert not re.search(r"\sstyle\s*=\s*[\"']", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"<style[\s>]", text)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, flags=re.DOTALL)
    assert [attributes for attributes, content in scripts if content.strip()] == []
    # Django's own help texts are markup (the list of password rules); nothing else is trusted.
    assert "|safe" not in text.replace("help_text|safe", "")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_template_is_short_and_its_block_translations_are_trimmed(page):
    text = (ROOT / page).read_text()
    assert text.count("\n") <= LIMIT
    assert [tag for tag in re.findall(r"{%\s*blocktranslate[^%]*%}", text) if "trimmed" not in tag] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_form_that_changes_something_carries_the_token(page):
    text = (ROOT / page).read_text()
    for form in re.findall(r"<form[^>]*method=[\"']post[\"'].*?</form>", text, flags=re.DOTALL | re.IGNORECASE):
        assert "csrf_token" in form, form[:120]
