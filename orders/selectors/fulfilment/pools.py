# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings of requests: what may be pooled, what each party may read of the others."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import geo
from dinamis.core.templatetags.ui import percent
from orders.domain.pool_rules import Ask, Clash, Limits, merge, overlap_clash
from orders.enums import AcquisitionMode, Leaving, OrderKind, PoolState, Programme
from orders.models import OrderItem, Pool, PoolMember
from orders.rules import speaks_for
from orders.selectors.money.costs import rates_of_families
from orders.selectors.requests.request_words import made_words

LIVING = (PoolState.PROPOSED, PoolState.AGREED)
# Who left like this is not asked again to share with the same others.
FOR_GOOD = (Leaving.DECLINED, Leaving.SILENT, Leaving.UNDECIDED, Leaving.PURSE_SHORT, Leaving.OFFICE)
NEAR_MISSES = 30
# What a mail to a party says, and no column more: of a request and its organisation there are a hundred.
TOLD_OF = ("line__order__organisation", "line__order__requester")
TOLD = (
    *("pool", "line", "share_m2", "share_cents", "alone_m2", "alone_cents", "line__order"),
    *(f"line__order__{name}" for name in ("reference", "title", "organisation", "organisation__name", "requester")),
    *(f"line__order__requester__{name}" for name in ("email", "name", "language")),
)

# Lines of open acquisition requests: submitted, in review or approved, not placed, not over.
OPEN_SQL = """
SELECT i.id, i.order_id, n.name, ST_AsBinary(i.aoi), lower(i.period), upper(i.period), o.family, a.collection_id,
       i.billed_area_m2, i.price_cents, a.programme, a.mode, a.bh_min, a.bh_max, a.cloud_max, a.proposal_threshold,
       a.incidence_max, o.options || i.options
FROM orders_orderitem i
JOIN orders_order o ON o.id = i.order_id
JOIN orders_acquisition a ON a.order_id = o.id
JOIN accounts_organisation n ON n.id = o.organisation_id
WHERE i.state IN ('pending', 'approved') AND o.state IN ('submitted', 'in_review', 'approved')
  AND i.scene_id IS NULL AND i.provider_order_id IS NULL AND upper(i.period) > %(at)s
  AND NOT EXISTS (SELECT FROM orders_activation emergency WHERE emergency.order_id = o.id)
  {which}
ORDER BY o.submitted_at, i.id
"""
LINES = "AND i.id = ANY(%(lines)s)"
FREE = "AND NOT EXISTS (SELECT FROM orders_poolmember m WHERE m.line_id = i.id AND m.left_at IS NULL)"
OF_ORDER = " AND o.id = %(order)s"
NEAR = " AND i.aoi && ST_GeomFromWKB(%(near)s, 4326)"
APART_SQL = """
SELECT one.line_id, other.line_id FROM orders_poolmember one
JOIN orders_poolmember other ON other.pool_id = one.pool_id AND other.line_id <> one.line_id
WHERE one.left_code = ANY(%(codes)s) AND (one.line_id = ANY(%(lines)s) OR other.line_id = ANY(%(lines)s))
"""


def limits() -> Limits:
    """Return what is worth a grouping, as the settings and the tariff of the day say."""
    rules = settings.DINAMIS
    rates = rates_of_families(ProductFamily.values, OrderKind.ACQUISITION)
    return Limits(
        overlap_percent=rules["POOL_OVERLAP_PERCENT"],
        window_days=rules["POOL_WINDOW_DAYS"],
        members_max=rules["POOL_MEMBERS_MAX"],
        stereo_serves_mono=rules["POOL_STEREO_SERVES_MONO"],
        minimum_m2={family: rate.minimum_m2 for family, rate in rates.items()},
        factors={family: rate.factors for family, rate in rates.items()},
        option_defaults=rules["ARCHIVE_OPTIONS"],
    )


