# SPDX-License-Identifier: AGPL-3.0-or-later
"""How licence texts are shown: the few marks our texts use, everything escaped."""

import re
from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from licensing.selectors import form
from licensing.selectors.decision import Reason
from licensing.selectors.explanation import REMEDIES

register = template.Library()
NUMBERED = re.compile(r"^\d+\. ")


@register.simple_tag
def answer_rows(adhesion: Any) -> list[tuple[str, str]]:
    """Return what an adhesion answers to the questions of its class, in the reader's language."""
    return form.answer_rows(adhesion)


@register.filter
def licence_html(text: str, level: int = 2) -> SafeString:
    """Render a licence text: `#` titles (starting at heading `level`), numbered lists, `*a remark*`, paragraphs."""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    return mark_safe("\n".join(_block(block, level) for block in blocks))  # noqa: S308  (each part was escaped)


def _block(block: str, level: int) -> str:
    if heading := re.match(r"^(#{1,3}) (.+)$", block):
        depth = level + len(heading[1]) - 1
        return format_html("<h{}>{}</h{}>", depth, heading[2], depth)
    if NUMBERED.match(block):
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", ((line,) for line in _items(block))))
    if block.startswith("*") and block.endswith("*"):
        return format_html("<p><em>{}</em></p>", block.strip("*"))
    return format_html("<p>{}</p>", " ".join(block.split()))


def _items(block: str) -> Iterator[str]:
    for line in block.splitlines():
        yield conditional_escape(NUMBERED.sub("", line))


@register.filter
def language_name(code: str) -> str:
    """Return the name of "fr" or "en" in the reader's language."""
    return {"fr": _("French"), "en": _("English")}.get(code, code)


@register.filter
def remedy(reason: Reason) -> str:
    """Say in the reader's language what would open what a reason keeps closed."""
    return str(REMEDIES[reason.code])


@register.filter
def siret_words(siret: str) -> str:
    """Write a SIRET in groups, as on official letters."""
    return f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}" if siret else "—"
