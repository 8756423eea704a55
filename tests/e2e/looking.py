# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is looked at on every page: its language, its heading, its width, its words, its accessibility, its picture."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "var" / "screens"
AXE = ROOT / "dinamis" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
CATALOGUE = ROOT / "dinamis" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
QUESTIONS = Path(__file__).with_suffix(".js").read_text()


@dataclass(frozen=True)
class Phrases:
    """Texts in the words of the other language; those with holes as patterns."""

    plain: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    def found_in(self, texts: list[str]) -> list[str]:
        """Return the texts that are one of these phrases."""
        return [t for t in texts if t in self.plain or any(p.fullmatch(t) for p in self.patterns)]


def _unquoted(lines: str) -> str:
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', lines))
    return re.sub(r"\s+", " ", text.replace("\\n", " ").replace('\\"', '"').replace("\\\\", "\\")).strip()


def _pairs() -> list[tuple[str, str]]:
    """Return every text with its French; each form of a plural is a pair."""
    pairs = []
    for block in re.split(r"\n\n+", CATALOGUE.read_text())[1:]:
        if block.startswith("#~"):
            continue
        ids = [_unquoted(m) for m in re.findall(r'^msgid(?:_plural)? ((?:"[^\n]*"\n?)+)', block, flags=re.MULTILINE)]
        own = [_unquoted(m) for m in re.findall(r'^msgstr(?:\[\d\])? ((?:"[^\n]*"\n?)+)', block, flags=re.MULTILINE)]
        pairs += list(zip(ids, own, strict=False))
    return [(english, french) for english, french in pairs if english and french]


def _phrases(wanted: set[str], other: set[str]) -> Phrases:
    """Keep what only this language says; a phrase with holes needs three letters of its own."""
    only = wanted - other
    holes = re.compile(r"%\([^)]*\)[sd]")
    patterns = []
    for text in (t for t in only if holes.search(t)):
        parts = holes.split(text)
        if len(re.findall(r"[^\W\d_]{3,}", "".join(parts))) >= 2:
            patterns.append(re.compile(".+?".join(re.escape(part.replace("%%", "%")) for part in parts)))
    return Phrases(frozenset(t for t in only if not holes.search(t)), tuple(patterns))


@cache
def foreign_phrases(language: str) -> Phrases:
    """Return what a page in `language` may not say."""
    pairs = _pairs()
    english, french = {a for a, _ in pairs}, {b for _, b in pairs}
    return _phrases(english, french) if language == "fr" else _phrases(french, english)


def settled(page: Page) -> None:
    """Wait for the maps and the pictures in view."""
    for index in range(page.locator("dinamis-map").count()):
        expect(page.locator("dinamis-map").nth(index)).to_have_attribute("data-ready", "", timeout=30_000)
    page.wait_for_load_state("networkidle")


def asked(page: Page, question: str) -> list[str]:
    """Ask a page one of the questions of looking.js."""
    answer: list[str] = page.evaluate(f"{QUESTIONS.strip()}.{question}()")
    return answer


def faults_of(page: Page, language: str) -> dict[str, Any]:
    """Look at a page; return what is wrong, by kind."""
    page.evaluate(AXE.read_text())
    said = page.locator("html").get_attribute("lang")
    headings = page.locator("h1").all_inner_texts()
    seen = {
        "lang": [] if said == language else [said],
        "headings": [] if len(headings) == 1 else headings or ["none"],
        "overflow": asked(page, "overflow"),
        "cut": asked(page, "cut"),
        "untranslated": foreign_phrases(language).found_in(asked(page, "texts")),
        "axe": asked(page, "barriers"),
    }
    return {kind: wrong for kind, wrong in seen.items() if wrong}


def pictured(page: Page, name: str) -> None:
    """Keep a picture of the whole page under var/screens."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    # Hiding the caret leaves an empty `style` on every field, which the policy of the site refuses to see copied.
    page.screenshot(path=SCREENS / f"{name}.png", full_page=True, caret="initial")


def look(page: Page, name: str, language: str = "fr") -> None:
    """Look at a page on the way, from its top: its picture is kept, and it has no fault."""
    page.evaluate("window.scrollTo(0, 0)")
    settled(page)
    pictured(page, name)
    faults = faults_of(page, language)
    assert faults == {}, (page.url, faults)
