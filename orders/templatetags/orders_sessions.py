# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of agendas and minutes, from their facts."""

from datetime import datetime
from typing import Any

from django import template

from dinamis.catalogue.enums import ProductFamily
from orders import session_words
from orders.enums import Attendance, OrderKind

register = template.Library()
TONES = {
    "granted": "ok",
    "in_part": "ok",
    "passed_on": "progress",
    "changes": "act",
    "refused": "bad",
    "deferred": "wait",
    "withdrawn": "over",
    "elsewhere": "over",
}
register.filter("opinion_words", session_words.opinion_words)
register.filter("said", session_words.said)
register.filter("outcome_words", session_words.outcome_words)
register.filter("grant_words", session_words.grant_words)
register.filter("decider_words", session_words.decider_words)


@register.filter
def outcome_tone(outcome: str) -> str:
    """The tone of an outcome, for the status component."""
    return TONES.get(outcome, "wait")


@register.filter
def moment(text: str) -> datetime:
    """An ISO time as facts keep it."""
    return datetime.fromisoformat(text)


@register.filter
def product_words(row: dict[str, Any]) -> str:
    """The product and the kind of request of a row."""
    return f"{ProductFamily(row['family']).label}, {OrderKind(row['kind']).label}"


@register.filter
def sitting(members: list[dict[str, Any]], attendance: str) -> str:
    """Those of an attendance, by name; who is represented stands beside their delegate ("B for A")."""
    found = [one for one in members if one["attendance"] == attendance]
    if attendance != Attendance.REPRESENTED:
        return ", ".join(one["name"] for one in found)
    pairs = ({"decided_by": one["stand_in"], "decided_for": one["name"]} for one in found)
    return ", ".join(session_words.decider_words(pair) for pair in pairs)


@register.filter
def wordlist(words: str) -> list[str]:
    """The words of a text."""
    return words.split()


@register.filter
def attendance_words(attendance: str) -> str:
    """The word of an attendance, as a heading."""
    label = str(Attendance(attendance).label)
    return label[:1].upper() + label[1:]
