# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two years of a coverage compared: two lists, and a map that a slider divides."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dinamis.catalogue.links import address
from dinamis.catalogue.models import Collection, Coverage
from dinamis.catalogue.selectors.comparison import Pair, Side, pairs
from dinamis.catalogue.selectors.coverages import bounds_of, find_coverage, years_of
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core.http import whole_number


@require_GET
def compare(request: HttpRequest, collection: str) -> HttpResponse:
    """Show two years of a coverage, the last two unless others are asked; one cell when it is named."""
    found = Collection.objects.filter(slug=collection).first()
    years = years_of(found.pk) if found else []
    if not years:
        raise Http404
    left, right = (_coverage(collection, year) for year in _asked(request, years))
    rows = pairs(left, right, viewer_of(request.user))
    chosen = next((pair for pair in rows if pair.code == request.GET.get("cell")), None)
    shown = [chosen] if chosen else rows
    bounds = ",".join(f"{value:.4f}" for value in chosen.bounds) if chosen else bounds_of(right.pk)
    context = {
        "collection": found,
        "years": years,
        "left": left,
        "right": right,
        "codes": [pair.code for pair in rows],
        "chosen": chosen,
        "both_years": [
            {"year": left.year, "rows": [_side(pair.code, pair.left) for pair in shown]},
            {"year": right.year, "rows": [_side(pair.code, pair.right) for pair in shown]},
        ],
        "pictures": {"left": _pictures(rows, "left"), "right": _pictures(rows, "right")},
        "bounds": bounds,
    }
    return render(request, "catalogue/compare.html", context)


def _asked(request: HttpRequest, years: list[int]) -> tuple[int, int]:
    """The two years of the address; the last one and the one before it where there is none of ours."""
    named = [whole_number(request.GET.get(side)) for side in ("left", "right")]
    right = next((year for year in years if year == named[1]), years[0])
    earlier = [year for year in years if year < right] or years
    return next((year for year in years if year == named[0]), earlier[0]), right


def _coverage(collection: str, year: int) -> Coverage:
    found = find_coverage(collection, year)
    if found is None:
        raise Http404
    return found


def _side(code: str, side: Side | None) -> dict[str, Any]:
    if side is None:
        return {"code": code, "cell": None, "picture": "", "url": ""}
    item = side.cell.item_id if side.pictured else None
    return {
        "code": code,
        "cell": side.cell,
        "picture": address("catalogue:quicklook", item) if item else "",
        "url": address("catalogue:item", item) if item else "",
    }


def _pictures(rows: list[Pair], name: str) -> list[dict[str, Any]]:
    """The pictures of one year for the map: address and bounds; they are fetched when one looks closer."""
    found: list[tuple[Pair, Side | None]] = [(pair, getattr(pair, name)) for pair in rows]
    return [
        {"url": address("catalogue:quicklook", side.cell.item_id), "bounds": [round(v, 5) for v in pair.bounds]}
        for pair, side in found
        if side is not None and side.pictured
    ]
