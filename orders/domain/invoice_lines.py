# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading the lines of an invoice from a CSV: everything wrong is said at once, by line and column."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from dinamis.core.exceptions import Invalid, refuse
from dinamis.core.templatetags.ui import euros, km2

KM2 = 1_000_000
MOST_BYTES, MOST_LINES = 2**20, 2000
# A column by the names it has in either language.
NAMES = {
    "reference": ("reference", "référence", "order", "commande"),
    "part": ("part", "tranche"),
    "km2": ("km2", "km²", "area", "surface", "surface_km2"),
    "unit_price": ("unit_price", "prix_unitaire", "unit price", "prix unitaire"),
    "amount": ("amount", "montant", "amount_eur", "montant_ht"),
}
DUE = ("reference", "amount")
SPACES = str.maketrans("", "", " \u00a0\u202f€")
NUMBER = re.compile(r"[-\u2212]?\d{1,12}([.,]\d{1,6})?")
REFERENCE = re.compile(r"[\w][\w./ -]{0,59}")


@dataclass(frozen=True)
class WantedLine:
    """A line of an invoice as it was read: area in m2, unit price in cents for each km2 (None: not stated), amount
    before tax in cents."""

    reference: str
    amount_cents: int
    area_m2: int = 0
    unit_cents: int | None = None
    part: int = 1


def read_lines(content: bytes) -> list[tuple[int, WantedLine]]:
    """Return the lines of a CSV with their numbers in the file (the heading is line 1).

    Commas or semicolons, decimal point or comma, UTF-8 or Windows-1252. Raises Invalid where the file as a whole cannot
    be used, else one for all that is wrong, each pointing at `lines/<number>/<column>`.
    """
    found, errors = [], []
    for number, row in _rows(content):
        wanted, wrong = _line(number, row)
        errors += wrong
        if wanted is not None:
            found.append((number, wanted))
    refuse(errors)
    return found


def check_product(line: WantedLine, pointer: str) -> list[Invalid]:
    """Return what is wrong where a unit price is stated and the area at that price is not the amount, to the cent."""
    if line.unit_cents is None:
        return []
    product = (Decimal(line.area_m2) * line.unit_cents / KM2).quantize(Decimal(1), ROUND_HALF_UP)
    if abs(product - abs(line.amount_cents)) <= 1:
        return []
    said = {"area": km2(line.area_m2, 2), "unit": euros(line.unit_cents), "product": euros(int(product))}
    return [
        Invalid(
            _("%(area)s at %(unit)s each come to %(product)s: the line says another amount.") % said,
            pointer=pointer,
            repair=_("Correct it, or leave the unit price out where a minimum or a discount sets the price."),
        )
    ]


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    if len(content) > MOST_BYTES:
        raise _unusable(_("The file is too big."), _("Send it in parts."))
    if b"\0" in content:
        raise _unusable(_("This is not a CSV file."), _("Save the sheet as CSV (UTF-8)."))
    text = _decoded(content)
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, [cell.strip(" \u00a0\u202f") for cell in row]) for row in reader]
    except csv.Error as error:
        raise _unusable(
            _("The quotation marks of the file do not match."), _("Save the sheet as CSV again.")
        ) from error
    rows = [(number, row) for number, row in rows if any(row)]
    if len(rows) < 2:
        raise _unusable(_("The file has no lines."), _("Write one order on each line below the heading."))
    if len(rows) - 1 > MOST_LINES:
        raise _unusable(_("A file has at most %(limit)d lines.") % {"limit": MOST_LINES}, _("Send it in parts."))
    columns = _columns(rows[0][1])
    return [(number, dict(zip(columns, [*row, *("",) * len(columns)], strict=False))) for number, row in rows[1:]]


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _columns(cells: Sequence[str]) -> list[str]:
    known = {name: column for column, names in NAMES.items() for name in names}
    columns = [known.get(cell.lower(), cell) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    heading = _("The first line reads: reference,part,km2,unit_price,amount.")
    if missing := [name for name in DUE if name not in columns]:
        raise _unusable(_("A column is missing: %(name)s.") % {"name": missing[0]}, heading)
    if unknown := [name for name in columns if name not in NAMES or columns.count(name) > 1]:
        raise _unusable(_("A column is unknown or named twice: %(name)s.") % {"name": unknown[0][:40]}, heading)
    return columns


def _unusable(message: str, repair: str) -> Invalid:
    return Invalid(message, pointer="file", repair=repair, code="unusable_file")


def _line(number: int, row: Mapping[str, str]) -> tuple[WantedLine | None, list[Invalid]]:
    """One line as it is wanted, or what is wrong with it."""
    values: dict[str, Any] = {}
    errors: list[Invalid] = []
    for column, cell in row.items():
        try:
            values[column] = READ[column](cell)
        except Invalid as error:
            errors.append(error.at(f"lines/{number}/{column}"))
    if errors:
        return None, errors
    wanted = WantedLine(
        reference=values["reference"],
        amount_cents=values["amount"],
        area_m2=values.get("km2", 0),
        unit_cents=values.get("unit_price"),
        part=values.get("part", 1),
    )
    errors = check_product(wanted, f"lines/{number}/amount")
    return (None if errors else wanted), errors


def _number(cell: str) -> Decimal:
    text = cell.translate(SPACES)
    if not NUMBER.fullmatch(text):
        raise Invalid(_("This is not a number."), repair=_("Write digits, with a point or a comma before decimals."))
    return Decimal(text.replace(",", ".").replace("\u2212", "-"))


def _whole(value: Decimal, factor: int) -> int:
    scaled = value * factor
    if scaled != scaled.to_integral_value():
        raise Invalid(_("This number has too many decimals."), repair=_("Write two at most; six for km²."))
    return int(scaled)


def _reference(cell: str) -> str:
    if not REFERENCE.fullmatch(cell):
        raise Invalid(
            _("This is no reference of an order.") if cell else _("The cell is empty."),
            repair=_("Copy the reference of the order, ours or that of the provider."),
        )
    return cell


def _part(cell: str) -> int:
    if cell and not (cell.isascii() and cell.isdigit() and 1 <= int(cell[:5]) <= 999):
        raise Invalid(_("This is no number of a part."), repair=_("Write 1, 2, 3…, or leave the cell empty."))
    return int(cell or 1)


def _area(cell: str) -> int:
    area = _whole(_number(cell), KM2) if cell else 0
    if area < 0:
        raise Invalid(_("An area is not below zero."), repair=_("Of a credit only the amount is below zero."))
    return area


def _unit(cell: str) -> int | None:
    unit = _whole(_number(cell), 100) if cell else None
    if unit is not None and unit < 0:
        raise Invalid(_("A unit price is not below zero."), repair=_("Of a credit only the amount is below zero."))
    return unit


def _amount(cell: str) -> int:
    if not cell:
        raise Invalid(_("The cell is empty."), repair=_("Write the amount before tax, in euros."))
    amount = _whole(_number(cell), 100)
    if not amount:
        raise Invalid(_("A line of nothing says nothing."), repair=_("Take the line out, or write its amount."))
    return amount


READ: dict[str, Callable[[str], Any]] = {
    "reference": _reference,
    "part": _part,
    "km2": _area,
    "unit_price": _unit,
    "amount": _amount,
}
