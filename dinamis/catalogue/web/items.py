# SPDX-License-Identifier: AGPL-3.0-or-later
"""One image: its page, its picture, its STAC document."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_safe

from dinamis.catalogue.links import address
from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.basket import put_aside
from dinamis.catalogue.selectors.preview import drawable
from dinamis.catalogue.selectors.reservation import reserved_until
from dinamis.catalogue.selectors.stac import item_document
from dinamis.catalogue.selectors.versions import Standing, standing, versions_of
from dinamis.catalogue.selectors.viewer import Viewer, delivered_twin, viewer_of, visible_item
from dinamis.catalogue.web import presenters
from dinamis.catalogue.web.description import in_words
from dinamis.catalogue.words import credit_line, image_title
from dinamis.core import clock
from dinamis.core.geo import area_m2, to_geojson, to_shapely
from licensing.enums import Action
from licensing.selectors.decision import Deny, decide

QUICKLOOK_SECONDS = 24 * 3600


@require_GET
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one image: where, what, whether it can be had, and how to use it."""
    viewer = viewer_of(request.user)
    image = _image(pk, viewer)
    right = decide(request.user, Action.DOWNLOAD, image.facts, project=None, at=viewer.at)
    # Whoever may not read more than the date of a withheld image learns no more from its page.
    files = list(image.assets.filter(public=False).order_by("key")) if image.shown else []
    context = {
        "image": image,
        "title": image_title(image),
        "files": files,
        "missing": presenters.missing_rows(right)
        if isinstance(right, Deny) and (image.held or not image.shown)
        else [],
        "reserved_until": reserved_until(image, viewer.at),
        "may_download": bool(right) and image.held,
        "quicklook_url": presenters.quicklook_address(image),
        "preview": presenters.preview(image) if right and drawable(image) else None,
        "in_basket": image.pk in put_aside(request.user),
        "order_url": address("orders:new", scene=image.pk),
        "twin": delivered_twin(image, viewer),
        "version": _version(image, viewer),
        "credit": credit_line(image) if image.shown else "",
        "in_words": " ".join(in_words(image)),
        "stac_url": _stac_address(image),
        "stac_root": f"{settings.SITE_URL}{address('stac:landing')}",
        "keys_url": address("api_keys:list"),
        "site_url": settings.SITE_URL,
        "area_m2": area_m2(to_shapely(image.footprint)),
        "shapes": _shapes(image),
        "gateway_example": f"{settings.SITE_URL}/d/…/{files[0].file_name}" if files else "",
    }
    return render(request, "catalogue/item.html", context)


@require_GET
def item_json(request: HttpRequest, pk: int) -> JsonResponse:
    """Return the STAC item."""
    viewer = viewer_of(request.user)
    image = _image(pk, viewer)
    document = item_document(image, settings.SITE_URL, _version(image, viewer))
    if at_home := _stac_address(image):
        document["links"].append({"rel": "canonical", "href": at_home, "type": "application/geo+json"})
    # It tells a right, and rights end at once: a browser asks again each time.
    headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}
    return JsonResponse(document, content_type="application/geo+json", headers=headers)


@require_safe
def quicklook(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand over the picture of an image that is not withheld: our own file, or the address on this very site."""
    image = Item.objects.published().select_related("collection__licence").filter(pk=pk).first()
    if image is None or not image.shows_details(clock.now()):
        raise Http404
    own = image.assets.filter(public=True).order_by("key").first()
    if own is not None:
        response = HttpResponse(content_type=own.media_type)
        response["X-Accel-Redirect"] = f"{settings.FILES_INTERNAL_PREFIX}{own.storage_key}"
    elif is_on_this_site(image.quicklook_url):
        response = HttpResponseRedirect(image.quicklook_url)
    else:
        raise Http404
    response["Cache-Control"] = f"public, max-age={QUICKLOOK_SECONDS}"
    return response


def is_on_this_site(url: str) -> bool:
    """Tell whether an address is one of ours: nobody else's server learns who looks at what."""
    rooted = url.startswith("/") and not url.startswith(("//", "/\\"))
    return rooted or url.startswith(f"{settings.SITE_URL}/")


def _image(pk: int, viewer: Viewer) -> Item:
    image = visible_item(pk, viewer)
    if image is None:
        raise Http404
    return image


def _version(image: Item, viewer: Viewer) -> Standing | None:
    first = image.version_of_id
    return standing(versions_of({first}, viewer).get(first, ()), image.pk) if first and image.shown else None


def _stac_address(image: Item) -> str:
    """The image in the STAC API, where programs find it by its collection and name; a withheld one is not there."""
    path = address("stac:item", image.collection.slug, image.stac_id) if image.shown else ""
    return f"{settings.SITE_URL}{path}" if path else ""


def _shapes(image: Item) -> dict[str, Any]:
    """The footprint for the map, with the properties of the tiles."""
    properties = {"id": image.pk, "state": image.state, "date": image.datetime.date().isoformat()}
    if image.shown:
        properties |= {"title": image_title(image), "cloud": image.cloud_cover}
    feature = {"type": "Feature", "geometry": to_geojson(to_shapely(image.footprint)), "properties": properties}
    return {"type": "FeatureCollection", "features": [feature]}
