# SPDX-License-Identifier: AGPL-3.0-or-later
"""The basket: images put aside, what may be done with them, and lists of them to take along."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from shapely import union_all

from dinamis.catalogue.links import address
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.basket import basket_of, files_of
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.services.basket import empty, put_in, take_out
from dinamis.catalogue.web import presenters
from dinamis.catalogue.web.signed_in import SignedIn
from dinamis.catalogue.words import credit_line, image_title
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotVisible
from dinamis.core.geo import area_m2, to_geojson, to_shapely
from dinamis.core.http import whole_numbers
from dinamis.core.refusals import tell
from dinamis.core.spreadsheet import download

COLUMNS = ("id", "collection", "datetime", "platform", "state", "cloud_cover", "gsd", "area_km2", "url", "credit")


@login_required
@never_cache
@require_GET
def index(request: SignedIn) -> HttpResponse:
    """Show the images put aside, by what this person may do with them."""
    basket = basket_of(request.user, viewer_of(request.user))
    shapes = [to_shapely(image.footprint) for image in basket.images]
    files = files_of(basket)
    context = {
        "basket": basket,
        "rows": [_row(image) for image in basket.images],
        "sentence": presenters.basket_sentence(basket),
        "ground_m2": area_m2(union_all(shapes)) if shapes else 0,
        "files": files,
        "size": sum(file.asset.size for file in files),
        "files_url": address("orders:basket_files"),
        "to_sign": presenters.licences_to_sign(basket),
        "orders": presenters.orders_to_write(basket),
        "ids": "\n".join(image.stac_id for image in basket.images if image.shown),
    }
    return render(request, "catalogue/basket.html", context)


def _row(image: Item) -> dict[str, Any]:
    return presenters.scene_row(image) | {"area_m2": area_m2(to_shapely(image.footprint))}


@login_required
@require_POST
def change(request: SignedIn) -> HttpResponse:
    """Put images in (`add`), take them out (`remove`), or `empty` the basket; a script is answered in JSON."""
    try:
        said = _done(request)
    except NotVisible as error:
        raise Http404 from error
    except Invalid as error:
        if _by_script(request):
            return JsonResponse({"detail": f"{error} {error.repair}"}, status=error.status)
        tell(request, error)
        return redirect(_back(request))
    if _by_script(request):
        return JsonResponse({"detail": said, "number": request.user.basket.count()})
    messages.success(request, said)
    return redirect(_back(request))


def _done(request: SignedIn) -> str:
    if added := _named(request, "add"):
        put_in(owner=request.user, items=added)
        return _("Put into the basket.")
    if removed := _named(request, "remove"):
        take_out(owner=request.user, items=removed)
        return _("Taken out of the basket.")
    if "empty" in request.POST:
        empty(owner=request.user)
        return _("The basket is empty.")
    raise Invalid(_("No image was named."), pointer="add", repair=_("Use the buttons of the page."))


def _named(request: HttpRequest, field: str) -> set[int]:
    values = request.POST.getlist(field)
    named = whole_numbers(values)
    if len(named) < len(values):
        raise NotVisible(_("This image is not in the catalogue."))
    return set(named)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else address("catalogue:basket")


@login_required
@never_cache
@require_GET
def table(request: SignedIn) -> HttpResponseBase:
    """Hand the list over as CSV (RFC 4180) for spreadsheets; a withheld image gives its date and area only."""
    facts = map(_facts, basket_of(request.user, viewer_of(request.user)).images)
    rows = ([fact.get(name) for name in COLUMNS] for fact in facts)
    return download(f"dinamis-{clock.today():%Y-%m-%d}.csv", COLUMNS, rows)


@login_required
@never_cache
@require_GET
def outlines(request: SignedIn) -> HttpResponse:
    """Hand the list over as GeoJSON (RFC 7946), footprints with the columns of the table."""
    features = [
        {"type": "Feature", "geometry": to_geojson(to_shapely(image.footprint)), "properties": _facts(image)}
        for image in basket_of(request.user, viewer_of(request.user)).images
    ]
    document = {"type": "FeatureCollection", "features": features}
    response = HttpResponse(json.dumps(document, ensure_ascii=False), content_type="application/geo+json")
    response["Content-Disposition"] = f'attachment; filename="dinamis-{clock.today():%Y-%m-%d}.geojson"'
    return response


def _facts(image: Item) -> dict[str, Any]:
    facts = {
        "datetime": image.datetime.isoformat(),
        "state": image.state,
        "area_km2": round(area_m2(to_shapely(image.footprint)) / 1e6, 2),
        "url": f"{settings.SITE_URL}{address('catalogue:item', image.pk)}",
    }
    if image.shown:
        facts |= {
            "id": image.stac_id,
            "title": image_title(image),
            "collection": image.collection.slug,
            "platform": image.platform,
            "cloud_cover": image.cloud_cover,
            "gsd": image.gsd,
            "credit": credit_line(image),
        }
    return facts
