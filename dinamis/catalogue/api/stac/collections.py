# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections that answer a search (STAC API collection-search 1.0.0-rc.1): there are few, so they are sifted here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from shapely.geometry import box

from dinamis.catalogue.api.stac.documents import collection as document_of
from dinamis.catalogue.api.stac.reading import of_address, read_collections
from dinamis.catalogue.cql2.fragments import Kind, Sql
from dinamis.catalogue.cql2.moments import Interval
from dinamis.catalogue.models import Collection
from dinamis.catalogue.selectors.extents import Extents
from dinamis.catalogue.selectors.stac_order import SortKey
from dinamis.catalogue.selectors.works import works_of_collections
from dinamis.core import clock

Row = tuple[Collection, Extents]
Document = dict[str, Any]
# A filter of CQL2 becomes SQL, so the documents are brought to where SQL is.
MEETING = "SELECT one ->> 'id' FROM jsonb_array_elements(%s::jsonb) AS one WHERE "


@dataclass(frozen=True)
class FoundCollections:
    """One page of collections, how many there are in all, and the token of the next page or an empty text."""

    documents: Sequence[Document]
    matched: int
    after: str = ""


def asked_collections(parameters: Mapping[str, str], rows: Sequence[Row], *, base: str) -> FoundCollections:
    """Return the page of `rows` that the parameters of an address ask for, as documents. Raises Invalid."""
    asked = read_collections(of_address(parameters), named=_member)
    search = asked.search
    met = [row for row in rows if _meets(row, search.area, search.interval, search.terms)]
    works = works_of_collections(clock.now())
    found = [document_of(base, one, extents, works.get(one.pk, ())) for one, extents in met]
    found = _sorted(_meeting(found, search.condition), asked.sort)
    names = [one["id"] for one in found]
    start = names.index(search.token) + 1 if search.token in names else 0
    page = found[start : start + search.limit]
    more = start + search.limit < len(found)
    return FoundCollections([asked.fields.of(one) for one in page], len(found), page[-1]["id"] if page and more else "")


def _member(name: str) -> Sql:
    """The SQL of a member of a collection's document; one it does not have is null."""
    if name in {"id", "title", "description", "license"}:
        return Sql(f"(one ->> '{name}')", Kind.TEXT)
    return Sql("(one -> %s)", Kind.ANY, (name,))


def _meeting(documents: list[Document], condition: Sql | None) -> list[Document]:
    if condition is None or not documents:
        return documents
    with connection.cursor() as cursor:
        cursor.execute(MEETING + condition.text, [orjson.dumps(documents).decode(), *condition.params])
        names = {name for (name,) in cursor.fetchall()}
    return [one for one in documents if one["id"] in names]


def _sorted(documents: list[Document], keys: Sequence[SortKey]) -> list[Document]:
    """By the first key first; what lacks the member comes last, as everywhere else in this API."""
    for key in reversed(keys):
        documents.sort(key=lambda one: str(one.get(key.name, "")).casefold(), reverse=key.descending)
        documents.sort(key=lambda one: key.name not in one)
    return documents


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