def open_asks(
    *,
    at: datetime,
    order: int | None = None,
    near: BaseGeometry | None = None,
    lines: Iterable[int] | None = None,
) -> list[Ask]:
    """Return what open acquisition requests ask at `at`, the first submitted first; one query.

    Those in no grouping: all of them, those of an order, or those whose bounds touch `near`. With `lines`, these, in a
    grouping or not.
    """
    which = LINES if lines is not None else FREE
    which += (OF_ORDER if order is not None else "") + (NEAR if near is not None else "")
    facts = {
        "at": at,
        "order": order,
        "near": shapely.to_wkb(near) if near is not None else None,
        "lines": list(lines or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(OPEN_SQL.format(which=which), facts)
        rows = cursor.fetchall()
    areas = shapely.from_wkb([bytes(row[3]) for row in rows])
    return [_ask(row, area) for row, area in zip(rows, areas, strict=True)]


def kept_apart(lines: Iterable[int]) -> set[frozenset[int]]:
    """Return the pairs of lines, one of `lines` at least, that were together and of which one left for good."""
    with connection.cursor() as cursor:
        cursor.execute(APART_SQL, {"codes": list(FOR_GOOD), "lines": list(lines)})
        return {frozenset(pair) for pair in cursor.fetchall()}


def living_pool_of(item_id: int) -> Pool | None:
    """Return the grouping a line is in, or None."""
    return Pool.objects.filter(members__line=item_id, members__left_at__isnull=True).first()


def parties_told(pool: Pool) -> QuerySet[PoolMember]:
    """Return the requests of a grouping as mails tell them of it: read nothing else of these rows."""
    return pool.living().select_related(None).select_related(*TOLD_OF).only(*TOLD)


def waiting_in_pool() -> QuerySet[PoolMember]:
    """Lines that wait because the grouping they are in is not yet placed or dissolved."""
    return PoolMember.objects.filter(left_at__isnull=True, pool__state__in=LIVING)


@dataclass(frozen=True)
class Party:
    """One request of a grouping, as a reader may see it; of those of others until all agreed, a blurred area."""

    member: PoolMember
    name: str
    mine: bool
    may_answer: bool
    area: BaseGeometry
    exact: bool

    @property
    def saved_m2(self) -> int:
        """What its organisation is billed less than alone; less than zero for a sponsor."""
        return self.member.alone_m2 - self.member.share_m2

    @property
    def saved_cents(self) -> int:
        """What its organisation pays less than alone; less than zero for a sponsor."""
        return self.member.alone_cents - self.member.share_cents


def parties(pool: Pool, reader: Any) -> list[Party]:
    """Return the requests of a grouping as the reader may see them: organisations by name, nobody's person.

    The areas of others show their cells of POOL_BLUR_DEGREES only, until every party has agreed; the office sees all.
    """
    opened = pool.state in {PoolState.AGREED, PoolState.PLACED, PoolState.CLOSED} or reader.has_perm("orders.moderate")
    mine = set(reader.memberships.filter(state="active").values_list("organisation_id", flat=True))
    members = pool.living() if pool.state != PoolState.DISSOLVED else _all_members(pool)
    return [_party(member, reader, opened, mine, pool) for member in members]


def _all_members(pool: Pool) -> QuerySet[PoolMember]:
    related = ("line__order__organisation", "line__order__requester", "answered_by")
    return pool.members.select_related(*related).order_by("line__order__submitted_at", "line_id")


def _party(member: PoolMember, reader: Any, opened: bool, mine: set[int], pool: Pool) -> Party:
    order = member.line.order
    own = order.organisation_id in mine or order.requester_id == reader.pk
    area = geo.to_shapely(member.line.aoi)
    return Party(
        member=member,
        name=order.organisation.name,
        mine=own,
        may_answer=pool.state in LIVING and speaks_for(reader, order),
        area=area if own or opened else blurred(area),
        exact=own or opened,
    )


def blurred(area: BaseGeometry, side: float | None = None) -> BaseGeometry:
    """Return the cells of a fixed grid (POOL_BLUR_DEGREES) that an area touches, as one outline."""
    side = side or settings.DINAMIS["POOL_BLUR_DEGREES"]
    west, south, east, north = area.bounds
    columns = range(int(west // side), int(east // side) + 1)
    rows = range(int(south // side), int(north // side) + 1)
    cells = [box(x * side, y * side, (x + 1) * side, (y + 1) * side) for x in columns for y in rows]
    return shapely.union_all([cell for cell in cells if cell.intersects(area)])


def shapes(seen: Sequence[Party]) -> Mapping[str, Any]:
    """Return the areas for the map: one's own as an order, those of others as proposed."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": geo.to_geojson(party.area),
                "properties": {"id": None, "state": "held" if party.mine else "order", "name": party.name},
            }
            for party in seen
        ],
    }


def union_seen(pool: Pool, seen: Sequence[Party]) -> BaseGeometry:
    """Return the outline of the whole as the reader may see it."""
    if all(party.exact for party in seen):
        return geo.to_shapely(pool.aoi)
    return shapely.union_all([party.area for party in seen])


@dataclass(frozen=True)
class NearMiss:
    """Two requests that overlap and cannot be bought as one, with every reason in words."""

    one: Ask
    other: Ask
    clashes: tuple[Clash, ...]
    references: tuple[str, str]


def near_misses(*, at: datetime) -> list[NearMiss]:
    """Return pairs of open requests that overlap enough and clash, with the reasons; NEAR_MISSES at most."""
    asks, rules = open_asks(at=at), limits()
    areas = np.array([ask.area for ask in asks], dtype=object)
    left, right = shapely.STRtree(areas).query(areas, predicate="intersects")
    found: list[tuple[Ask, Ask, tuple[Clash, ...]]] = []
    for one, other in ((asks[a], asks[b]) for a, b in zip(left, right, strict=True) if a < b):
        clashes = merge((one, other), rules)
        if one.order != other.order and isinstance(clashes, list) and overlap_clash(one, other, rules) is None:
            found.append((one, other, tuple(clashes)))
        if len(found) == NEAR_MISSES:
            break
    ids = {ask.line for one, other, _why in found for ask in (one, other)}
    names = dict(OrderItem.objects.filter(pk__in=ids).values_list("pk", "order__reference"))
    return [NearMiss(one, other, why, (names[one.line], names[other.line])) for one, other, why in found]


@dataclass(frozen=True)
class Term:
    """One constraint of the merged request, in words."""

    label: str
    value: str


def terms_of(pool: Pool) -> list[Term]:
    """Return the merged constraints of a grouping, for people."""
    terms = pool.terms
    bh = [terms["bh_min"], terms["bh_max"]]
    rows = [
        (_("Programme"), Programme(terms["programme"]).label),
        (_("Acquisition mode"), AcquisitionMode(terms["mode"]).label),
        (_("B/H"), " – ".join("…" if value is None else str(value) for value in bh) if any(bh) else None),
        (_("Largest cloud cover"), _percent(terms["cloud_max"])),
        (_("Proposed up to"), _percent(terms["threshold"])),
        (_("Largest incidence angle"), f"{terms['incidence_max']:g}°"),
        *made_words(terms["options"]),
    ]
    return [Term(str(label), str(value)) for label, value in rows if value is not None]


def _percent(value: int | None) -> str | None:
    return None if value is None else percent(value)


def pools_of_orders(order_ids: Iterable[int]) -> QuerySet[Pool]:
    """Return the groupings that lines of these orders are in, the latest first."""
    living = Q(members__line__order__in=list(order_ids), members__left_at__isnull=True)
    return Pool.objects.filter(living).distinct()


def _ask(row: Sequence[Any], area: BaseGeometry) -> Ask:
    options = row[17] if isinstance(row[17], dict) else json.loads(row[17])
    return Ask(
        line=row[0],
        order=row[1],
        name=row[2],
        area=area,
        window=(row[4], row[5]),
        family=row[6],
        collection=row[7],
        billed_m2=row[8],
        cents=row[9],
        programme=row[10],
        mode=row[11],
        bh_min=row[12],
        bh_max=row[13],
        cloud_max=row[14],
        threshold=row[15],
        incidence_max=row[16],
        options=options,
    )
