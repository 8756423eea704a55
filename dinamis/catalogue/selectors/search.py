# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images that answer a search, page by page."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Case, F, FloatField, Func, Q, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.filters import Order, SearchFilters, area_of, conditions
from dinamis.catalogue.selectors.viewer import Annotated, Viewer, with_state, without_delivered_twins

PAGE_SIZE = 20
# An image whose clouds are unknown, or not told, comes after those that are overcast.
UNKNOWN_CLOUDS = 101.0
# Direction of the sort column; the id breaks ties in the same direction.
DESCENDING = {Order.RECENT.value: True, Order.OLDEST.value: False, Order.CLOUDS.value: False, Order.COVERS.value: True}


@dataclass(frozen=True)
class Page:
    """One page of a list; `after` and `before` are the tokens of the next and the previous page, or empty."""

    items: Sequence[Item]
    after: str = ""
    before: str = ""


def search(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry | None = None) -> Annotated:
    """Return the images that answer `filters`, with `state` and `shown` for this viewer, in no order.

    `area` saves looking the place up again when the caller has it (`area_of`).
    """
    area = area_of(filters) if area is None else area
    items = without_delivered_twins(with_state(Item.objects.all(), viewer), viewer.at)
    return items.filter(conditions(filters, area))


def page(filters: SearchFilters, viewer: Viewer, area: GEOSGeometry | None = None, size: int = PAGE_SIZE) -> Page:
    """Return one page, `size` images at most, each with `covers` (percent of the area) when there is an area.

    Keyset paging: a page costs the same wherever it is, and its links survive inserts. Wrong tokens are the first page.
    """
    area = area_of(filters) if area is None else area
    order = filters.order if area is not None or filters.order != Order.COVERS.value else Order.RECENT.value
    items = search(filters, viewer, area).select_related("collection__licence")
    items = _with_sort(_with_covers(items, area), order)
    backwards = bool(filters.before)
    start = _position(filters.before or filters.after, order)
    if start is None:
        backwards = False
    descending = DESCENDING[order] != backwards
    if start is not None:
        items = items.filter(_beyond(start, descending=descending))
    sign = "-" if descending else ""
    rows = list(items.order_by(f"{sign}sort", f"{sign}pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    return Page(
        rows,
        after=_token(rows[-1]) if rows and (more or backwards) else "",
        before=_token(rows[0]) if rows and (more if backwards else start is not None) else "",
    )


def is_token(token: str, filters: SearchFilters) -> bool:
    """Tell whether a token was written for a list in the order of `filters`."""
    return _position(token, filters.order) is not None


def _with_covers(items: Annotated, area: GEOSGeometry | None) -> Annotated:
    if area is None or area.dims < 2:
        return items.annotate(covers=Value(None, output_field=FloatField()))
    return items.annotate(covers=share_of(F("footprint"), area))


def share_of(geometry: Any, area: GEOSGeometry) -> CombinedExpression:
    """The part of `area` that `geometry` covers, in percent, as an SQL expression (planar, in degrees)."""
    asked = Value(area, output_field=GeometryField(srid=4326))
    common = Func(geometry, asked, function="ST_Intersection", output_field=GeometryField(srid=4326))
    covered = Func(common, function="ST_Area", output_field=FloatField())
    return Value(100.0) * covered / Func(asked, function="ST_Area", output_field=FloatField())


def _with_sort(items: Annotated, order: str) -> Annotated:
    if order == Order.COVERS:
        return items.annotate(sort=F("covers"))
    if order != Order.CLOUDS:
        return items.annotate(sort=F("datetime"))
    told = Case(When(shown=True, then=F("cloud_cover")), default=None, output_field=FloatField())
    return items.annotate(sort=Coalesce(told, Value(UNKNOWN_CLOUDS)))


def _beyond(start: tuple[Any, int], *, descending: bool) -> Q:
    value, pk = start
    than = "lt" if descending else "gt"
    return Q(**{f"sort__{than}": value}) | Q(**{"sort": value, f"pk__{than}": pk})


def _token(item: Any) -> str:
    value = item.sort.isoformat() if isinstance(item.sort, datetime) else item.sort
    return base64.urlsafe_b64encode(json.dumps([value, item.pk]).encode()).decode().rstrip("=")


def _position(token: str, order: str) -> tuple[Any, int] | None:
    """Read a token; None when there is none, or when it was not written for this order."""
    if not token:
        return None
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if order in {Order.RECENT, Order.OLDEST}:
            moment = datetime.fromisoformat(value)
            return (moment, int(pk)) if moment.tzinfo else None
        return float(value), int(pk)
    except (ValueError, TypeError, binascii.Error):
        return None
