# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many items at once: read, checked and packed here while PostgreSQL takes the batch before by COPY.

One transaction: until it ends nobody sees anything of it, and if it fails nothing is left.
"""

import gc
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction

from dinamis.catalogue.foreign import Refused, along_curve
from dinamis.catalogue.models import Collection
from dinamis.catalogue.sensors import NAMES
from dinamis.catalogue.services.copying import Batch, Writer
from dinamis.catalogue.services.item_documents import dictionary_is_due, latest_dictionary, learn_dictionary
from dinamis.catalogue.services.readers import Chunk, read_by
from dinamis.catalogue.services.reading import Read, Reader, Refusal, Terms
from dinamis.catalogue.services.tallies import sum_up
from dinamis.core import clock

BATCH = 10_000
# Items given to a reader at a time.
CHUNK = 256
SAMPLES = 1_000
# Fewer are read here before processes have begun.
MANY = 10_000
# Of the refusals only so many are told one by one; all are counted.
MOST_TOLD = 1_000
# The rows of an item and of its document, and the middle of its box.
_Row = tuple[bytes, bytes, tuple[float, float]]


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


def load_items(source: Iterable[Any], *, collection: str = "", processes: int = 1) -> Report:
    """Write the STAC items of `source` (documents, or their JSON as bytes), new ones and changed ones; return a report.

    An item is known by its collection and its id: again, it takes the place of the one before; the same, it changes
    nothing. `collection` overrides what the items name. What cannot be taken is refused one by one. `processes` says
    how many may read when there are many items; raises BrokenProcessPool when one of them is killed.
    """
    report = Report()
    with transaction.atomic(), _no_collector():
        items = iter(source)
        if dictionary_is_due():
            samples = list(islice(items, SAMPLES))
            learn_dictionary(Reader(_terms(collection)).bodies(samples))
            items = chain(samples, items)
        with closing(_reads(items, _terms(collection), processes)) as reads:
            _write(_batches(reads, report), report)
        # What a few items leave is summed up in its time (`catalogue.sum_up_tallies`).
        if report.created + report.updated >= BATCH:
            sum_up()
    return report


def _terms(collection: str) -> Terms:
    return Terms(
        collections=dict(Collection.objects.values_list("slug", "pk")),
        collection=collection,
        now=clock.now(),
        dictionary=latest_dictionary(),
        satellites=NAMES,
    )


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


def _reads(items: Iterator[Any], terms: Terms, processes: int) -> Generator[Read, None, None]:
    """Read all items, in their order: here, or by several processes when they are worth it."""
    if processes > 1:
        first = list(islice(items, MANY))
        items = chain(first, items)
        if len(first) == MANY:
            yield from read_by(processes, terms, _chunks(items))
            return
    reader = Reader(terms)
    for position, chunk in _chunks(items):
        yield reader.read(position, chunk)


def _chunks(items: Iterator[Any]) -> Iterator[Chunk]:
    position = 1
    while chunk := list(islice(items, CHUNK)):
        yield position, chunk
        position += len(chunk)


def _batches(reads: Iterable[Read], report: Report) -> Iterator[Batch]:
    """Yield one batch after the other; of two items with one id in a batch the later counts."""
    rows: dict[tuple[int, str], _Row] = {}
    for read in reads:
        for refusal in read.refusals:
            report.refuse(refusal.position, refusal.identifier, refusal.fault)
        rows.update(zip(read.names, zip(read.items, read.documents, read.middles, strict=True), strict=True))
        if len(rows) >= BATCH:
            yield _neighbours_together(rows)
            rows = {}
    if rows:
        yield _neighbours_together(rows)


def _neighbours_together(rows: Mapping[tuple[int, str], _Row]) -> Batch:
    names = list(rows)
    items, documents, middles = zip(*rows.values(), strict=True)
    order = along_curve(*zip(*middles, strict=True)).tolist()
    return Batch(*([column[index] for index in order] for column in (names, items, documents)))


def _write(batches: Iterable[Batch], report: Report) -> None:
    """Write each batch beside the reading of the next one, which does not touch the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    writer = Writer(connection.connection)
    with ThreadPoolExecutor(1) as thread:
        before: Future[None] | None = None
        for batch in batches:
            if before is not None:
                before.result()
            before = thread.submit(_write_one, writer, batch, report)
        if before is not None:
            before.result()


def _write_one(writer: Writer, batch: Batch, report: Report) -> None:
    counts = writer.write(batch)
    report.created += counts.created
    report.updated += counts.updated
    report.unchanged += len(batch.names) - counts.created - counts.updated
