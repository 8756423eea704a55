# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map of what is wanted and not held: a page that works without its map, its tiles, the same as CSV."""

import csv

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dinamis.catalogue.web.tiles import OWN, answer, of_tile
from dinamis.core import clock
from orders.selectors import needs

COLUMNS = ("cell", "longitude", "latitude", "departement", "organisations", "requests", "searches", "unmet", "newest")


@login_required
@require_safe
def index(request):
    """The map, its legend, and a line for each département; `?held=any` shows also what is held."""
    gap = _gap(request)
    context = {
        "gap": gap,
        "lines": needs.by_departement(gap=gap, at=clock.now()),
        "classes": needs.classes(),
        "fewest": settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"],
        "gap_days": settings.DINAMIS["GAP_DAYS"],
        "counted_at": needs.counted_at(),
        "query": "" if gap else "held=any",
        "tiles": f"/tiles/needs/{{z}}/{{x}}/{{y}}.mvt{'' if gap else '?held=any'}",
    }
    return render(request, "orders/needs.html", context)


@login_required
@require_safe
@of_tile
def tile(request, tile):
    """A tile of the map."""
    return answer(request, needs.need_tile(tile, gap=_gap(request), at=clock.now()), OWN)


@login_required
@require_safe
def as_csv(request):
    """Every cell that is shown, one a line."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="dinamis-needs.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for need in needs.every_cell(gap=_gap(request), at=clock.now()):
        cell, newest = need.cell, need.newest_at.date().isoformat() if need.newest_at else ""
        place = (cell.code, f"{cell.inside.x:.4f}", f"{cell.inside.y:.4f}", cell.departement)
        writer.writerow([*place, need.organisations, need.requests, need.searches, need.unmet, newest])
    return response


def _gap(request):
    return request.GET.get("held") != "any"
