# SPDX-License-Identifier: AGPL-3.0-or-later
"""How decisions are shown: the words of their codes, the way to contest them."""

from django import template

from licensing.documents import recourse_of
from licensing.models import Decision
from licensing.reasons import label_of

register = template.Library()


@register.filter
def reason_of(code: str, verdict: str) -> str:
    """Return the words of a coded reason."""
    return label_of(verdict, code)


@register.filter
def recourse(decision: Decision) -> str:
    """Return how a decision is contested, in the reader's language."""
    return recourse_of(decision)
