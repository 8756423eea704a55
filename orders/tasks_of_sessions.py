# SPDX-License-Identifier: AGPL-3.0-or-later
"""Work outside requests for the committee's sessions. Every handler may be called twice."""

from collections.abc import Mapping
from typing import Any

from celery import shared_task

from dinamis.core import outbox
from orders.models import SessionPaper
from orders.services.reviewing import convocations, session_papers, sessions

__all__ = ["call_member", "draw_paper", "remind_members"]


@shared_task(name="orders.remind_members")
def remind_members() -> None:
    """Remind the members of the sessions of tomorrow."""
    sessions.remind_members()


@outbox.handles(session_papers.DRAW_TOPIC)
def draw_paper(payload: Mapping[str, Any]) -> None:
    """Draw a paper of a session, once."""
    session_papers.draw(SessionPaper.objects.get(pk=payload["paper_id"]))


@outbox.handles(convocations.CALL_TOPIC)
def call_member(payload: Mapping[str, Any]) -> None:
    """Call somebody to a session, with its agenda."""
    convocations.send(payload)
