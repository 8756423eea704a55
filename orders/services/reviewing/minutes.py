# SPDX-License-Identifier: AGPL-3.0-or-later
"""The minutes: made once, when a session closes, from what is true then; a correction is a note beside them."""

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.periods import anniversary, day_start
from dinamis.core.transitions import apply_transition, lock_rows
from orders.enums import AgendaOutcome, Attendance, PaperKind, SessionState
from orders.models import AgendaRow, CommitteeSession, Minutes, MinutesNote, Order
from orders.selectors.reviewing.agenda import Facts, facts_of, is_there, rows_of, standing_of
from orders.selectors.reviewing.papers import digest, sheet_of
from orders.services.reviewing import session_decisions, session_papers, sessions

# Class of the advisory lock under which numbers of minutes are given.
NUMBERS = 40


@transaction.atomic
def close(*, session: CommitteeSession, actor: Any) -> Minutes:
    """Close an open session and make its minutes; what was not decided is deferred, what was withdrawn is said to be.

    Raises NotPermitted, IllegalTransition (closed already), Invalid while it is not noted who was present.
    """
    locked = sessions.locked_for(session, actor, SessionState.OPEN)
    attendance = list(locked.members.values_list("attendance", flat=True))
    if Attendance.AWAITED in attendance or not any(is_there(one) for one in attendance):
        raise Invalid(
            _("It is not noted who was present."), pointer="seats", repair=_("Note each member as present or excused.")
        )
    waiting = locked.rows.filter(outcome="")
    # What moves an order meanwhile comes before or after: the minutes never say "deferred" of one that is withdrawn.
    lock_rows(Order.objects.filter(pk__in=waiting.values("order")).order_by("pk"))
    for row in rows_of(locked).filter(outcome=""):
        _settle(locked, row)
    apply_transition(locked, "close", actor=Actor.person(actor))
    number = _next_number()
    facts = facts_of(locked) | {"number": number, "made_at": clock.now().isoformat(), "made_by": str(actor)}
    texts = {code: text_of(facts, code) for code, _name in settings.LANGUAGES}
    made = Minutes.objects.create(
        session=locked, number=number, facts=facts, texts=texts, sha256=fingerprint(facts, texts)
    )
    for code in texts:
        if sheet := sheet_of(locked, PaperKind.MINUTES, code, actor):
            session_papers.ask_paper(sheet)
    return made


@transaction.atomic
def add_note(*, minutes: Minutes, actor: Any, words: str) -> MinutesNote:
    """Correct minutes by a note. Raises NotPermitted, Invalid without words."""
    if not actor.has_perm("orders.run_session", minutes.session):
        raise NotPermitted(_("The office keeps the minutes."))
    if not words.strip():
        raise Invalid(_("The note says nothing."), pointer="words", repair=_("Write what is corrected."))
    return MinutesNote.objects.create(minutes=minutes, author=actor, words=words.strip())


def text_of(facts: Facts, language: str) -> str:
    """Return the minutes as plain text in a language."""
    with translation.override(language):
        text = render_to_string("orders/reviewing/session/minutes.txt", {"facts": facts})
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line, before in zip(lines, ["x", *lines], strict=False) if line or before).strip() + "\n"


def fingerprint(facts: Facts, texts: dict[str, str]) -> str:
    """Return the SHA-256 of minutes: of their facts and texts as canonical JSON."""
    return digest([facts, texts])


def _settle(session: CommitteeSession, row: AgendaRow) -> None:
    """What the session did not decide itself: withdrawn, decided elsewhere, or deferred."""
    row.outcome = standing_of(row) or AgendaOutcome.DEFERRED
    row.decided_at = clock.now()
    row.save(update_fields=["outcome", "decided_at"])
    if row.outcome == AgendaOutcome.DEFERRED:
        session_decisions.put_on_next(session, row.order)


def _next_number() -> str:
    """The next "PV-2026-0003"; those of a year (Paris) have no gap: the lock lasts until the minutes are there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [NUMBERS])
    begin = day_start(clock.today().replace(month=1, day=1))
    made = Minutes.objects.filter(made_at__gte=begin, made_at__lt=anniversary(begin, 1)).count()
    return f"PV-{clock.today().year}-{made + 1:04d}"
