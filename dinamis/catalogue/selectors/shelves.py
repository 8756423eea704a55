# SPDX-License-Identifier: AGPL-3.0-or-later
"""What searches need to know of the whole catalogue, in one small query: its collections, and how long items last."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from functools import cached_property

from dinamis.catalogue.cql2.moments import Interval
from dinamis.core.prepared import planned_once

# Tells one state of what is read here from any other: a row that is written gets a new place or a new transaction.
STAMP = """(
    SELECT md5(concat_ws(
        ';',
        (SELECT max(datetime - start_datetime) FROM catalogue_item WHERE start_datetime IS NOT NULL),
        (SELECT max(end_datetime - datetime) FROM catalogue_item WHERE end_datetime IS NOT NULL),
        (SELECT reltuples FROM pg_class WHERE oid = 'catalogue_item'::regclass),
        (SELECT string_agg(concat(c.xmin, c.ctid, l.xmin, l.ctid), ';' ORDER BY c.id)
         FROM catalogue_collection c JOIN licensing_licence l ON l.id = c.licence_id)
    ))
)"""
SHELVES = f"""
    SELECT {STAMP},
           (SELECT max(datetime - start_datetime) FROM catalogue_item WHERE start_datetime IS NOT NULL),
           (SELECT max(end_datetime - datetime) FROM catalogue_item WHERE end_datetime IS NOT NULL),
           (SELECT greatest(reltuples, 0)::float8 FROM pg_class WHERE oid = 'catalogue_item'::regclass),
           (SELECT min(datetime) FROM catalogue_item), (SELECT max(datetime) FROM catalogue_item),
           c.id, c.slug, c.family, c.title_fr, c.title_en, l.id, l.name_fr, l.name_en, l.credit_line, l.embargo_days
    FROM (SELECT) always
    LEFT JOIN (catalogue_collection c JOIN licensing_licence l ON l.id = c.licence_id) ON TRUE ORDER BY c.id
"""  # noqa: S608  (constants only)


@dataclass(frozen=True)
class Shelf:
    """A collection, with what its items take from its licence; `embargo_days` count from the acquisition."""

    pk: int
    slug: str
    family: str
    title_fr: str
    title_en: str
    licence_id: int
    licence_fr: str
    licence_en: str
    credit_line: str
    embargo_days: int


@dataclass(frozen=True)
class Shelves:
    """All collections by their pk. An item begins up to `before` its `datetime`, and ends up to `after` it.

    `items` is about how many items there are, as PostgreSQL counted them last, `first` and `last` are about their ends;
    `stamp` is what STAMP gives for them.
    """

    by_pk: Mapping[int, Shelf]
    before: timedelta
    after: timedelta
    items: float
    first: datetime | None
    last: datetime | None
    stamp: str

    def __hash__(self) -> int:
        """A mapping has none of its own; the stamp tells two of them apart."""
        return hash(self.stamp)

    def share_of(self, interval: Interval) -> float:
        """Return about which share of all items was taken within an interval, 1 at most, if each year had as many."""
        if self.first is None or self.last is None:
            return 0.0
        begin, end = max(self.first, interval[0] or self.first), min(self.last, interval[1] or self.last)
        whole = (self.last - self.first).total_seconds()
        return min(1.0, max(0.0, (end - begin).total_seconds() / whole)) if whole else 1.0

    def ids(self, slugs: Iterable[str]) -> list[int]:
        """Return the pks of the collections with these slugs; nobody has what there is not."""
        wanted = set(slugs)
        return [shelf.pk for shelf in self.by_pk.values() if shelf.slug in wanted]

    def sql(self, of: Callable[[Shelf], int]) -> str:
        """Return SQL that gives a number of the collection of a row of `catalogue_item`."""
        values = {pk: of(shelf) for pk, shelf in self.by_pk.items()}
        if len(set(values.values())) <= 1:
            return str(next(iter(values.values()), 0))
        cases = " ".join(f"WHEN {pk} THEN {value}" for pk, value in values.items())
        return f"(CASE catalogue_item.collection_id {cases} END)"

    @cached_property
    def fingerprint(self) -> str:
        """What changes when a collection or its licence does."""
        return hashlib.sha256(repr([astuple(shelf) for shelf in self.by_pk.values()]).encode()).hexdigest()[:16]


_latest: Shelves | None = None


def read_shelves() -> Shelves:
    """Return them as they are now. One query."""
    global _latest  # noqa: PLW0603  (the one memory of this process)
    rows = planned_once(SHELVES, ())
    # One row there is, with nothing in it where there is no collection.
    stamp, before, after, items, first, last = rows[0][:6]
    found = [Shelf(*row[6:]) for row in rows if row[6] is not None]
    zero = timedelta(0)
    _latest = Shelves({shelf.pk: shelf for shelf in found}, before or zero, after or zero, items, first, last, stamp)
    return _latest


def shelves_seen_last() -> Shelves:
    """Return them as this process saw them last: to be used in a statement that gives STAMP too, and compared."""
    return _latest or read_shelves()
