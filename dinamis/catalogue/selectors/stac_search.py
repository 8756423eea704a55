# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items that answer a STAC search: a page of them, their exact number, and the tokens of the pages beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import DataError, transaction
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.cql2.fragments import Kind, Sql, condition, joined
from dinamis.catalogue.cql2.geometry import as_sql
from dinamis.catalogue.cql2.moments import Interval
from dinamis.catalogue.cql2.queryables import QUERYABLES
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.viewer import Annotated, Viewer, with_state
from dinamis.core.exceptions import DomainError, Invalid

SALT = "dinamis.catalogue.stac"
SEQUENCE = "catalogue_item.id"


@dataclass(frozen=True)
class SortKey:
    """A property that orders the answer."""

    name: str
    descending: bool = False

    @property
    def sql(self) -> str:
        """The SQL of the property."""
        return QUERYABLES[self.name].sql

    @property
    def nullable(self) -> bool:
        """Whether an item may have no value; those come last."""
        return QUERYABLES[self.name].nullable


RECENT_FIRST = (SortKey("datetime", descending=True),)


@dataclass(frozen=True, kw_only=True)
class ItemSearch:
    """What a search asks for; None is no condition, an empty tuple is one that nothing meets.

    `area` is in EPSG:4326, `interval` has both ends included; `fingerprint` tells one search from another, so that a
    token is good for the search it was given for.
    """

    ids: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    area: BaseGeometry | None = None
    interval: Interval | None = None
    condition: Sql | None = None
    terms: tuple[str, ...] = ()
    sort: tuple[SortKey, ...] = RECENT_FIRST
    limit: int = 10
    token: str = ""
    fingerprint: str = ""
    counted: bool = True


@dataclass(frozen=True)
class Found:
    """One page; `matched` is the exact number of all, None when it was not asked for; tokens are empty at the ends."""

    items: Sequence[Item]
    matched: int | None
    after: str = ""
    before: str = ""


@dataclass(frozen=True)
class _Place:
    """Where a page begins: the sort values and the id of the item beside it, and in which direction it lies."""

    values: tuple[Any, ...]
    pk: int
    backwards: bool


def find(search: ItemSearch, viewer: Viewer) -> Found:
    """Return the page of `search` that its token names, the first without one.

    Withheld images are not told of here: an item without its id and collection would be none. Raises Invalid for a
    token of another search and for a condition that cannot be computed.
    """
    place = _place(search)
    try:
        with transaction.atomic():
            items = matching(search, viewer)
            matched = items.count() if search.counted else None
            return _page(items, search, place, matched)
    except DataError as error:
        raise DomainError(_("The filter cannot be computed for every item."), code="filter_not_computable") from error


def matching(search: ItemSearch, viewer: Viewer) -> Annotated:
    """Return every item that answers, in no order."""
    items = with_state(Item.objects.all(), viewer).filter(shown=True)
    if search.ids is not None:
        items = items.filter(stac_id__in=search.ids)
    if search.collections is not None:
        items = items.filter(collection__slug__in=search.collections)
    if search.terms:
        items = items.filter(_any_of(search.terms))
    for part in _conditions(search):
        items = items.filter(RawSQL(part.text, part.params, output_field=BooleanField()))  # noqa: S611  (parameters only)
    return items


def _any_of(terms: tuple[str, ...]) -> Q:
    """One of the words is enough (STAC API free-text extension 1.0.0-rc.1, basic)."""
    found = Q()
    for word in terms:
        found |= Q(title__icontains=word) | Q(stac_id__icontains=word) | Q(platform__icontains=word)
    return found


def _conditions(search: ItemSearch) -> list[Sql]:
    found = []
    if search.area is not None:
        found.append(condition("ST_Intersects(catalogue_item.footprint, {})", as_sql(search.area)))
    if search.interval is not None:
        found += _within(search.interval)
    if search.condition is not None:
        found.append(search.condition)
    return found


def _within(interval: Interval) -> list[Sql]:
    """An item that lasts is found by any moment of it (OGC API Features 1.0, 7.15.3)."""
    first, last = interval
    found = []
    if first is not None:
        sql = "coalesce(catalogue_item.end_datetime, catalogue_item.datetime) >= %s"
        found.append(Sql(sql, Kind.BOOLEAN, (first,)))
    if last is not None:
        sql = "coalesce(catalogue_item.start_datetime, catalogue_item.datetime) <= %s"
        found.append(Sql(sql, Kind.BOOLEAN, (last,)))
    return found


