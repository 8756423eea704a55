# SPDX-License-Identifier: AGPL-3.0-or-later
"""The agenda and the minutes as PDF/UA and CSV, in the language in use, from the facts of `selectors.agenda`."""

from collections.abc import Iterator
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import ProductFamily
from dinamis.core.spreadsheet import table
from licensing.services.certificate_pdf import tagged_pdf
from orders.enums import OrderKind
from orders.reasons import label_of
from orders.selectors.agenda import Facts
from orders.session_words import decider_words, grant_words, km2_figure, opinion_words, outcome_words

EURO = 100


def as_pdf(facts: Facts, *, minutes: bool, notes: list[Any]) -> bytes:
    """Return the paper as PDF/UA-1."""
    context = {"facts": facts, "minutes": minutes, "notes": notes}
    return tagged_pdf(render_to_string("orders/session/paper.html", context))


def as_csv(facts: Facts) -> str:
    """Return one order a line (RFC 4180), then the totals by purse; km² and euros as decimals with a point."""
    return table(_lines(facts))


def _lines(facts: Facts) -> Iterator[list[Any]]:
    yield [
        _("No."), _("Reference"), _("Organisation"), _("Title"), _("Product"), _("Kind"), _("Area (km²)"),
        _("Billed (km²)"), _("Cost (EUR)"), _("Opinions"), _("Stepped back"), _("Decision"), _("Reason"),
        _("Words"), _("Granted"), _("For"), _("Against"), _("Abstained"), _("Decided by"),
    ]  # fmt: skip
    for row in facts["rows"]:
        yield [
            row["position"], row["reference"], row["organisation"], row["title"], ProductFamily(row["family"]).label,
            OrderKind(row["kind"]).label, *_amounts(row),
            "; ".join(opinion_words(one) for one in row["opinions"]),
            "; ".join(f"{one['name']} ({label_of(one['code'])})" for one in row["recused"]),
            outcome_words(row["outcome"]), label_of(row["reason_code"]), row["words"],
            "; ".join(grant_words(one) for one in row["grants"]),
            *(row["votes"] or ["", "", ""]), decider_words(row),
        ]  # fmt: skip
    yield ["", _("Total"), "", "", "", "", *_amounts(facts["total"])]
    for purse in facts["purses"]:
        yield ["", _("Purse"), "", purse["name"], "", "", "", km2_figure(purse["m2"])]


def _amounts(row: Facts) -> tuple[str, str, str]:
    return km2_figure(row["asked_m2"]), km2_figure(row["billed_m2"]), f"{row['cents'] / EURO:.2f}"
