# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas too long for an address are kept, once each, and forgotten when nobody has asked for them in a long time and no
saved search is about them."""

from datetime import datetime, timedelta

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Exists, OuterRef, QuerySet
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.area_text import name_of, short_wkt, token_of
from dinamis.catalogue.models import SavedSearch, SearchArea
from dinamis.core import clock
from dinamis.core.geo import to_multipolygon
from dinamis.core.retention import delete, months_before, sweep

# A day of use is written down no oftener: reading stays reading.
USE_NOTED_DAYS = 7


def area_in_address(geometry: BaseGeometry) -> str:
    """Return what the address of a search holds for an area: WKT, or the name of the row it is kept in."""
    return short_wkt(geometry) or name_of(keep_area(geometry))


def keep_area(geometry: BaseGeometry) -> str:
    """Keep an area and return its token; the same one again is the same row, whoever sends it."""
    token = token_of(geometry)
    row = SearchArea(token=token, geometry=to_multipolygon(geometry))
    SearchArea.objects.bulk_create([row], ignore_conflicts=True)
    return token


def kept_area(token: str) -> GEOSGeometry | None:
    """Return the Polygon or MultiPolygon kept under a token, None when there is none; its use is noted now and then."""
    row = SearchArea.objects.filter(token=token).first()
    if row is None:
        return None
    today = clock.today()
    if row.used_on <= today - timedelta(days=USE_NOTED_DAYS):
        SearchArea.objects.filter(pk=row.pk, used_on__lt=today).update(used_on=today)
    return row.geometry if len(row.geometry) > 1 else row.geometry[0]


def _unused(now: datetime) -> "QuerySet[SearchArea]":
    saved = SavedSearch.objects.filter(query__contains=OuterRef("token"))
    return SearchArea.objects.filter(~Exists(saved), used_on__lt=months_before(now, "SEARCH_AREA_MONTHS").date())


sweep("areas of searches", due=_unused, apply=delete)
