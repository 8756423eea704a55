# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where images are wanted: requests, saved searches, what was asked in vain, counted over the cells of the nation."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.http import QueryDict

from dinamis.accounts.enums import MembershipState
from dinamis.accounts.models import Membership
from dinamis.catalogue.models import SavedSearch
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.facets import choices
from dinamis.catalogue.selectors.filters import area_of

# An image that came answers the need of the cells whose point it shows; what of an area it does not show stays unmet.
# A search that names no sensor wants any product: it counts for the whole of a cell, and for no family.
COUNT = """
INSERT INTO orders_need (cell_id, family, organisations, requests, searches, unmet, newest_at, counted_at)
SELECT cell, family, organisations,
       CASE WHEN requests >= %(fewest)s THEN requests END,
       CASE WHEN searches >= %(fewest)s THEN searches END,
       CASE WHEN unmet >= %(fewest)s THEN unmet END,
       (SELECT max(taken_at) FROM catalogue_newestimage newest
        JOIN catalogue_collection collection ON collection.id = newest.collection_id
        WHERE newest.cell_id = cell AND counted.family IN ('', collection.family)), %(at)s
FROM (
SELECT cell.id AS cell, CASE WHEN GROUPING(asked.family) = 1 THEN '' ELSE asked.family END AS family,
       count(DISTINCT organisation) AS organisations,
       count(DISTINCT organisation) FILTER (WHERE way = 'request') AS requests,
       count(DISTINCT organisation) FILTER (WHERE way = 'search') AS searches,
       count(DISTINCT organisation) FILTER (WHERE way = 'unmet') AS unmet
FROM catalogue_landcell cell JOIN (
    SELECT o.organisation_id AS organisation, l.aoi AS area, l.id AS line, o.family,
           CASE WHEN l.state = ANY(%(open)s) THEN 'request' ELSE 'unmet' END AS way
    FROM orders_orderitem l JOIN orders_order o ON o.id = l.order_id
    WHERE o.submitted_at > %(since)s AND (
        (l.state = ANY(%(open)s) AND o.state NOT IN ('draft', 'cancelled', 'refused'))
        OR l.state IN ('expired', 'failed', 'cancelled', 'delivered') AND l.provider_order_id IS NOT NULL)
    UNION ALL
    SELECT organisation, area::geometry, NULL, family, 'search'
    FROM unnest(%(owners)s::bigint[], %(areas)s::text[], %(families)s::text[]) AS saved (organisation, area, family)
) asked ON ST_Intersects(asked.area, cell.inside)
WHERE asked.way <> 'unmet' OR NOT EXISTS (
    SELECT FROM orders_orderitem_products p JOIN catalogue_item i ON i.id = p.item_id
    WHERE p.orderitem_id = asked.line AND ST_Intersects(i.footprint, cell.inside))
GROUP BY GROUPING SETS ((cell.id), (cell.id, asked.family))
HAVING count(DISTINCT organisation) >= %(fewest)s AND (GROUPING(asked.family) = 1 OR asked.family <> '')
) counted
"""
OPEN = ["pending", "approved", "placed", "in_progress", "proposed", "producing"]


@transaction.atomic
def count_needs(*, at: datetime) -> int:
    """Count the needs of every cell anew; readers see the former count until the end. Returns the rows."""
    since = at - timedelta(days=settings.DINAMIS["NEED_DAYS"])
    owners, areas, families = _searches()
    with connection.cursor() as cursor:
        # Two workers at once would each add their own.
        cursor.execute("LOCK TABLE orders_need IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM orders_need")
        cursor.execute(
            COUNT,
            {
                "at": at,
                "since": since,
                "open": OPEN,
                "owners": owners,
                "areas": areas,
                "families": families,
                "fewest": settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"],
            },
        )
        return int(cursor.rowcount)


def _searches() -> tuple[list[int], list[str], list[str]]:
    """The organisations of those who keep a search with an area, the areas as hexadecimal EWKB, the families asked."""
    wanted = list(_wanted())
    return [one for one, _, _ in wanted], [area for _, area, _ in wanted], [family for _, _, family in wanted]


def _wanted() -> Iterator[tuple[int, str, str]]:
    members = Membership.objects.filter(state=MembershipState.ACTIVE).values_list("user_id", "organisation_id")
    of_person: dict[int, list[int]] = {}
    for person, organisation in members:
        of_person.setdefault(person, []).append(organisation)
    known = choices()
    for search in SavedSearch.objects.filter(owner__in=of_person).select_related("owner").iterator():
        form = SearchForm(QueryDict(search.query), user=search.owner, collections=known)
        filters = form.filters if form.is_valid() else None
        area = area_of(filters) if filters else None
        if filters is None or area is None:
            continue
        for organisation in of_person[search.owner_id]:
            for family in filters.sensors or ("",):
                yield organisation, area.hexewkb.decode(), family
