# SPDX-License-Identifier: AGPL-3.0-or-later
"""The files of a coverage: those a person may download over a place, an area or named cells, and lists of links."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from dinamis.catalogue.models import Coverage
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.coverage_files import Choice, choice
from dinamis.catalogue.selectors.coverages import bounds_of, find_coverage
from dinamis.catalogue.selectors.filters import area_of
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotEntitled
from dinamis.core.geo import to_geojson, to_shapely
from licensing.models import Project
from orders.domain.file_lists import FORMATS
from orders.services.downloads.coverage_files import issue_links
from orders.web.support import missing_lines


@require_http_methods(["GET", "POST"])
def files(request: HttpRequest, collection: str, year: int) -> HttpResponse:
    """List the files chosen by the address (where, place, aoi, cell, project); POST answers with links to them."""
    coverage = find_coverage(collection, year)
    if coverage is None:
        raise Http404
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    form = SearchForm(request.GET, user=request.user, collections=[])
    filters = form.filters
    viewer = viewer_of(request.user, project=filters.project)
    area = area_of(filters)
    unclear = bool(form.errors or (form.suggested and form.found is None))
    found = Choice((), (), 0, 0, 0) if unclear else choice(coverage, viewer, area=area, codes=_codes(request.GET))
    context = _context(request, coverage, form, found) | {
        "area_json": to_geojson(to_shapely(area)) if area is not None and area.dims == 2 else None,
    }
    if request.method == "POST":
        return _given(request, coverage, found, context)
    return render(request, "orders/downloads/coverage_files.html", context)


def _codes(query: QueryDict) -> list[str]:
    """The cells named: several values, or several codes in one, divided by spaces or commas."""
    return [code for value in query.getlist("cell") for code in value.replace(",", " ").split()]


def _context(request: HttpRequest, coverage: Coverage, form: SearchForm, found: Choice) -> dict[str, Any]:
    person = request.user
    return {
        "coverage": coverage,
        "form": form,
        "found": found,
        "codes": " ".join(_codes(request.GET)),
        "projects": Project.objects.visible_to(person) if person.is_authenticated else (),
        "project": form.filters.project,
        "bounds": bounds_of(coverage.pk),
        "suggested": form.suggested[:8] if form.found is None else [],
    }


def _given(request: HttpRequest, coverage: Coverage, found: Choice, context: dict[str, Any]) -> HttpResponse:
    """Answer with the list in the form asked, or on the page; the links are made now and are this person's alone."""
    try:
        links = issue_links(person=request.user, files=found.files, project=context["project"], at=clock.now())
    except NotEntitled as error:
        context["missing"] = missing_lines(error.extra["missing"], request.get_full_path())
        return render(request, "orders/downloads/coverage_files.html", context, status=error.status)
    except Invalid as error:
        context["refused"] = f"{error} {error.repair}".strip()
        return render(request, "orders/downloads/coverage_files.html", context, status=422)
    asked = FORMATS.get(request.POST.get("format", ""))
    if asked is None:
        response = render(request, "orders/downloads/coverage_files.html", context | {"links": links})
    else:
        response = HttpResponse(asked.write(links), content_type=asked.media_type)
        name = f"{coverage.collection.slug}-{coverage.year}.{asked.ending}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
