# SPDX-License-Identifier: AGPL-3.0-or-later
"""How decisions are shown: the words of their codes, the way to contest them, what rests on them."""

from django import template

from licensing.documents import recourse_of
from licensing.models import Decision, Entitlement
from licensing.reasons import label_of
from licensing.selectors.basis import Ground, grounds_of

register = template.Library()


@register.filter
def reason_of(code: str, verdict: str) -> str:
    """Return the words of a coded reason."""
    return label_of(verdict, code)


@register.filter
def recourse(decision: Decision) -> str:
    """Return how a decision is contested, in the reader's language."""
    return recourse_of(decision)


@register.filter
def grounds(right: Entitlement, licences: dict[str, str]) -> list[Ground]:
    """Return what a right rests on, in the reader's language; `licences` are names by code."""
    return grounds_of(right, licences=licences)
