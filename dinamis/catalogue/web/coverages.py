# SPDX-License-Identifier: AGPL-3.0-or-later
"""Yearly coverages: the list, and the cells of one."""

from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from dinamis.catalogue.enums import CellStatus, ItemState
from dinamis.catalogue.links import address
from dinamis.catalogue.models import CoverageCell
from dinamis.catalogue.selectors import coverages as selectors
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.web.search import with_value

# What the map of the cells is coloured by.
COLOURED = {"status": _("Progress"), "age": _("Date of the images"), "state": _("What I can do with it")}
DELIVERED = {"held": _("delivered"), "none": _("not yet")}


@require_GET
def coverages(request: HttpRequest) -> HttpResponse:
    """List the coverages by collection, with how far each is."""
    rows = selectors.coverages()
    grouped = [(group, list(members)) for group, members in groupby(rows, key=lambda row: row[0].collection)]
    return render(request, "catalogue/coverages.html", {"collections": grouped, "delivered_words": DELIVERED})


@require_GET
def coverage(request: HttpRequest, collection: str, year: int) -> HttpResponse:
    """Show one coverage: its progress, its map, its cells."""
    found = selectors.find_coverage(collection, year)
    if found is None:
        raise Http404
    viewer = viewer_of(request.user)
    status = request.GET.get("status", "") if request.GET.get("status") in CellStatus.values else ""
    state = request.GET.get("state", "") if request.GET.get("state") in ItemState.values else ""
    progress = selectors.progress_of(found.pk).get(found.pk, selectors.Progress())
    cells = selectors.cells(found, viewer, status=status, state=state)
    coloured = request.GET.get("map", "") if request.GET.get("map") in COLOURED else "status"
    context = {
        "coverage": found,
        "progress": progress,
        "ages": selectors.ages_of(found.pk),
        "coloured": coloured,
        "maps": [
            {"label": label, "url": f"?{with_value(request.GET, 'map', name)}#cells-map", "current": name == coloured}
            for name, label in COLOURED.items()
        ],
        "state_legend": coloured == "state",
        "compare_url": address("catalogue:compare", collection, right=year),
        "files_url": address("orders:coverage_files", collection, year),
        "rows": [_row(cell, found.collection.licence_id) for cell in cells],
        "status": status,
        "state": state,
        "statuses": CellStatus.choices,
        "states": ItemState.choices,
        "years": selectors.years_of(found.collection_id),
        "bounds": selectors.bounds_of(found.pk),
    }
    return render(request, "catalogue/coverage.html", context)


def _row(cell: CoverageCell, licence_id: int) -> dict[str, Any]:
    """Return what the table prints of a cell: a POST for one file, a link for everything else."""
    image = cell.item if cell.status == CellStatus.DELIVERED else None
    files = getattr(image, "data_files", [])
    download = address("orders:download", image.pk, files[0].key) if image and len(files) == 1 else ""
    return {
        "cell": cell,
        "image": image,
        "file": files[0] if len(files) == 1 else None,
        "item_url": address("catalogue:item", image.pk) if image else "",
        "download_url": download if cell.state == ItemState.HELD else "",
        "sign_url": address("licensing:sign", licence_id) if cell.state == ItemState.UNLOCK else "",
    }
