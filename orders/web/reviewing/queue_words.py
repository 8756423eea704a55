# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue in words: what each factor is, and what it is for one order."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dinamis.core.templatetags.ui import km2, number
from licensing.enums import Purpose
from orders.domain.fair_share import FACTORS, NEED, Formula
from orders.models import QueueRule
from orders.selectors.reviewing.queue import Standing
from orders.web.reviewing.queue_forms import LABELS


def formula_rows(formula: Formula) -> list[dict[str, Any]]:
    """Return the five factors with their weight and how each is found."""
    needs = ", ".join(
        _("%(value)s for “%(purpose)s”") % {"value": number(value, 2), "purpose": Purpose(purpose).label}
        for purpose, value in NEED.items()
    )
    words = {
        "need": _("By the purpose of the project, on which its rights rest: %(needs)s.") % {"needs": needs},
        "age": _(
            "The days since the order was first sent, over %(days)s; it grows no more after that. An order that was "
            "sent back for changes keeps its age, one that was taken back does not."
        )
        % {"days": number(formula.age_days)},
        "use": _(
            "2 to the power of −(use ÷ share). The use is the area the organisation was given, on the ground: minimum "
            "areas and stereo, which are billed, do not count; of a place bought with others its part does. It counts "
            "in full while it is under way, then half of it after each %(days)s days. The share is the same for all, "
            "the average over the organisations that take part: nothing received counts 1, the average 0.5, twice the "
            "average 0.25."
        )
        % {"days": number(formula.half_life_days)},
        "reuse": _(
            "How many other organisations need the place, over %(full)s, at most 1: they have a running order of the "
            "same product over some of it, follow the order, ask to join it, or have a saved search with an alert over "
            "it. Each counts once, and is not named."
        )
        % {"full": number(formula.reuse_full)},
        "emergency": _("1 for an activation of CIEST², 0 for every other order: emergencies go before all others."),
    }
    return [
        {"name": name, "label": LABELS[name], "weight": formula.weights[name], "words": words[name]} for name in FACTORS
    ]


def part_rows(
    standing: Standing, formula: Formula, at: datetime, tried: Mapping[str, int] | None
) -> list[dict[str, Any]]:
    """Return the factors of an order: value, weight and points, with the facts in words; and those that are tried."""
    words = _words(standing, formula, at)
    return [
        {
            "label": LABELS[part.name],
            "words": words[part.name],
            "value": part.value,
            "weight": part.weight,
            "points": part.points / 100,
            "tried_weight": tried[part.name] if tried else None,
            "tried_points": round(100 * tried[part.name] * part.value) / 100 if tried else None,
        }
        for part in standing.parts
    ]


def place_words(standing: Standing) -> str:
    """Return the place of an order in one sentence, with what brings most of its points."""
    place = _("Place %(place)s of %(total)s in the queue") % {
        "place": number(standing.place),
        "total": number(standing.total),
    }
    parts = [
        _("%(factor)s (%(points)s points)") % {"factor": LABELS[part.name], "points": number(part.points / 100, 1)}
        for part in standing.mostly()
    ]
    if not parts:
        return f"{place}."
    return _("%(place)s, because of: %(parts)s.") % {"place": place, "parts": ", ".join(parts)}


def periods(rules: Iterable[QueueRule], at: datetime) -> list[dict[str, Any]]:
    """Return confirmed formulas, the last one first, each with its end (that of the next one's start) and whether it is
    in force."""
    rows: list[dict[str, Any]] = []
    ends: datetime | None = None
    for rule in sorted(rules, key=lambda one: one.starts_at, reverse=True):
        current = rule.starts_at <= at and (ends is None or at < ends)
        rows.append({"rule": rule, "weights": weight_rows(rule), "ends": ends, "current": current})
        ends = rule.starts_at
    return rows


def weight_rows(rule: QueueRule) -> list[dict[str, Any]]:
    """Return the weights of a formula with their words."""
    return [{"label": LABELS[name], "weight": getattr(rule, name)} for name in FACTORS]


def _words(standing: Standing, formula: Formula, at: datetime) -> dict[str, str]:
    days = max(0, (at - standing.since).days)
    known = standing.purpose in Purpose.values
    return {
        "need": str(Purpose(standing.purpose).label) if known else "",
        "age": ngettext("%(n)s day of %(full)s", "%(n)s days of %(full)s", days)
        % {"n": number(days), "full": number(formula.age_days)},
        "use": _("%(used)s given to the organisation of late, %(mean)s on average")
        % {"used": km2(standing.used_m2), "mean": km2(standing.mean_m2)},
        "reuse": ngettext(
            "%(n)s other organisation needs the place; %(full)s count in full",
            "%(n)s other organisations need the place; %(full)s count in full",
            standing.organisations,
        )
        % {"n": number(standing.organisations), "full": number(formula.reuse_full)},
        "emergency": _("Activation of CIEST²") if standing.lane else _("No emergency"),
    }
