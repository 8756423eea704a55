# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items that answer a STAC search: a page of them, their exact number, and the tokens of the pages beside it."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import DataError, connection, transaction
from django.utils.translation import gettext as _

from dinamis.catalogue.cql2.fragments import Kind
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.item_body import stored, unpacked
from dinamis.catalogue.selectors.shelves import Shelf, Shelves, read_shelves, shelves_seen_last
from dinamis.catalogue.selectors.stac_changes import known_number
from dinamis.catalogue.selectors.stac_order import Place, SortKey
from dinamis.catalogue.selectors.stac_query import ItemSearch, page_sql
from dinamis.catalogue.selectors.versions import Version, versions_of
from dinamis.catalogue.selectors.viewer import Viewer
from dinamis.core.exceptions import DomainError, Invalid
from dinamis.core.prepared import planned_once

SALT = "dinamis.catalogue.stac"
# Columns of an item before those that the page is sorted by.
SORTED = 8


@dataclass(frozen=True)
class Row:
    """An item of a page: what its links and the reader's members are made of, and its body with the gaps left open.

    `published` is since when everybody is told of it; `versions` are the deliveries of its product, the first one
    first, as far as the reader is told of them, and empty where there was one.
    """

    pk: int
    stac_id: str
    published: datetime
    datetime: datetime
    state: str
    shelf: Shelf
    body: bytes
    first_version: int | None = None
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True)
class Found:
    """One page; `matched` is the exact number of all, None when it was not asked for; tokens are empty at the ends."""

    rows: Sequence[Row]
    matched: int | None
    after: str = ""
    before: str = ""


def find(search: ItemSearch, viewer: Viewer) -> Found:
    """Return the page of `search` that its token names, the first without one.

    Withheld images are not told of here: an item without its id and collection would be none. Raises Invalid for a
    token of another search and for a condition that cannot be computed.
    """
    place = _place(search)
    # Alone, a statement that fails leaves nothing to undo.
    whole = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with whole:
            return _page(search, viewer, place)
    except DataError as error:
        raise DomainError(_("The filter cannot be computed for every item."), code="filter_not_computable") from error


@dataclass(frozen=True)
class _Answer:
    """What the database said, as of these shelves; `known` is a number told before that is still exact."""

    shelves: Shelves
    known: int | None
    counted: bool
    rows: Sequence[Sequence[Any]]


def _ask(search: ItemSearch, viewer: Viewer, place: Place | None) -> _Answer:
    """Run the statement of the page. The shelves are read only when it says that they have changed."""
    shelves = shelves_seen_last()
    while True:
        known = known_number(place, viewer, shelves) if place is not None and search.counted else None
        counted = search.counted and known is None
        page = page_sql(search, viewer, shelves, place, counted=counted)
        rows = planned_once(page.text, page.params)
        if rows[0][0] == shelves.stamp:
            return _Answer(shelves, known, counted, rows)
        shelves = read_shelves()


def _page(search: ItemSearch, viewer: Viewer, place: Place | None) -> Found:
    backwards = place is not None and place.backwards
    answer = _ask(search, viewer, place)
    _stamp, number, *written = answer.rows[0][:4]
    count_of = (
        (*written, answer.shelves.fingerprint, viewer.at.isoformat())
        if answer.counted
        else place.count_of
        if place is not None
        else ()
    )
    rows = [row[4:] for row in answer.rows if row[4] is not None]
    more, rows = len(rows) > search.limit, rows[: search.limit]
    if backwards:
        rows.reverse()
    tokens = _Tokens(search, number if answer.counted else answer.known, count_of)
    return Found(
        _with_versions(_read(rows, answer.shelves), viewer),
        tokens.matched,
        after=tokens.beside(rows[-1], backwards=False) if rows and (more or backwards) else "",
        before=tokens.beside(rows[0], backwards=True) if rows and (more if backwards else place is not None) else "",
    )


def _read(rows: Sequence[Sequence[Any]], shelves: Shelves) -> list[Row]:
    """The rows of an answer; a body that a change has emptied is made here and not kept."""
    empty = [row[0] for row in rows if row[5] is None]
    made = _made(empty) if empty else {}
    found = []
    for pk, stac_id, acquired, collection, state, frame, shown, first, *_values in rows:
        text = made[pk] if frame is None else unpacked(frame)
        shelf = shelves.by_pk[collection]
        moment, since = datetime.fromisoformat(acquired), datetime.fromisoformat(shown)
        opened = max(since, moment + timedelta(days=shelf.embargo_days)) if shelf.embargo_days else since
        found.append(Row(pk, stac_id, opened, moment, state, shelf, text, first))
    return found


def _made(pks: Sequence[int]) -> dict[int, bytes]:
    items = Item.objects.filter(pk__in=pks).select_related("collection", "document").prefetch_related("assets")
    return {item.pk: stored(item) for item in items}


def _with_versions(rows: Sequence[Row], viewer: Viewer) -> Sequence[Row]:
    """The rows with the versions of each. Few products are delivered twice: most pages ask nothing."""
    firsts = {row.first_version for row in rows if row.first_version is not None}
    if not firsts:
        return rows
    versions = versions_of(firsts, viewer)
    return [replace(row, versions=versions.get(row.first_version or 0, ())) for row in rows]


# --- tokens ---


@dataclass(frozen=True)
class _Tokens:
    """Tokens for the pages beside one page."""

    search: ItemSearch
    matched: int | None
    count_of: tuple[Any, ...]

    def beside(self, row: Sequence[Any], *, backwards: bool) -> str:
        """Return the token of the page that begins beside `row`."""
        values = [_told(key, value) for key, value in zip(self.search.sort, row[SORTED:], strict=True)]
        told = [self.search.fingerprint, values, row[0], backwards, self.matched, self.count_of]
        return signing.dumps(told, salt=SALT, compress=True)


def _told(key: SortKey, value: Any) -> Any:
    return datetime.fromisoformat(value).isoformat() if key.kind is Kind.MOMENT and value else value


def _place(search: ItemSearch) -> Place | None:
    if not search.token:
        return None
    try:
        fingerprint, told, pk, backwards, matched, count_of = signing.loads(search.token, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise _foreign_token() from error
    if fingerprint != search.fingerprint:
        raise _foreign_token()
    values = [
        datetime.fromisoformat(value) if key.kind is Kind.MOMENT and value else value
        for key, value in zip(search.sort, told, strict=True)
    ]
    return Place(tuple(values), int(pk), bool(backwards), matched, tuple(count_of))


def _foreign_token() -> Invalid:
    return Invalid(
        _("This token was not given for this search."),
        pointer="token",
        repair=_("Follow the “next” and “prev” links as they are."),
        code="token",
    )
