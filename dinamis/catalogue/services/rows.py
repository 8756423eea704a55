# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows of images and of their documents in the binary format of COPY. Without Django, so that any process may.

PostgreSQL manual, COPY, "Binary Format"; the format of a value is that of its type's `*_recv`.
"""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

TEXT_COLUMNS = ("platform", "processing_level", "spectral")
NUMBER_COLUMNS = ("gsd", "cloud_cover", "snow_cover", "incidence_angle", "sun_elevation")
MOMENT_COLUMNS = ("datetime", "start_datetime", "end_datetime")
# What a load may change of an image it finds.
COLUMNS = ("title", *TEXT_COLUMNS, *NUMBER_COLUMNS, *MOMENT_COLUMNS, "instruments", "stereo_count", "footprint")
# In the order of a row; the last ones are the same for all that come in.
ROW = ("collection_id", "stac_id", *COLUMNS, "source_id", "job_id", "held", "quicklook_url", "created_at")
DOCUMENT = ("properties", '"foreign"', "body")

_NULL = b"\xff\xff\xff\xff"
_length, _float, _big, _small = (struct.Struct(f">{form}").pack for form in ("i", "id", "iq", "ih"))
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_VARCHAR = 1043


def constants(now: datetime) -> bytes:
    """Return the last values of every row that comes in at `now`."""
    return value(b"") * 2 + value(b"\x00") + value(b"") + _moment(now)


def item_row(collection_id: int, stac_id: str, columns: Mapping[str, Any], ewkb: bytes, rest: bytes) -> bytes:
    """Return the row of an item: `rest` are its `constants`."""
    values = (
        _big(8, collection_id),
        value(stac_id.encode()),
        value(columns["title"].encode()),
        *[_word(columns[name]) for name in TEXT_COLUMNS],
        *[_NULL if (number := columns[name]) is None else _float(8, number) for name in NUMBER_COLUMNS],
        *[_NULL if (moment := columns[name]) is None else _moment(moment) for name in MOMENT_COLUMNS],
        _array(tuple(columns["instruments"])),
        _small(2, columns["stereo_count"]),
        value(ewkb),
        rest,
    )
    return b"".join(values)


def document_row(properties: bytes, foreign: bytes, body: bytes) -> bytes:
    """Return the row of a document: JSON, and two frames."""
    # A jsonb begins with its version.
    return b"".join((_length(len(properties) + 1), b"\x01", properties, value(foreign), value(body)))


def value(content: bytes) -> bytes:
    """Return one value: its length, and itself."""
    return _length(len(content)) + content


# The same few words come with every item.
@lru_cache(maxsize=1000)
def _word(text: str) -> bytes:
    return value(text.encode())


@lru_cache(maxsize=1000)
def _array(names: tuple[str, ...]) -> bytes:
    """An array of one dimension (none when it is empty) without nulls, its first element the number 1."""
    dimensions = struct.pack(">ii", len(names), 1) if names else b""
    head = struct.pack(">iii", 1 if names else 0, 0, _VARCHAR)
    return value(head + dimensions + b"".join(value(name.encode()) for name in names))


def _moment(moment: datetime) -> bytes:
    return _big(8, (moment - _EPOCH) // _MICROSECOND)
