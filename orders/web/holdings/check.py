# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first: what of an area is there already, before anything is ordered; and one click to each part."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.area_text import name_of
from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.links import address
from dinamis.catalogue.models import Collection, Item
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.basket import Basket, files_of
from dinamis.catalogue.selectors.filters import SearchFilters, area_of
from dinamis.catalogue.selectors.viewer import viewer_of, with_state
from dinamis.catalogue.services.areas import area_in_address, keep_area
from dinamis.catalogue.web.forms import AreaFileForm
from dinamis.catalogue.words import level_words
from dinamis.core import clock
from dinamis.core.areas import Area, check_size, read_area, read_area_file
from dinamis.core.exceptions import Invalid, NotEntitled
from dinamis.core.geo import to_geojson, to_shapely
from dinamis.core.http import whole_numbers
from dinamis.core.refusals import tell
from orders.domain.file_lists import FORMATS
from orders.domain.residual import Step, StepKind
from orders.enums import OrderKind
from orders.selectors.holdings.held import Held, held_first
from orders.selectors.holdings.left import Offer, mode_of, offers
from orders.services.downloads.coverage_files import issue_links
from orders.web.holdings import check_words

LEVELS = ("L1", "L2", "L3")
# The address of a page stands in that of the next one, to come back: it has to be short.
LONGEST_BACK = 400


