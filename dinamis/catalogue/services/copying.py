# SPDX-License-Identifier: AGPL-3.0-or-later
"""A batch of rows into the tables, by COPY."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

from psycopg import Connection, Cursor
from psycopg.errors import UniqueViolation

from dinamis.catalogue.services.rows import COLUMNS, DOCUMENT, ROW

_LIST, _ROW, _DOCUMENT = ", ".join(COLUMNS), ", ".join(ROW), ", ".join(DOCUMENT)
_OF_ITEM = ", ".join(f"i.{name}" for name in COLUMNS)
_NEW = ", ".join(f"excluded.{name}" for name in COLUMNS)

# No name holds a control character.
ARE_SOME_HERE = """
SELECT EXISTS (
    SELECT FROM unnest(string_to_array(%s, E'\\x01'), string_to_array(%s, ',')::bigint[]) AS w (stac_id, collection_id)
    JOIN catalogue_item i USING (stac_id, collection_id))
"""
IDS = "SELECT array_agg(nextval('catalogue_item_id_seq')) FROM generate_series(1, %s)"
COPY_ITEMS = f"COPY catalogue_item (id, {_ROW}) FROM STDIN (FORMAT binary)"
COPY_DOCUMENTS = f"COPY catalogue_itemdocument (item_id, {_DOCUMENT}) FROM STDIN (FORMAT binary)"
# Read once and dropped: nothing in it is worth squeezing.
WAITING = f"""
DROP TABLE IF EXISTS pg_temp.waiting;
CREATE TEMPORARY TABLE waiting WITH (toast_tuple_target = 8160) ON COMMIT DROP AS
    SELECT {_ROW}, {_DOCUMENT} FROM catalogue_item JOIN catalogue_itemdocument ON TRUE LIMIT 0;
"""  # noqa: S608  (constants only)
COPY_WAITING = f"COPY waiting ({_ROW}, {_DOCUMENT}) FROM STDIN (FORMAT binary)"
# What is the same is not written again: not the row, not its indexes, no trigger.
UPSERT_ITEMS = f"""
WITH written AS (
    INSERT INTO catalogue_item AS i ({_ROW}) SELECT {_ROW} FROM waiting
    ON CONFLICT (stac_id, collection_id) DO UPDATE SET ({_LIST}) = ROW({_NEW})
    WHERE ({_OF_ITEM}) IS DISTINCT FROM ({_NEW})
    RETURNING (xmax = 0) AS created
)
SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM written
"""  # noqa: S608  (constants only)
# Of an image whose files are here the body is made of them too: it is left to be made anew.
UPSERT_DOCUMENTS = """
WITH written AS (
    INSERT INTO catalogue_itemdocument AS d (item_id, properties, "foreign", body)
    SELECT i.id, w.properties, w."foreign", CASE WHEN i.held THEN NULL ELSE w.body END
    FROM waiting w JOIN catalogue_item i USING (stac_id, collection_id)
    ON CONFLICT (item_id) DO UPDATE
        SET properties = excluded.properties, "foreign" = excluded."foreign", body = excluded.body
    WHERE (d.properties, d."foreign", d.body) IS DISTINCT FROM (excluded.properties, excluded."foreign", excluded.body)
    RETURNING 1
)
SELECT count(*) FROM written
"""


_SIGNATURE, _END = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"
_count, _number = struct.Struct(">h").pack, struct.Struct(">iq").pack


@dataclass(frozen=True, slots=True)
class Batch:
    """Items in the order in which they are written, none of them twice: their names, and the values of `rows`."""

    names: Sequence[tuple[int, str]]
    items: Sequence[bytes]
    documents: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items of a batch were new, and how many changed."""

    created: int
    updated: int


class Writer:
    """Writes batches over the connection of a transaction, whose constraints it makes speak at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_waiting = False

    def write(self, batch: Batch) -> Counts:
        """Write the items that are new or have changed."""
        with self._connection.cursor() as cursor:
            if _are_new(cursor, batch.names):
                try:
                    # Of two loads that bring the same, the second one begins its batch again.
                    with self._connection.transaction():
                        return _copy_new(cursor, batch)
                except UniqueViolation:
                    pass
            return self._merge(cursor, batch)

    def _merge(self, cursor: Cursor, batch: Batch) -> Counts:
        """Write items of which some are here, by way of a table of their own."""
        cursor.execute("TRUNCATE waiting" if self._has_waiting else WAITING)
        self._has_waiting = True
        _copy(cursor, COPY_WAITING, zip(repeat(_count(len(ROW) + len(DOCUMENT))), batch.items, batch.documents))
        created, updated = _row(cursor, UPSERT_ITEMS)
        (documents,) = _row(cursor, UPSERT_DOCUMENTS)
        return Counts(created, max(created + updated, documents) - created)


def _are_new(cursor: Cursor, names: Sequence[tuple[int, str]]) -> bool:
    collections, ids = zip(*names, strict=True)
    (known,) = _row(cursor, ARE_SOME_HERE, "\x01".join(ids), ",".join(map(str, collections)))
    return not known


def _copy_new(cursor: Cursor, batch: Batch) -> Counts:
    """Write items of which none is here: straight into their table, with numbers drawn before."""
    (numbers,) = _row(cursor, IDS, len(batch.names))
    keys = [_number(8, number) for number in numbers]
    _copy(cursor, COPY_ITEMS, zip(repeat(_count(1 + len(ROW))), keys, batch.items))
    _copy(cursor, COPY_DOCUMENTS, zip(repeat(_count(1 + len(DOCUMENT))), keys, batch.documents))
    return Counts(len(keys), 0)


def _row(cursor: Cursor, statement: str, *values: Any) -> tuple[Any, ...]:
    """The row that a statement gives."""
    found: tuple[Any, ...] = cursor.execute(statement, values).fetchone()  # type: ignore[assignment]
    return found


def _copy(cursor: Cursor, statement: str, rows: Iterable[tuple[bytes, bytes, bytes]]) -> None:
    with cursor.copy(statement) as copy:
        copy.write(b"".join(chain((_SIGNATURE,), chain.from_iterable(rows), (_END,))))
