# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A row of a table: its number from 1, its columns, and its geometry, None, or the Refused that is in its place."""

    position: int
    columns: Mapping[str, Any]
    shape: Any


Rows = Iterator[Row]
