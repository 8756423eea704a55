# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of a year in words: what its rows are called, table by table."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.catalogue.enums import ProductFamily
from orders.enums import Cut, EnvelopeKind, Figure
from orders.selectors.money.accounts import Account, Row

# What the paper has room for; the page and the CSV have every figure.
ON_PAPER = (
    Figure.OPENING, Figure.GRANTED, Figure.HELD, Figure.PRICE, Figure.REFUNDED, Figure.CLOSING, Figure.INVOICED,
    Figure.NOT_INVOICED,
)  # fmt: skip
# Invoices are told in euros alone.
IN_EUROS = (Figure.INVOICED, Figure.NOT_INVOICED)


@dataclass(frozen=True)
class Cell:
    """A figure of a row: in m2, attempts and cents."""

    figure: Figure
    m2: int
    attempts: int
    cents: int

    @property
    def in_euros(self) -> bool:
        """Whether only euros are told."""
        return self.figure in IN_EUROS

    @property
    def is_nothing(self) -> bool:
        """Whether nothing makes it up."""
        return not (self.m2 or self.attempts or self.cents)


@dataclass(frozen=True)
class Line:
    """A row of a table, named in the language in use."""

    key: str
    label: str
    cells: list[Cell]

    @property
    def below_zero(self) -> bool:
        """Whether more euros were spent than were granted: some envelopes limit none."""
        return any(cell.figure == Figure.CLOSING and cell.cents < 0 for cell in self.cells)

    @property
    def on_paper(self) -> list[Cell]:
        """The cells that the paper shows."""
        return [cell for cell in self.cells if cell.figure in ON_PAPER]


@dataclass(frozen=True)
class Table:
    """One cut of an account."""

    cut: Cut
    lines: list[Line]

    @property
    def headings(self) -> list[Figure]:
        """The columns of the paper."""
        return [cell.figure for line in self.lines[:1] for cell in line.on_paper]


def tables_of(account: Account) -> list[Table]:
    """Return the tables of an account: the total with every figure, each cut with those that are not zero in all."""
    return [_table(account, cut) for cut in Cut]


def _table(account: Account, cut: Cut) -> Table:
    rows = account.cut(cut)
    told = [figure for figure in Figure if cut == Cut.TOTAL or any(any(row.figures[figure]) for row in rows)]
    return Table(cut, [Line(row.key, label_of(row), _cells(row, told)) for row in rows])


def label_of(row: Row) -> str:
    """Return what a row is called in the language in use."""
    if row.cut == Cut.TOTAL:
        return _("In all")
    if row.cut == Cut.FAMILY:
        return str(dict(ProductFamily.choices).get(row.label, row.label)) or _("Without an envelope")
    if row.cut == Cut.PROVIDER:
        return settings.DINAMIS["PROVIDER_LABELS"].get(row.label, row.label) or _("Without a provider")
    if row.key == EnvelopeKind.COMMON:
        return str(EnvelopeKind.COMMON.label)
    return row.label or _("Without an envelope")


def _cells(row: Row, told: Iterable[Figure]) -> list[Cell]:
    return [Cell(figure, *row.figures[figure]) for figure in told]
