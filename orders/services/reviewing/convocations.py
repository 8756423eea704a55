# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calling the members of a session: each is sent the agenda as they may read it, drawn before the mail goes."""

import logging
from collections.abc import Collection, Mapping
from typing import Any

from dinamis.accounts.models import User
from dinamis.core import outbox
from orders import notifications_of_sessions as notifications
from orders.enums import PaperKind
from orders.models import CommitteeSession, SessionPaper
from orders.selectors.reviewing.agenda import facts_of, for_reader
from orders.selectors.reviewing.papers import Sheet
from orders.services.reviewing import session_papers

CALL_TOPIC = "orders.call_members"

log = logging.getLogger(__name__)


def call(session: CommitteeSession, *, only: Collection[int] | None = None) -> None:
    """Have the members (or those of `only`, by their numbers) and the delegates of who is away called, with the agenda
    as it is at this moment. Must be called in the transaction that locked the session."""
    facts = facts_of(session)
    for person, away in notifications.seated(session):
        if only is not None and (away or person).pk not in only:
            continue
        sheet = Sheet(session, PaperKind.AGENDA, person.language, for_reader(facts, person))
        paper = session_papers.ask_paper(sheet)
        key = f"{session.pk}:{person.pk}:{session.version}"
        payload = {"session_id": session.pk, "person_id": person.pk, "away": str(away or ""), "paper_id": paper.pk}
        outbox.put(CALL_TOPIC, payload | {"key": key}, key=f"session-call:{key}")


def send(payload: Mapping[str, Any]) -> None:
    """Send one convocation. An agenda that cannot be drawn does not hold it up: the mail says so, and leads to the
    page. Nobody is called to a session that is over. Twice = once."""
    session = CommitteeSession.objects.get(pk=payload["session_id"])
    person = User.objects.get(pk=payload["person_id"])
    if session.over or not person.is_active:
        return
    paper = SessionPaper.objects.select_related("session").get(pk=payload["paper_id"])
    notifications.session_convened(session, (person, payload["away"]), _drawn(paper), key=payload["key"])


def _drawn(paper: SessionPaper) -> SessionPaper:
    try:
        return session_papers.draw(paper)
    except Exception:
        # Whatever it is, a full disk or a word that the printer chokes on: its own message tries again.
        log.exception("the agenda of %s was not drawn for its convocation", paper.session)
        return paper
