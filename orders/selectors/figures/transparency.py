# SPDX-License-Identifier: AGPL-3.0-or-later
"""The figures of the public page: counted from what was delivered and fetched, and read from what was counted.

Figures of fewer than PUBLIC_MIN_ORGANISATIONS organisations are withheld, and with them, where one cell alone of a row
or a column would be, a second one: else it would follow from the sum.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from dinamis.catalogue.models import Item
from dinamis.core.clock import PARIS
from orders.models import PublicFigure, Reuse

Cut = PublicFigure.Cut

# What was fetched by an organisation that had not ordered it, the first time: not in the table of reuses yet. The area
# is that of the whole image; the rate that of an archive order outside any quota on that day.
NEW_REUSES_SQL = """
SELECT fetched.organisation_id, fetched.item_id, fetched.eligibility_class, fetched.at, fetched.area_m2,
       COALESCE(round(GREATEST(fetched.area_m2, rate.minimum_m2) * rate.cents_per_km2 / 1e6), 0)::bigint
FROM (
    SELECT e.organisation_id, i.id AS item_id, c.family, min(e.eligibility_class) AS eligibility_class,
           min(f.fetched_at) AS at, ST_Area(i.footprint::geography)::bigint AS area_m2
    FROM orders_ticketobject f
    JOIN licensing_entitlement e ON e.id = f.entitlement_id
    JOIN catalogue_asset a ON a.id = f.asset_id
    JOIN catalogue_item i ON i.id = a.item_id
    JOIN catalogue_collection c ON c.id = i.collection_id
    WHERE f.fetched_at <= %(at)s
      AND EXISTS (SELECT 1 FROM orders_orderitem_products p WHERE p.item_id = i.id)
      AND NOT EXISTS (
          SELECT 1 FROM orders_orderitem_products p
          JOIN orders_orderitem l ON l.id = p.orderitem_id JOIN orders_order o ON o.id = l.order_id
          WHERE p.item_id = i.id AND o.organisation_id = e.organisation_id)
      AND NOT EXISTS (
          SELECT 1 FROM orders_reuse r WHERE r.item_id = i.id AND r.organisation_id = e.organisation_id)
    GROUP BY e.organisation_id, i.id, c.family) fetched
LEFT JOIN LATERAL (
    SELECT minimum_m2, cents_per_km2 FROM orders_tariff tariff
    WHERE tariff.family = fetched.family AND tariff.kind = 'archive' AND tariff.quota = 'outside'
      AND tariff.eligibility_class IN ('', fetched.eligibility_class) AND tariff.valid @> fetched.at
    ORDER BY tariff.eligibility_class = '' LIMIT 1) rate ON TRUE
"""

FIGURES_SQL = """
WITH done AS (
    SELECT l.id, o.organisation_id, o.family, NULLIF(lower(btrim(p.theme)), '') AS theme, adhesion.eligibility_class,
           done.at AT TIME ZONE 'Europe/Paris' AS at, l.area_m2,
           EXTRACT(EPOCH FROM done.at - o.submitted_at)::float8 / 86400 AS days,
           placed.price_cents * l.billed_area_m2 / NULLIF(whole.billed_m2, 0) AS spent
    FROM orders_orderitem l
    JOIN orders_order o ON o.id = l.order_id
    JOIN licensing_project p ON p.id = o.project_id
    CROSS JOIN LATERAL (
        SELECT max(c.at) AS at FROM core_statechange c
        WHERE c.aggregate = 'orders.orderitem' AND c.object_id = l.id AND c.transition = 'deliver') done
    LEFT JOIN orders_providerorder placed ON placed.id = l.provider_order_id
    LEFT JOIN LATERAL (
        SELECT sum(x.billed_area_m2) AS billed_m2 FROM orders_orderitem x
        WHERE x.provider_order_id = l.provider_order_id) whole ON TRUE
    LEFT JOIN LATERAL (
        SELECT a.eligibility_class FROM licensing_adhesion a WHERE a.organisation_id = o.organisation_id
        ORDER BY a.state = 'approved' DESC, a.id DESC LIMIT 1) adhesion ON TRUE
    WHERE l.state = 'delivered' AND done.at <= %(at)s),
