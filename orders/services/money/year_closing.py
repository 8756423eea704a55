# SPDX-License-Identifier: AGPL-3.0-or-later
"""Closing a year: its account becomes rows that never change, by two people; its PDF is made by a task
(docs/adr/0050)."""

import hashlib
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from dinamis.core import clock, outbox
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing.services.certificate_pdf import tagged_pdf, write_file
from orders.account_words import tables_of
from orders.enums import ClosingState
from orders.models import YearClosing, YearFigure
from orders.selectors.money.accounts import account_of, computed, years_of_account

FOLDER = "private/accounts"
PRINT_TOPIC = "orders.print_account"


@transaction.atomic
def propose_closing(*, year: int, actor: Any) -> YearClosing:
    """Propose to close a year that is over; nothing is frozen before somebody else agrees.

    Raises NotPermitted, Invalid: a year that is not over or in which nothing happened yet, one that is closed or
    proposed already.
    """
    refuse_keys()
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office closes a year."))
    if year >= clock.today().year or year not in years_of_account():
        raise Invalid(_("Only a year that is over is closed."), pointer="year", repair=_("Wait for its last day."))
    try:
        with transaction.atomic():
            row = YearClosing.objects.create(year=year, proposed_by=actor, proposed_at=clock.now())
    except IntegrityError as error:
        raise Invalid(
            _("This year is closed, or somebody has proposed it."), pointer="year", repair=_("Read its page again.")
        ) from error
    record_creation(row, actor=Actor.person(actor))
    return row


@transaction.atomic
def close_year(*, closing: YearClosing, actor: Any, expected_version: int | None = None) -> YearClosing:
    """Freeze the account of a year that somebody else proposed to close, and have it printed.

    Raises NotPermitted (the proposer), IllegalTransition, StaleVersion.
    """
    held = lock(closing)
    if held.state == ClosingState.PROPOSED:
        rows = enumerate(computed(held.year).rows)
        YearFigure.objects.bulk_create(
            YearFigure(closing=held, cut=row.cut, position=position, key=row.key, label=row.label, figures=row.figures)
            for position, row in rows
        )
    moved = _decide(held, "close", actor, Reason("closed"), expected_version)
    outbox.put(PRINT_TOPIC, {"closing_id": moved.pk}, key=f"{PRINT_TOPIC}:{moved.pk}")
    return moved


@transaction.atomic
def refuse_closing(*, closing: YearClosing, actor: Any, words: str, expected_version: int | None = None) -> YearClosing:
    """Leave a year open, with the reason. Raises Invalid without words, NotPermitted, IllegalTransition,
    StaleVersion."""
    reason = Reason("refused", words) if words.strip() else Reason()
    return _decide(lock(closing), "refuse", actor, reason, expected_version)


@transaction.atomic
def withdraw_closing(*, closing: YearClosing, actor: Any, expected_version: int | None = None) -> YearClosing:
    """Take one's own proposal back. Raises NotPermitted, IllegalTransition, StaleVersion."""
    return apply_transition(lock(closing), "withdraw", actor=Actor.person(actor), expected_version=expected_version)


def print_account(closing: YearClosing) -> None:
    """Render, write and fingerprint the account of a closed year in each language; a second writer changes nothing."""
    if closing.state != ClosingState.CLOSED:
        return
    for language, _name in settings.LANGUAGES:
        if language in closing.files:
            continue
        content = render_account(closing, language)
        key = f"{FOLDER}/{closing.year}/{uuid4()}.pdf"
        write_file(settings.FILES_ROOT / key, content)
        with transaction.atomic():
            held = lock(closing)
            if language in held.files:
                (settings.FILES_ROOT / key).unlink()
            else:
                held.files[language] = {"storage_key": key, "sha256": hashlib.sha256(content).hexdigest()}
                held.save(update_fields=["files"])
            closing.files = held.files


def render_account(closing: YearClosing, language: str) -> bytes:
    """Return the PDF (PDF/UA-1) of the account of a closed year in a language."""
    with translation.override(language):
        context = {"closing": closing, "tables": tables_of(account_of(closing.year))}
        return tagged_pdf(render_to_string("orders/money/account_document.html", context))


def _decide(closing: YearClosing, name: str, actor: Any, reason: Reason, version: int | None) -> YearClosing:
    return apply_transition(
        closing,
        name,
        actor=Actor.person(actor),
        reason=reason,
        expected_version=version,
        decided_by=actor,
        decided_at=clock.now(),
    )
