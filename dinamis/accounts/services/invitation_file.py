# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading a CSV of people to invite: everything wrong is said at once, line by line; nothing is half done."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.accounts.models import Invitation, Organisation, User
from dinamis.accounts.services.invitation import Invitee, invite_all
from dinamis.core.exceptions import Invalid

COLUMNS = ("email", "name", "language")
DUE = ("email", "name")
# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
CELL_LENGTH = 254


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with a line (counted from 1, the heading being line 1), and what to do about it."""

    line: int
    column: str
    reason: str
    repair: str


def invite_file(
    *, organisation: Organisation, actor: User, content: bytes
) -> tuple[list[Invitation], list[LineProblem]]:
    """Invite everybody a CSV names, or nobody; returns the invitations and what is wrong with which line.

    The first line names the columns `email`, `name` and, if wanted, `language`; commas or semicolons, UTF-8 or
    Windows-1252. Raises NotPermitted, Invalid when the file as a whole cannot be used.
    """
    lines = _lines(content)
    problems: list[LineProblem] = []
    invitees: list[Invitee] = []
    numbers: list[int] = []
    seen: dict[str, int] = {}
    for number, row in lines:
        wrong = _problems(number, row, seen)
        problems += wrong
        if not wrong:
            invitees.append(Invitee(row["email"], row["name"], row.get("language") or "fr"))
            numbers.append(number)
    if problems:
        return [], problems
    made, refused = invite_all(organisation=organisation, actor=actor, invitees=invitees)
    return made, [
        LineProblem(numbers[position], _column(error), str(error), str(error.repair)) for position, error in refused
    ]


def _column(error: Invalid) -> str:
    return error.pointer if error.pointer in COLUMNS else "email"


def _lines(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """Return (number, cells by column) of each line that is not empty. Raises Invalid."""
    if len(content) > settings.DINAMIS["INVITATION_FILE_BYTES"]:
        raise _unusable(_("The file is too big."), _("Send it in parts."))
    if b"\0" in content:
        raise _unusable(_("This is not a CSV file."), _("Save the sheet as CSV (UTF-8)."))
    text = _decoded(content)
    heading = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in heading else ",", strict=True)
    try:
        rows = [(reader.line_num, [cell.strip(" \u00a0\u202f") for cell in row]) for row in reader]
    except csv.Error as error:
        raise _unusable(
            _("The quotation marks of the file do not match."), _("Save the sheet as CSV again.")
        ) from error
    rows = [(number, row) for number, row in rows if any(row)]
    if len(rows) < 2:
        raise _unusable(_("The file names nobody."), _("Write one person on each line below the heading."))
    columns = _columns(rows[0][1])
    limit = settings.DINAMIS["INVITATIONS_PER_FILE"]
    if len(rows) - 1 > limit:
        raise _unusable(_("A file names at most %(limit)d people.") % {"limit": limit}, _("Send it in parts."))
    return [(number, dict(zip(columns, [*row, *("",) * len(columns)], strict=False))) for number, row in rows[1:]]


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _columns(cells: Sequence[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if missing := [name for name in DUE if name not in columns]:
        raise _unusable(
            _("A column is missing: %(name)s.") % {"name": missing[0]},
            _("The first line reads: email,name,language."),
        )
    if unknown := [name for name in columns if name not in COLUMNS or columns.count(name) > 1]:
        raise _unusable(
            _("A column is unknown or named twice: %(name)s.") % {"name": unknown[0][:40]},
            _("The first line reads: email,name,language."),
        )
    return columns


def _unusable(message: str, repair: str) -> Invalid:
    return Invalid(message, pointer="file", repair=repair, code="unusable_file")


def _problems(number: int, row: Mapping[str, str], seen: dict[str, int]) -> list[LineProblem]:
    found = [problem for name in row if (problem := _cell_problem(number, name, row[name]))]
    email = row["email"].lower()
    if email in seen:
        found.append(
            LineProblem(
                number, "email", _("The same address is on line %(line)d.") % {"line": seen[email]}, _take_out()
            )
        )
    seen.setdefault(email, number)
    return found


def _cell_problem(number: int, name: str, cell: str) -> LineProblem | None:
    if cell.startswith(FORMULA):
        # It is refused and not repeated: what we show or mail may be opened in a spreadsheet.
        return LineProblem(number, name, _("The cell begins like a formula."), _("Write plain text."))
    if not cell and name in DUE:
        return LineProblem(number, name, _("The cell is empty."), _("Fill it in, or take the line out."))
    if len(cell) > CELL_LENGTH:
        return LineProblem(number, name, _("The cell is too long."), _("Write plain text."))
    if name == "language" and cell not in {"", *dict(settings.LANGUAGES)}:
        return LineProblem(number, name, _("This language is not one of ours."), _("Write fr or en."))
    return None


def _take_out() -> str:
    return _("Take the line out.")
