# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue page: filters, list, map; and the ways to name an area without drawing it."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.links import address
from dinamis.catalogue.search_form import NO_CLOUDS, SearchForm
from dinamis.catalogue.selectors.basket import put_aside
from dinamis.catalogue.selectors.facets import answer, choices, facets
from dinamis.catalogue.selectors.filters import area_of
from dinamis.catalogue.selectors.places import Place, suggest_places
from dinamis.catalogue.selectors.search import page
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.services.areas import area_in_address
from dinamis.catalogue.web import presenters
from dinamis.catalogue.web.forms import AreaFileForm
from dinamis.core.areas import Area, check_size, read_area, read_area_file
from dinamis.core.exceptions import Invalid
from dinamis.core.geo import area_m2, to_geojson, to_shapely
from dinamis.core.problem import problem, wants_problem
from dinamis.core.templatetags.ui import km2

# What the tiles need not know: it changes neither which images there are nor their state.
PAGING = ("order", "after", "before", "view")
# The filters behind a fold, which opens when one of them is used.
FOLDED = ("level", "stereo", "licence", "collection", "q")


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Show the images that answer the filters of the address."""
    return render_search(request, request.GET, AreaFileForm())


def render_search(request: HttpRequest, query: QueryDict, area_form: AreaFileForm, status: int = 200) -> HttpResponse:
    """Render the page for `query`: the address's own, or what a refused upload carried."""
    form = SearchForm(query, user=request.user, collections=choices())
    filters = form.filters
    viewer = viewer_of(request.user, project=filters.project)
    area = area_of(filters)
    drawn = to_shapely(area) if area is not None and area.dims == 2 else None
    counts = facets(filters, viewer, area)
    found = answer(filters, viewer, area, counts)
    listing = page(filters, viewer, area)
    aside = put_aside(request.user)
    form.offer()
    # A value that is explained counts for the list as if it were not there: for the map too.
    kept = without(query, *PAGING, *form.errors)
    context = {
        "form": form,
        "filters": filters,
        "area_form": area_form,
        "query": query.urlencode(),
        "found": found,
        "sentence": presenters.sentence(found, signed_in=request.user.is_authenticated),
        "detail": presenters.detail(found),
        "rows": [presenters.scene_row(item) | {"in_basket": item.pk in aside} for item in listing.items],
        "basket_number": len(aside),
        "here": f"{reverse('catalogue:search')}?{query.urlencode()}",
        "next_page": f"?{with_value(query, 'after', listing.after)}" if listing.after else "",
        "previous_page": f"?{with_value(query, 'before', listing.before)}" if listing.before else "",
        **presenters.facet_choices(form, counts),
        "more_open": any(query.get(name) for name in FOLDED),
        "no_clouds": NO_CLOUDS,
        "years": filters.years,
        "bars": presenters.year_bars(form, counts.years),
        "suggested": _suggested(form, query),
        "area_m2": area_m2(drawn) if drawn is not None else None,
        "area_json": to_geojson(drawn) if drawn is not None else None,
        "bounds": ",".join(f"{value:.5f}" for value in framed(area.extent)) if area is not None else "",
        "check_url": address("orders:check"),
        "tiles": f"/tiles/items/{{z}}/{{x}}/{{y}}.mvt?{kept.urlencode()}",
        "unlock_url": address("licensing:rights") if found.by_state.get("unlock") else "",
    }
    return render(request, "catalogue/search.html", context, status=status)


def _suggested(form: SearchForm, query: QueryDict) -> list[tuple[Place, str]]:
    """The places that what was typed may mean, each with the address that means it."""
    if form.found is not None:
        return []
    return [(place, f"?{with_value(query, 'where', place.label)}") for place in form.suggested[:8]]


def framed(extent: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return west, south, east, north with a margin that a point needs to be looked at."""
    west, south, east, north = extent
    margin = 0.05 if west == east else 0
    return west - margin, south - margin, east + margin, north + margin


def without(query: QueryDict, *names: str) -> QueryDict:
    """Return a copy of an address's query without some names."""
    kept = query.copy()
    for name in names:
        kept.pop(name, None)
    return kept


def with_value(query: QueryDict, name: str, value: str) -> str:
    """Return the query with one value set, on the first page unless it is the page that is set."""
    kept = without(query, "after", "before", name)
    kept[name] = value
    return kept.urlencode()


@require_POST
def upload_area(request: HttpRequest) -> HttpResponse:
    """Read the area of a file, or one drawn that is too long for an address, into the address of the search.

    A refused one is explained on the same page. A script that asks for JSON gets what the address is to hold.
    """
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    form = AreaFileForm(request.POST, request.FILES)
    by_script = wants_problem(request)
    try:
        area = _read(form) if form.is_valid() else None
    except Invalid as error:
        if by_script:
            return problem(error.status, error.code, f"{error} {error.repair}", pointer=error.pointer)
        form.add_error("area_file", f"{error} {error.repair}")
        form.axes_in_doubt = error.code == "axes_swapped"
        area = None
    if area is None:
        return render_search(request, query, form, status=422)
    text = area_in_address(area.geometry)
    if by_script:
        return JsonResponse({"aoi": text})
    messages.success(request, _read_words(area, form.cleaned_data["area_file"]))
    kept = with_value(without(query, "where", "place", "view"), "aoi", text)
    return HttpResponseRedirect(f"{reverse('catalogue:search')}?{kept}")


def _read_words(area: Area, sent: "UploadedFile[bytes] | None") -> str:
    """What was read, and what was lost of it."""
    names = {"km2": km2(area_m2(area.geometry)), "name": sent.name if sent else ""}
    said = _("Area of %(km2)s read from “%(name)s”.") % names if sent else _("Area of %(km2)s read.") % names
    return f"{said} {area.simplified}" if area.simplified else said


def _read(form: AreaFileForm) -> Area:
    """The area of the file, else the one that was drawn."""
    sent = form.cleaned_data["area_file"]
    if sent is None:
        return read_area(form.cleaned_data["aoi"])
    check_size(sent.size)
    return read_area_file(sent.read(), axes_checked=form.cleaned_data["axes_checked"])


@require_GET
def places(request: HttpRequest) -> JsonResponse:
    """Suggest places for what is typed: [{label, kind, kind_name, name, code}], kind_name in the reader's language."""
    found = suggest_places(request.GET.get("q", ""))
    rows = [
        {
            "label": place.label,
            "kind": place.kind,
            "kind_name": str(AdminKind(place.kind).label),
            "name": place.name,
            "code": place.code,
        }
        for place in found
    ]
    return JsonResponse(
        {"places": rows}, headers={"Cache-Control": "public, max-age=3600", "Vary": "Cookie, Accept-Language"}
    )
