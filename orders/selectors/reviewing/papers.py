# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the papers of a session say to a reader now, and which of them are drawn."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings

from orders.enums import PaperKind
from orders.models import CommitteeSession, Minutes, SessionPaper
from orders.selectors.reviewing.agenda import Facts, facts_of, for_reader


@dataclass(frozen=True)
class Sheet:
    """A paper as it reads for somebody now. Who reads the same of it shares one file, drawn once."""

    session: CommitteeSession
    kind: PaperKind
    language: str
    facts: Facts

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of what it says; the language and the kind stand beside it."""
        return digest(self.facts)

    @property
    def number(self) -> str:
        """The number on it: of the minutes, or of the session."""
        return str(self.facts.get("number") or self.facts["reference"])


def digest(value: Any) -> str:
    """Return the SHA-256 of a value as canonical JSON."""
    words = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(words.encode()).hexdigest()


def sheet_of(session: CommitteeSession, kind: PaperKind, language: str, reader: Any) -> Sheet | None:
    """Return what a paper says to a reader; None where there is none: minutes before the end, no corrections."""
    minutes: Minutes | None = getattr(session, "minutes", None)
    if kind == PaperKind.AGENDA:
        return Sheet(session, kind, language, for_reader(facts_of(session), reader))
    if minutes is None:
        return None
    if kind == PaperKind.MINUTES:
        return Sheet(session, kind, language, for_reader(minutes.facts, reader))
    said = _corrections(session, minutes)
    return Sheet(session, kind, language, said) if said["notes"] else None


def papers_of(session: CommitteeSession, reader: Any, *, facts: Facts) -> list[tuple[Sheet, SessionPaper | None]]:
    """Return the papers that a page shows to somebody, each with its file where it was asked for: the agenda, or the
    minutes and their corrections, in each language. `facts` are those of the agenda or the minutes."""
    minutes: Minutes | None = getattr(session, "minutes", None)
    said = {PaperKind.MINUTES if minutes else PaperKind.AGENDA: for_reader(facts, reader)}
    if minutes and (corrections := _corrections(session, minutes))["notes"]:
        said[PaperKind.CORRECTIONS] = corrections
    sheets = [Sheet(session, kind, code, one) for kind, one in said.items() for code, _name in settings.LANGUAGES]
    known = {(row.kind, row.language, row.fingerprint): row for row in session.papers.defer("facts")}
    return [(one, known.get((one.kind, one.language, one.fingerprint))) for one in sheets]


def _corrections(session: CommitteeSession, minutes: Minutes) -> Facts:
    notes = [
        {"words": note.words, "author": str(note.author), "at": note.at.isoformat()}
        for note in minutes.notes.select_related("author")
    ]
    return {"reference": session.reference, "number": minutes.number, "sha256": minutes.sha256, "notes": notes}