happened AS (
    SELECT organisation_id, family, theme, eligibility_class, at, NULL::bigint AS image, area_m2, spent,
           0::bigint AS avoided, NULL::bigint AS reuse, days
    FROM done
    UNION ALL
    SELECT organisation_id, family, theme, eligibility_class, at, p.item_id, 0, 0, 0, NULL, NULL
    FROM done JOIN orders_orderitem_products p ON p.orderitem_id = done.id
    UNION ALL
    SELECT r.organisation_id, c.family, NULL, r.eligibility_class, r.first_at AT TIME ZONE 'Europe/Paris', NULL, 0, 0,
           r.cents, r.id, NULL
    FROM orders_reuse r JOIN catalogue_item i ON i.id = r.item_id JOIN catalogue_collection c ON c.id = i.collection_id
    WHERE r.first_at <= %(at)s)
SELECT GROUPING(year) = 0, GROUPING(quarter) = 0, GROUPING(family) = 0, GROUPING(eligibility_class) = 0,
       GROUPING(theme) = 0, year, quarter, family, eligibility_class, theme, count(DISTINCT organisation_id),
       count(DISTINCT image), sum(area_m2)::bigint, COALESCE(sum(spent), 0)::bigint, sum(avoided)::bigint, count(reuse),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY days)
FROM (SELECT *, EXTRACT(YEAR FROM at)::int AS year, EXTRACT(QUARTER FROM at)::int AS quarter FROM happened) dated
GROUP BY GROUPING SETS ((), (year), (year, quarter), (family), (eligibility_class), (theme), (year, family),
                        (year, eligibility_class), (year, theme))
"""

REFUSALS_SQL = """
SELECT COALESCE(NULLIF(r.reason_code, ''), 'other'), count(*), count(DISTINCT o.organisation_id)
FROM orders_review r JOIN orders_order o ON o.id = r.order_id
WHERE o.state = 'refused' AND r.state = 'decided' AND r.decided_at <= %(at)s
  AND r.id = (SELECT max(x.id) FROM orders_review x WHERE x.order_id = o.id)
