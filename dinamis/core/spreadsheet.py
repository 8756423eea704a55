# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import StreamingHttpResponse

# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# The mark by which Excel knows UTF-8.
MARK = "\ufeff"


def plain(cell: Any) -> Any:
    """Return a cell so that no spreadsheet takes its text for a formula; numbers and days stay what they are."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def table(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV (RFC 4180), every cell plain."""
    sink = io.StringIO()
    csv.writer(sink).writerows([plain(cell) for cell in row] for row in rows)
    return sink.getvalue()


def download(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, marked: bool = True
) -> StreamingHttpResponse:
    """Hand rows over as the file `name`, line by line, under a heading. `marked`: for spreadsheets; programs that read
    the first column by its name do without the mark."""

    def lines() -> Iterable[str]:
        yield (MARK if marked else "") + table([columns])
        for row in rows:
            yield table([row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