# --- pages ---


def _page(items: Annotated, search: ItemSearch, place: _Place | None, matched: int | None) -> Found:
    backwards = place is not None and place.backwards
    if place is not None:
        beyond = _beyond(search.sort, place)
        items = items.filter(RawSQL(beyond.text, beyond.params, output_field=BooleanField()))  # noqa: S611
    items = items.select_related("collection__licence").prefetch_related("assets")
    for number, key in enumerate(search.sort):
        items = items.annotate(**{f"sort_{number}": RawSQL(key.sql, ())})  # noqa: S611  (constants only)
    rows = list(items.order_by(*_ordering(search.sort, backwards=backwards))[: search.limit + 1])
    more, rows = len(rows) > search.limit, rows[: search.limit]
    if backwards:
        rows.reverse()
    return Found(
        rows,
        matched,
        after=_token(search, rows[-1], backwards=False) if rows and (more or backwards) else "",
        before=_token(search, rows[0], backwards=True) if rows and (more if backwards else place is not None) else "",
    )


def _ordering(sort: tuple[SortKey, ...], *, backwards: bool) -> list[Any]:
    ordering: list[Any] = []
    for key in sort:
        expression = RawSQL(key.sql, ())  # noqa: S611  (constants only)
        turn = expression.desc if key.descending != backwards else expression.asc
        ordering.append(turn(**{("nulls_first" if backwards else "nulls_last"): True} if key.nullable else {}))
    sign = "-" if sort[0].descending != backwards else ""
    return [*ordering, f"{sign}pk"]


def _beyond(sort: tuple[SortKey, ...], place: _Place) -> Sql:
    """The rows that follow a place: equal in the first keys and beyond in the next one, for each key in turn."""
    ways = []
    equal: list[Sql] = []
    for key, value in zip(sort, place.values, strict=True):
        if (step := _step(key, value, backwards=place.backwards)) is not None:
            ways.append(joined("AND", [*equal, step]))
        equal.append(Sql(f"{key.sql} IS NOT DISTINCT FROM %s", Kind.BOOLEAN, (value,)))
    than = "<" if sort[0].descending != place.backwards else ">"
    ways.append(joined("AND", [*equal, Sql(f"{SEQUENCE} {than} %s", Kind.BOOLEAN, (place.pk,))]))
    return joined("OR", ways)


def _step(key: SortKey, value: Any, *, backwards: bool) -> Sql | None:
    """What lies beyond `value` in one key; items without a value come last in either direction of the sort."""
    if value is None:
        return Sql(f"{key.sql} IS NOT NULL", Kind.BOOLEAN) if backwards else None
    than = "<" if key.descending != backwards else ">"
    step = Sql(f"{key.sql} {than} %s", Kind.BOOLEAN, (value,))
    if key.nullable and not backwards:
        return joined("OR", [step, Sql(f"{key.sql} IS NULL", Kind.BOOLEAN)])
    return step


def _token(search: ItemSearch, item: Any, *, backwards: bool) -> str:
    values = [getattr(item, f"sort_{number}") for number in range(len(search.sort))]
    told = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return signing.dumps([search.fingerprint, told, item.pk, backwards], salt=SALT, compress=True)


def _place(search: ItemSearch) -> _Place | None:
    if not search.token:
        return None
    try:
        fingerprint, told, pk, backwards = signing.loads(search.token, salt=SALT)
    except signing.BadSignature as error:
        raise _foreign_token() from error
    if fingerprint != search.fingerprint:
        raise _foreign_token()
    moments = [QUERYABLES[key.name].kind is Kind.MOMENT for key in search.sort]
    values = [
        datetime.fromisoformat(value) if moment and value else value
        for value, moment in zip(told, moments, strict=True)
    ]
    return _Place(tuple(values), int(pk), bool(backwards))


def _foreign_token() -> Invalid:
    return Invalid(
        _("This token was not given for this search."),
        pointer="token",
        repair=_("Follow the “next” and “prev” links as they are."),
        code="token",
    )