GROUP BY 1
"""


@dataclass(frozen=True)
class Figure:
    """One counted cell, with the number of organisations in it, which is never published."""

    cut: str
    year: int | None
    quarter: int | None
    key: str
    organisations: int
    images: int
    area_m2: int
    spent_cents: int
    avoided_cents: int
    reuses: int
    median_days: float | None
    withheld: bool = False


def new_reuses(*, at: datetime) -> list[Reuse]:
    """Return the reuses that downloads until `at` show and that are not written yet."""
    names = ("organisation_id", "item_id", "eligibility_class", "first_at", "area_m2", "cents")
    with connection.cursor() as cursor:
        cursor.execute(NEW_REUSES_SQL, {"at": at})
        return [Reuse(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def figures(*, at: datetime) -> list[Figure]:
    """Count every cell of every cut until `at`, those withheld marked; three queries."""
    with connection.cursor() as cursor:
        cursor.execute(FIGURES_SQL, {"at": at})
        cells = [cell for row in cursor.fetchall() if (cell := _cell(row))]
        cursor.execute(REFUSALS_SQL, {"at": at})
        refusals = [
            Figure(Cut.REFUSAL, None, None, code, organisations, count, 0, 0, 0, 0, None)
            for code, count, organisations in cursor.fetchall()
        ]
    return [*withhold(cells), *withhold(refusals), *_most_reused(at)]


def withhold(cells: Iterable[Figure]) -> list[Figure]:
    """Mark what may not be published: cells of too few organisations, then what would give them away."""
    fewest = int(settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"])
    known = {(c.cut, c.year, c.quarter, c.key): replace(c, withheld=c.organisations < fewest) for c in cells}
    lines: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for name in known:
        for line in _lines(*name):
            lines[line].append(name)
    changed = True
    while changed:
        changed = False
        for names in lines.values():
            shown = [name for name in names if not known[name].withheld]
            if len(names) - len(shown) == 1 and shown:
                second = min(shown, key=lambda name: (known[name].organisations, known[name].area_m2, name[-1]))
                known[second] = replace(known[second], withheld=True)
                changed = True
    return list(known.values())


def published() -> list[PublicFigure]:
    """Return everything that may be shown; one query."""
    return list(PublicFigure.objects.all())


def reused_images(rows: Sequence[PublicFigure]) -> list[tuple[Item, int]]:
    """Return the images of the cut IMAGE that anybody may see, the most reused first; one query."""
    counts = {int(row.key): row.reuses or 0 for row in rows if row.cut == Cut.IMAGE}
    items = Item.objects.published().select_related("collection").in_bulk(counts)
    return sorted(((items[pk], counts[pk]) for pk in items), key=lambda pair: (-pair[1], pair[0].pk))


def method() -> list[str]:
    """Return how the figures are counted, sentence by sentence."""
    return [
        _("Images and km² are those delivered for orders; a day is that of the delivery, in Paris."),
        _("Euros spent are what the providers asked for what was delivered."),
        _(
            "Euros avoided: the first time an organisation fetches an image that others had ordered, the tariff of "
            "that day for an archive order of the whole image, outside any quota, with its smallest billed area. Each "
            "image counts once for each organisation."
        ),
        _("The delay is the median of the days from the submission of an order to the delivery of each image."),
        _(
            "Figures of fewer than %(number)d organisations are withheld; so is another one, where they would follow "
            "from a sum."
        )
        % {"number": settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"]},
    ]


def as_rows(figures: list[PublicFigure]) -> list[dict[str, Any]]:
    """Return the figures as they are published: km² and euros, None where there is nothing to tell."""
    return [
        {
            "cut": row.cut,
            "year": row.year,
            "quarter": row.quarter,
            "key": row.key,
            "images": row.images,
            "area_km2": _hundredths(row.area_m2, 1_000_000),
            "spent_eur": _hundredths(row.spent_cents, 100),
            "avoided_eur": _hundredths(row.avoided_cents, 100),
            "reuses": row.reuses,
            "median_days": None if row.median_days is None else round(row.median_days, 1),
            "withheld": row.withheld,
        }
        for row in figures
    ]


def _hundredths(value: int | None, unit: int) -> float | None:
    return None if value is None else round(value / unit, 2)


def quarter_of(at: datetime) -> tuple[int, int]:
    """Return the year and the quarter (1 to 4) of a moment, in Paris."""
    local = at.astimezone(PARIS)
    return local.year, (local.month + 2) // 3


def _cell(row: Sequence[Any]) -> Figure | None:
    by_year, by_quarter, by_family, by_class, by_theme, year, quarter, family, eligibility, theme, *numbers = row
    chosen = ((Cut.FAMILY, by_family), (Cut.CLASS, by_class), (Cut.THEME, by_theme))
    which = next((cut for cut, used in chosen if used), "")
    key = {str(Cut.FAMILY): family, str(Cut.CLASS): eligibility, str(Cut.THEME): theme}.get(str(which), "")
    if key is None:
        return None
    cut = which or (Cut.QUARTER if by_quarter else Cut.YEAR if by_year else Cut.TOTAL)
    return Figure(f"year_{which}" if which and by_year else cut, year, quarter, key, *numbers)


def _lines(cut: str, year: int | None, quarter: int | None, key: str) -> list[tuple[Any, ...]]:
    """The sums this cell is a part of: of its cut over all, within its year, along the years."""
    if cut == Cut.TOTAL:
        return []
    if cut == Cut.QUARTER or cut.startswith("year_"):
        within = [(cut, year)]
        return within if cut == Cut.QUARTER else [*within, (cut, "along", key)]
    return [(cut,)]


def _most_reused(at: datetime) -> list[Figure]:
    fewest = int(settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"])
    rows = (
        Reuse.objects.filter(Q(first_at__lte=at))
        .values("item")
        .annotate(bodies=Count("organisation"))
        .filter(bodies__gte=fewest)
        .order_by("-bodies", "item")[: settings.DINAMIS["PUBLIC_IMAGES"]]
    )
    return [
        Figure(Cut.IMAGE, None, None, str(row["item"]), row["bodies"], 0, 0, 0, 0, row["bodies"], None) for row in rows
    ]
