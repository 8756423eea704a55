# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails of the committee's sessions, with the entry for the calendars of those who sit."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from dinamis.core import clock
from dinamis.core.mail import Attached, Invitation, Mail, queue_mails
from orders.models import CommitteeSession, SessionPaper
from orders.selectors.reviewing.absences import with_delegates
from orders.session_calendar import CANCEL, REQUEST, calendar_text

# (who is written to, the member for whom they are where that is somebody else)
Told = tuple[Any, Any]


def seated(session: CommitteeSession) -> list[Told]:
    """Return who is told of a session: its members, and the delegates of those who are away then."""
    people = [seat.person for seat in session.members.select_related("person") if seat.person.is_active]
    return with_delegates(people, session.starts_at)


def session_convened(session: CommitteeSession, told: Told, paper: SessionPaper, *, key: str) -> None:
    """Call somebody to a session: when, where, and its agenda as a file, or the words that it could not be drawn."""
    agenda = [f"{row['position']}. {row['reference']} · {row['organisation']}" for row in paper.facts["rows"]]
    name = f"agenda-{session.reference}-{paper.language}.pdf"
    files = [Attached(name, "application/pdf", paper.storage_key)] if paper.is_drawn else []
    more = {"agenda": agenda, "attached": bool(files)}
    queue_mails([_mail("session_convened", session, told, key=key, method=REQUEST, files=files, **more)])


def session_reminder(session: CommitteeSession) -> None:
    """Remind the members of a session of tomorrow."""
    key = session.starts_at.isoformat()
    queue_mails(_mail("session_reminder", session, told, key=key) for told in seated(session))


def session_called_off(session: CommitteeSession, words: str) -> None:
    """Tell the members that a session does not take place, and why."""
    mails = (_mail("session_called_off", session, told, key="", method=CANCEL, words=words) for told in seated(session))
    queue_mails(mails)


def seats_withdrawn(session: CommitteeSession, told: Iterable[Told]) -> None:
    """Tell people who were called that they do not sit in a session any more."""
    key = str(session.version)
    queue_mails(_mail("session_withdrawn", session, one, key=key, method=CANCEL) for one in told)


def _mail(
    name: str,
    session: CommitteeSession,
    told: Told,
    *,
    key: str,
    method: str = "",
    files: Iterable[Attached] = (),
    **more: Any,
) -> Mail:
    person, away = told
    local = session.starts_at.astimezone(clock.PARIS)
    facts = {
        "name": str(person),
        "away": str(away or ""),
        "reference": session.reference,
        "day": local.date().isoformat(),
        "time": f"{local:%H:%M}",
        "place": session.place,
        "link": session.link,
        "path": reverse("orders:session", args=[session.pk]),
    }
    return Mail(
        f"orders/mail/{name}",
        to=person.email,
        language=person.language,
        context=facts | more,
        key=f"{name}:{session.pk}:{person.pk}:{key}",
        files=tuple(files),
        invitation=Invitation(method, calendar_text(session, person, method=method)) if method else None,
    )
