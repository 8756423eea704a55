# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many items at once: read, checked and packed here while PostgreSQL takes the batch before by COPY.

One transaction: until it ends nobody sees anything of it, and if it fails nothing is left.
"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import orjson
import shapely
from django.db import connection, transaction

from dinamis.catalogue.foreign import MAX_ITEM_BYTES, ForeignItem, Refused, along_curve, bounded, read_item
from dinamis.catalogue.models import Collection
from dinamis.catalogue.packing import Packer
from dinamis.catalogue.selectors.item_body import Told, body, foreign_properties
from dinamis.catalogue.services.copying import UPSERT_DOCUMENTS, UPSERT_ITEMS, WAITING, Packed, copy_line
from dinamis.catalogue.services.item_documents import dictionary_is_due, latest_packer, learn_dictionary
from dinamis.catalogue.services.tallies import sum_up
from dinamis.core import clock

BATCH = 10_000
# Items unfolded at one time: of more the processor's cache no longer holds all, and each takes twice as long.
HANDFUL = 32
SAMPLES = 2_000
# Of the refusals only so many are told one by one; all are counted.
MOST_TOLD = 1_000


@dataclass(frozen=True)
class Refusal:
    """An item that was not taken: its place in the source from 1, its id where it has one, and why."""

    position: int
    identifier: str
    fault: Refused

    @property
    def reason(self) -> str:
        """Member, reason and repair in one text."""
        return str(self.fault)


@dataclass
class Report:
    """What became of the items of one load."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, position: int, identifier: str, fault: Refused) -> None:
        """Count one that was not taken."""
        self.refused += 1
        if len(self.refusals) < MOST_TOLD:
            self.refusals.append(Refusal(position, identifier, fault))


def load_items(source: Iterable[Any], *, collection: str = "") -> Report:
    """Write the STAC items of `source` (documents, or their JSON as bytes), new ones and changed ones; return a report.

    An item is known by its collection and its id: again, it takes the place of the one before; the same, it changes
    nothing. `collection` overrides what the items name. What cannot be taken is refused one by one.
    """
    with transaction.atomic(), ThreadPoolExecutor(1) as writer, _no_collector():
        collections = dict(Collection.objects.values_list("slug", "pk"))
        items: Iterator[tuple[int, Any]] = enumerate(source, 1)
        if dictionary_is_due():
            first = list(islice(items, SAMPLES))
            learn_dictionary(_Load(Report(), collections, collection).bodies(first))
            items = chain(first, items)
        load = _Load(Report(), collections, collection)
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
        before: Future[None] | None = None
        for lines in load.batches(items):
            if before is not None:
                before.result()
            before = writer.submit(_write, connection.connection, lines, load.report)
        if before is not None:
            before.result()
        # What a few items leave is summed up in its time (`catalogue.sum_up_tallies`).
        if load.report.created + load.report.updated >= BATCH:
            sum_up()
    return load.report


@contextmanager
def _no_collector() -> Iterator[None]:
    """Documents hold no cycles, and looking for some in millions of new objects takes half of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _write(raw: Any, lines: Sequence[bytes], report: Report) -> None:
    """Send one batch. Runs beside the reading of the next one, which does not touch the connection."""
    with raw.cursor() as cursor:
        cursor.execute("TRUNCATE waiting")
        with cursor.copy("COPY waiting FROM STDIN") as copy:
            copy.write(b"".join(lines))
        cursor.execute(UPSERT_ITEMS)
        created, updated = cursor.fetchone()
        cursor.execute(UPSERT_DOCUMENTS)
        (documents,) = cursor.fetchone()
    changed = max(created + updated, documents)
    report.created += created
    report.updated += changed - created
    report.unchanged += len(lines) - changed


@dataclass(frozen=True, slots=True)
class _Line:
    """An item ready for COPY, and the middle of its box in degrees."""

    text: bytes
    longitude: float
    latitude: float


