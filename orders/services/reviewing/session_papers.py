# SPDX-License-Identifier: AGPL-3.0-or-later
"""The papers of sessions: PDF/UA files drawn by a task, each content once (docs/adr/0047), and CSV.

Who asks twice, or at once with others, asks once; a task that is run again finds the file.
"""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock, outbox
from dinamis.core.spreadsheet import table
from licensing.services.certificate_pdf import tagged_pdf, write_file
from orders.enums import OrderKind
from orders.models import SessionPaper
from orders.reasons import label_of
from orders.selectors.reviewing.agenda import Facts
from orders.selectors.reviewing.papers import Sheet
from orders.session_words import decider_words, grant_words, km2_figure, opinion_words, outcome_words

DRAW_TOPIC = "orders.draw_paper"
FOLDER = "private/papers"
EURO = 100


@transaction.atomic
def ask_paper(sheet: Sheet) -> SessionPaper:
    """Return the paper that says this; its first reader has it drawn. Twice, or two at once = once."""
    paper, new = SessionPaper.objects.get_or_create(
        session=sheet.session,
        kind=sheet.kind,
        language=sheet.language,
        fingerprint=sheet.fingerprint,
        defaults={"facts": sheet.facts},
    )
    if new:
        outbox.put(DRAW_TOPIC, {"paper_id": paper.pk}, key=f"session-paper:{paper.pk}")
    return paper


def draw(paper: SessionPaper) -> SessionPaper:
    """Render, write and fingerprint the file of a paper; a second writer changes nothing. Returns the paper as it is
    kept. Raises OSError when the file cannot be written."""
    if paper.is_drawn:
        return paper
    content = as_pdf(paper)
    key = f"{FOLDER}/{paper.asked_at.year}/{uuid4()}.pdf"
    write_file(settings.FILES_ROOT / key, content)
    written = {"storage_key": key, "sha256": hashlib.sha256(content).hexdigest(), "drawn_at": clock.now()}
    if not SessionPaper.objects.filter(pk=paper.pk, sha256="").update(**written):
        (settings.FILES_ROOT / key).unlink()
    paper.refresh_from_db()
    return paper


def as_pdf(paper: SessionPaper) -> bytes:
    """Return a paper as PDF/UA-1, from what it says alone."""
    with translation.override(paper.language):
        return tagged_pdf(
            render_to_string("orders/reviewing/session/paper.html", {"kind": paper.kind, "facts": paper.facts})
        )


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
