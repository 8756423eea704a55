# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections that answer a search (STAC API collection-search 1.0.0-rc.1): there are few, so they are sifted here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shapely.geometry import box

from dinamis.catalogue.api.stac.reading import of_address, read_collections
from dinamis.catalogue.cql2.moments import Interval
from dinamis.catalogue.models import Collection
from dinamis.catalogue.selectors.extents import Extents

Row = tuple[Collection, Extents]


@dataclass(frozen=True)
class FoundCollections:
    """One page of collections, how many there are in all, and the token of the next page or an empty text."""

    rows: Sequence[Row]
    matched: int
    after: str = ""


def asked_collections(parameters: Mapping[str, str], rows: Sequence[Row]) -> FoundCollections:
    """Return the page of `rows` that the parameters of an address ask for. Raises Invalid."""
    asked = read_collections(of_address(parameters))
    found = [row for row in rows if _meets(row, asked.area, asked.interval, asked.terms)]
    names = [collection.slug for collection, _extents in found]
    start = names.index(asked.token) + 1 if asked.token in names else 0
    page = found[start : start + asked.limit]
    more = start + asked.limit < len(found)
    return FoundCollections(page, len(found), page[-1][0].slug if page and more else "")


def _meets(row: Row, area: object, interval: Interval | None, terms: Sequence[str]) -> bool:
    collection, extents = row
    if area is not None and not box(*extents.bbox).intersects(area):
        return False
    if interval is not None and not _overlaps(extents, interval):
        return False
    text = f"{collection.slug} {collection.title} {collection.description} {collection.family}".lower()
    return not terms or any(word.lower() in text for word in terms)


def _overlaps(extents: Extents, interval: Interval) -> bool:
    first, last = interval
    if extents.first is None or extents.last is None:
        return False
    return (last is None or extents.first <= last) and (first is None or extents.last >= first)