@dataclass
class _Load:
    report: Report
    collections: dict[str, int]
    collection: str
    packer: Packer = field(default_factory=latest_packer)

    def batches(self, source: Iterator[tuple[int, Any]]) -> Iterator[list[bytes]]:
        """Yield the COPY lines of one batch after the other; of two items with one id in a batch the later counts."""
        lines: dict[tuple[str, str], _Line] = {}
        while handful := list(islice(source, HANDFUL)):
            lines |= self._lines(self._sound(self._read(handful)))
            if len(lines) >= BATCH:
                yield _neighbours_together(list(lines.values()))
                lines = {}
        if lines:
            yield _neighbours_together(list(lines.values()))

    def bodies(self, given: Iterable[tuple[int, Any]]) -> list[bytes]:
        """Return the bodies of items, as they are before they are packed."""
        found = self._sound(self._read(given))
        return [_body(item, text, box.tolist()) for item, text, _shape, box in found]

    def _read(self, given: Iterable[tuple[int, Any]]) -> list[tuple[int, ForeignItem]]:
        """The items that can be read, each with its position."""
        found = []
        for position, one in given:
            identifier = ""
            try:
                document = _document(one)
                identifier = str(document.get("id", ""))[:80] if isinstance(document, dict) else ""
                item = self._known(read_item(document, collection=self.collection))
            except Refused as refusal:
                self.report.refuse(position, identifier, refusal)
            else:
                found.append((position, item))
        return found

    def _known(self, item: ForeignItem) -> ForeignItem:
        if item.collection not in self.collections:
            raise Refused("collection", f"“{item.collection[:60]}” is not here", "Load the collection first")
        return item

    def _sound(self, items: Sequence[tuple[int, ForeignItem]]) -> list[tuple[ForeignItem, bytes, Any, Any]]:
        """The items whose geometry is one, with its text, itself and its box (degrees)."""
        texts = [orjson.dumps(item.geometry) for _position, item in items]
        shapes = shapely.from_geojson([text.decode() for text in texts], on_invalid="ignore")
        good = shapely.is_valid(shapes)
        boxes = shapely.bounds(shapes)
        kept = []
        for (position, item), text, geometry, valid, box in zip(items, texts, shapes, good, boxes, strict=True):
            if reason := _fault(geometry, valid, box):
                self.report.refuse(position, item.stac_id, Refused("geometry", reason, "Mend it at its source"))
            else:
                kept.append((item, text, geometry, box.round(7)))
        return kept

    def _lines(self, items: Sequence[tuple[ForeignItem, bytes, Any, Any]]) -> dict[tuple[str, str], _Line]:
        if not items:
            return {}
        shapes = shapely.force_2d([geometry for _item, _text, geometry, _box in items])
        hexes = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
        pack, now = self.packer.pack, clock.now().isoformat()
        lines = {}
        for (item, text, _shape, bounds), wkb in zip(items, hexes, strict=True):
            west, south, east, north = box = bounds.tolist()
            frames = pack(_foreign(item)), pack(_body(item, text, box))
            line = copy_line(item, Packed(self.collections[item.collection], wkb, now, *frames))
            lines[item.collection, item.stac_id] = _Line(line, (west + east) / 2, (south + north) / 2)
        return lines


def _neighbours_together(lines: Sequence[_Line]) -> list[bytes]:
    order = along_curve([line.longitude for line in lines], [line.latitude for line in lines])
    return [lines[index].text for index in order]


def _document(given: Any) -> Any:
    if not isinstance(given, bytes | str):
        return given
    if len(given) > MAX_ITEM_BYTES:
        raise Refused("", f"it is longer than {MAX_ITEM_BYTES} bytes", "Send it alone to who can tell why")
    try:
        return bounded(orjson.loads(given))
    except orjson.JSONDecodeError as error:
        raise Refused("", f"this is no JSON ({error})", "One item a line") from error


def _fault(geometry: Any, valid: bool, box: Sequence[float]) -> str:
    if geometry is None or geometry.is_empty:
        return "it cannot be read, or is empty"
    west, south, east, north = box
    if west < -180 or east > 180 or south < -90 or north > 90:
        return "it lies outside the Earth"
    return "" if valid else shapely.is_valid_reason(geometry)


def _body(item: ForeignItem, geometry: bytes, box: Sequence[float]) -> bytes:
    properties = foreign_properties(item)
    return body(
        Told(
            stac_id=item.stac_id,
            collection=item.collection,
            geometry=geometry,
            bbox=box,
            properties=properties,
            assets=item.assets,
            links=item.links,
            extensions=item.extensions,
        )
    )


def _foreign(item: ForeignItem) -> bytes:
    return orjson.dumps({"assets": item.assets, "links": item.links, "stac_extensions": item.extensions})