@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Answer for the area of the address; without one, ask for it."""
    return _page(request, request.GET, AreaFileForm())


def _page(request: HttpRequest, query: QueryDict, area_form: AreaFileForm, status: int = 200) -> HttpResponse:
    form = SearchForm(query, user=request.user, collections=[])
    area = _area(form)
    context: dict[str, Any] = {
        "form": form,
        "area_form": area_form,
        "query": query.urlencode(),
        "suggested": [(place, _with(query, where=place.label)) for place in form.suggested[:8] if form.found is None],
        "sensors": _choices(query, "sensor", _families()),
        "stereos": _choices(query, "stereo", getattr(form.fields["stereo"], "choices", ())),
        "levels": _choices(query, "level", [(level, level_words(level)) for level in LEVELS]),
    }
    if area is not None:
        context |= _answer(request, form, area, query)
    return render(request, "orders/holdings/check.html", context, status=status)


def _answer(request: HttpRequest, form: SearchForm, area: BaseGeometry, query: QueryDict) -> dict[str, Any]:
    held = held_first(area, request.user, form.filters)
    here = address_of(area, query)
    return {
        "aoi": to_geojson(area),
        "shapes": check_words.shapes(held),
        "bounds": ",".join(f"{value:.5f}" for value in area.bounds),
        "here": here,
        **check_words.answer_context(held, offers(held, request.user), here=here),
    }


def address_of(area: BaseGeometry, query: QueryDict | None = None, **values: str) -> str:
    """Return the address of the check of an area, short enough to be carried along."""
    kept = query.copy() if query is not None else QueryDict(mutable=True)
    for name, value in values.items():
        kept[name] = value
    if query is None or len(kept.urlencode()) > LONGEST_BACK:
        kept.pop("where", None)
        kept["aoi"] = name_of(keep_area(area))
    return f"{reverse('orders:check')}?{kept.urlencode()}"


def _area(form: SearchForm) -> BaseGeometry | None:
    """The area to answer for, when nothing of the form is wrong."""
    filters = form.filters
    if form.errors:
        return None
    asked = area_of(filters)
    if asked is None:
        return None
    if asked.dims < 2:
        form.add_error("where", _("A point has no surface. Name a place with an outline, or draw an area."))
        return None
    return to_shapely(asked)


def _families() -> list[tuple[str, str]]:
    present = set(Collection.objects.values_list("family", flat=True))
    return [(value, str(label)) for value, label in ProductFamily.choices if value in present]


def _choices(query: QueryDict, name: str, choices: Any) -> list[dict[str, Any]]:
    chosen = set(query.getlist(name))
    return [{"value": value, "label": label, "checked": str(value) in chosen} for value, label in choices]


def _with(query: QueryDict, **values: str) -> str:
    kept = query.copy()
    for name, value in values.items():
        kept[name] = value
    return f"?{kept.urlencode()}"


@require_POST
def area(request: HttpRequest) -> HttpResponse:
    """Read the area of a file into the address of the check; a refused one is explained on the same page."""
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    form = AreaFileForm(request.POST, request.FILES)
    try:
        found = _read(form) if form.is_valid() else None
    except Invalid as error:
        form.add_error("area_file", f"{error} {error.repair}")
        form.axes_in_doubt = error.code == "axes_swapped"
        found = None
    if found is None:
        return _page(request, query, form, status=422)
    if found.repaired:
        messages.info(request, check_words.step_words(Step(StepKind.REPAIRED, 1)))
    if found.simplified:
        messages.info(request, str(found.simplified))
    for name in ("where", "place", "bbox"):
        query.pop(name, None)
    query["aoi"] = area_in_address(found.geometry)
    return HttpResponseRedirect(f"{reverse('orders:check')}?{query.urlencode()}")


def _read(form: AreaFileForm) -> Area:
    sent = form.cleaned_data["area_file"]
    if sent is None:
        return read_area(form.cleaned_data["aoi"])
    check_size(sent.size)
    return read_area_file(sent.read(), axes_checked=form.cleaned_data["axes_checked"], repair=True)


@login_required
@require_POST
def files(request: HttpRequest) -> HttpResponse:
    """Answer with links to the files of the images named by `scene`: on a page, or as a list that programs fetch."""
    at = clock.now()
    named = Item.objects.filter(pk__in=whole_numbers(request.POST.getlist("scene")))
    images = with_state(named, viewer_of(request.user, at=at)).select_related("collection__licence").order_by("pk")
    back = _safe_back(request)
    try:
        links = issue_links(person=request.user, files=files_of(Basket(tuple(images), 0)), project=None, at=at)
    except (NotEntitled, Invalid) as error:
        tell(request, error)
        return redirect(back)
    asked = FORMATS.get(request.POST.get("format", ""))
    if asked is None:
        response = render(request, "orders/holdings/check_files.html", {"links": links, "back": back})
    else:
        response = HttpResponse(asked.write(links), content_type=asked.media_type)
        response["Content-Disposition"] = f'attachment; filename="dinamis-{clock.today():%Y-%m-%d}.{asked.ending}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _safe_back(request: HttpRequest) -> str:
    """The check that was looked at: its own query on our own page, whatever was sent."""
    return f"{reverse('orders:check')}?{QueryDict(request.POST.get('query', '')).urlencode()}"


@login_required
@require_POST
def residual(request: HttpRequest) -> HttpResponse:
    """Turn to the page on which the residual is ordered: `kind` and `family` name one of the ways that are offered."""
    query = QueryDict(request.POST.get("query", ""))
    form = SearchForm(query, user=request.user, collections=[])
    asked = _area(form)
    if asked is None:
        raise Http404
    held = held_first(asked, request.user, form.filters)
    wanted = request.POST.get("kind", ""), request.POST.get("family", "")
    offer = next((one for one in offers(held, request.user) if (one.kind, one.family) == wanted), None)
    target = _order_address(held, offer) if offer else ""
    if not target:
        messages.error(request, _("Nothing of this area is left to order in this way."))
        return redirect(f"{reverse('orders:check')}?{query.urlencode()}")
    return redirect(target)


def _order_address(held: Held, offer: Offer) -> str:
    if offer.kind == OrderKind.ARCHIVE:
        # The area as it was asked for: what is held of it is left out there, on the day it is ordered.
        asked = {"family": offer.family, "aoi": name_of(keep_area(held.area)), **_criteria(held.wanted)}
        return f"{reverse('orders:new_archive')}?{urlencode(asked)}" if offer.scenes else ""
    outlines = MultiPolygon(list(offer.prepared.outlines))
    page = address("orders:new_acquisition")
    named = [("family", offer.family), ("aoi", name_of(keep_area(outlines)))]
    return f"{page}?{urlencode(named)}" if page else ""


def _criteria(wanted: SearchFilters) -> dict[str, Any]:
    """What was compared with, as far as the page of an archive order asks it too."""
    names = ("since", "until", "cloud", "incidence")
    asked = {name: getattr(wanted, name) for name in names if getattr(wanted, name) is not None}
    return asked | {"mode": mode_of(wanted)}
