# SPDX-License-Identifier: AGPL-3.0-or-later
"""A session of the committee as an entry of a member's calendar (RFC 5545), to be mailed (RFC 5546, RFC 6047).

The entry keeps its UID for good; a higher SEQUENCE replaces what a calendar has of it. Answers are not read: who sits
is noted in the session. A mail names its own reader alone.
"""

from datetime import UTC, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

REQUEST, CANCEL = "REQUEST", "CANCEL"


def calendar_text(session: Any, person: Any, *, method: str) -> str:
    """Return the iCalendar text by which a member notes a session (REQUEST) or takes it out again (CANCEL), in their
    language. DTSTAMP is the day they were called: the same call, said twice, reads the same."""
    # Slow to import: only those who send one pay for it.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//DINAMIS//Committee//FR")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    with translation.override(person.language):
        calendar.add_component(_event(session, person, method))
    return calendar.to_ical().decode()


def _event(session: Any, person: Any, method: str) -> Any:
    from icalendar import Event

    page = settings.SITE_URL + reverse("orders:session", args=[session.pk])
    starts = session.starts_at.astimezone(UTC)
    event = Event()
    event.add("uid", f"{session.reference}@sessions.dinamis")
    event.add("sequence", session.sequence)
    event.add("dtstamp", session.convened_at.astimezone(UTC))
    event.add("dtstart", starts)
    event.add("dtend", starts + timedelta(minutes=settings.DINAMIS["SESSION_MINUTES"]))
    event.add("summary", _("DINAMIS: session %(reference)s of the committee") % {"reference": session.reference})
    event.add("location", session.place or session.link)
    event.add("description", "\n".join(line for line in (session.link, page) if line))
    event.add("url", page)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("organizer", _address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], "DINAMIS"))
    event.add("attendee", _address(person.email, str(person), ROLE="REQ-PARTICIPANT", RSVP="FALSE"))
    return event


def _address(email: str, name: str, **parameters: str) -> Any:
    from icalendar import vCalAddress

    address = vCalAddress(f"mailto:{email}")
    address.params.update({"CN": name, **parameters})
    return address
