# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items on their way into the tables: the lines of COPY and the statements that follow it."""

from dataclasses import dataclass
from typing import Any

import orjson

from dinamis.catalogue.foreign import ForeignItem

TEXT_COLUMNS = ("title", "platform", "processing_level", "spectral")
NUMBER_COLUMNS = ("gsd", "cloud_cover", "snow_cover", "incidence_angle", "sun_elevation")
MOMENT_COLUMNS = ("datetime", "start_datetime", "end_datetime")
COLUMNS = ("title", "footprint", *MOMENT_COLUMNS, "instruments", "stereo_count", *TEXT_COLUMNS[1:], *NUMBER_COLUMNS)
# Read once and dropped: nothing in it is worth squeezing.
WAITING = """
DROP TABLE IF EXISTS pg_temp.waiting;
CREATE TEMPORARY TABLE waiting (
    collection_id bigint, stac_id text, title text, platform text, processing_level text, spectral text,
    gsd float8, cloud_cover float8, snow_cover float8, incidence_angle float8, sun_elevation float8,
    datetime timestamptz, start_datetime timestamptz, end_datetime timestamptz, instruments text[],
    stereo_count smallint,
    created_at timestamptz, footprint geometry, properties jsonb, "foreign" bytea, body bytea
) WITH (toast_tuple_target = 8160) ON COMMIT DROP;
SET CONSTRAINTS ALL IMMEDIATE;
"""
_LIST = ", ".join(COLUMNS)
_OF_ITEM = ", ".join(f"i.{name}" for name in COLUMNS)
_NEW = ", ".join(f"excluded.{name}" for name in COLUMNS)
# What is the same is not written again: not the row, not its indexes, no trigger.
UPSERT_ITEMS = f"""
WITH written AS (
    INSERT INTO catalogue_item AS i (
        collection_id, stac_id, source_id, job_id, held, quicklook_url, created_at, {_LIST})
    SELECT collection_id, stac_id, stac_id, '', FALSE, '', created_at, {_LIST} FROM waiting
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


@dataclass(frozen=True, slots=True)
class Packed:
    """What goes with an item: `wkb` is EWKB in hexadecimal, `now` the moment of an entry, the frames its document's."""

    collection_id: int
    wkb: str
    now: str
    foreign: bytes
    body: bytes


def copy_line(item: ForeignItem, packed: Packed) -> bytes:
    """Return the line of one item in the text format of COPY."""
    columns = item.columns
    values = [
        str(packed.collection_id),
        _escaped(item.stac_id),
        *(_escaped(columns[name]) for name in TEXT_COLUMNS),
        *(_or_null(columns[name]) for name in NUMBER_COLUMNS),
        *(_or_null(columns[name]) for name in MOMENT_COLUMNS),
        _array(columns["instruments"]),
        str(columns["stereo_count"]),
        packed.now,
        packed.wkb,
        _escaped(orjson.dumps(item.properties).decode()),
        f"\\\\x{packed.foreign.hex()}",
        f"\\\\x{packed.body.hex()}",
    ]
    return ("\t".join(values) + "\n").encode()


def _escaped(text: str) -> str:
    """The text in a line of COPY (PostgreSQL manual, COPY, "Text Format"); tabs and ends of lines were refused."""
    return text.replace("\\", "\\\\")


def _or_null(value: Any) -> str:
    return r"\N" if value is None else str(value)


def _array(values: list[str]) -> str:
    quoted = ",".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in values)
    return _escaped(f"{{{quoted}}}")
