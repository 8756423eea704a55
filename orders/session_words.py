# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of an agenda and of minutes, from their facts (`selectors.reviewing.agenda`), in the language in use."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from dinamis.core.sentences import say
from dinamis.core.templatetags.ui import km2
from orders.enums import AgendaOutcome, LineVerdict, ReviewStage
from orders.reasons import label_of
from orders.templatetags.orders_reasons import verdict_label

KM2 = 1_000_000
Facts = Mapping[str, Any]


def said(what: str, words: str) -> str:
    """Return "what: words" as the language in use punctuates it."""
    return _("%(what)s: %(words)s") % {"what": what, "words": words}


def opinion_words(opinion: Facts) -> str:
    """Say what a stage said: "opinion of CNES: favourable"."""
    return said(str(ReviewStage(opinion["stage"]).label), verdict_label(opinion["verdict"]))


def outcome_words(outcome: str) -> str:
    """Say what became of a row; "" while it waits."""
    return str(AgendaOutcome(outcome).label) if outcome else ""


def grant_words(grant: Facts) -> str:
    """Say what was granted of a line. Minutes of before have its number in its name."""
    line = f"{grant['position']}. {say(grant['line'])}" if "position" in grant else grant["line"]
    reason = f" ({label_of(grant['code'])})" if grant["code"] else ""
    return said(line, f"{LineVerdict(grant['verdict']).label}, {km2(grant['m2'])}{reason}")


def decider_words(row: Facts) -> str:
    """Say who decided, and for whom."""
    if not row["decided_for"]:
        return str(row["decided_by"])
    return _("%(name)s for %(other)s") % {"name": row["decided_by"], "other": row["decided_for"]}


def km2_figure(m2: int) -> str:
    """Return an area in km² with two decimals."""
    return f"{m2 / KM2:.2f}"
