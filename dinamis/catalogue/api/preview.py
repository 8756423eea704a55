# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of delivered images: tiles for maps, and parts. The right is asked at every request, as for a download."""

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from rest_framework import serializers

from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.views import ApiView, validated
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.api.stac.views import JsonOnly
from dinamis.catalogue.drawing import part_of, tile_of
from dinamis.catalogue.models import Asset
from dinamis.catalogue.selectors.preview import preview_source
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from licensing.api.rights import own_project

MEDIA_TYPES = {"png": "image/png", "webp": "image/webp", "tif": "image/tiff"}
TILE_FORMS, PART_FORMS = ("png", "webp"), ("png", "webp", "tif")
# A pixel of 5 cm at the equator: finer than any image of the catalogue.
MAX_ZOOM = 22
BIG = 2**63 - 1


class SourceQuery(serializers.Serializer):
    """Which file, and for which project."""

    asset = serializers.CharField(required=False, default="", max_length=60)
    project = serializers.IntegerField(required=False, default=None, min_value=1, max_value=BIG)


class PartQuery(SourceQuery):
    """Which part, and how large."""

    bbox = serializers.CharField(required=False, default="", max_length=200)
    pixels = serializers.IntegerField(
        required=False, default=1024, min_value=16, max_value=settings.DINAMIS["PREVIEW_MAX_PIXELS"]
    )


class PreviewView(ApiView):
    """What both share: who asks, what is answered, and that nobody else's cache keeps it."""

    scopes = (ApiScope.TICKETS,)
    content_negotiation_class = JsonOnly
    # docs/api.md describes it: what it answers is no JSON.
    schema = None

    def source(self, pk: int, asked: dict[str, Any]) -> Asset:
        """Return the file. Raises NotPermitted, NotVisible, NotEntitled, Invalid."""
        person = needs_person(self.request)
        project = own_project(person, asked["project"])
        return preview_source(person, pk, key=asked["asset"], project=project, at=clock.now())

    def answer(self, asset: Asset, form: str, draw: Any) -> HttpResponse:
        """Return what `draw` gives, or 304 without drawing when the caller has it.

        A browser keeps it and asks each time whether it may still show it: rights end at once.
        """
        words = f"{asset.sha256} {self.request.get_full_path()}"
        etag = f'"{hashlib.sha256(words.encode()).hexdigest()[:32]}"'
        response = get_conditional_response(self.request, etag=etag)
        if response is None:
            response = HttpResponse(draw(), content_type=MEDIA_TYPES[form], headers={"ETag": etag})
        response["Cache-Control"] = "private, no-cache"
        return response


class Tile(PreviewView):
    """A tile of 256 pixels of the Web Mercator pyramid, counted from the north-west (XYZ)."""

    parameters = ("asset", "project")

    def get(self, request: Any, pk: str, form: str, **place: str) -> HttpResponse:
        """Return the tile, transparent where the image has no data."""
        tile = _tile(int(place["z"]), int(place["x"]), int(place["y"]))
        _check_form(form, TILE_FORMS)
        asset = self.source(int(pk), validated(SourceQuery, request.query_params))
        return self.answer(asset, form, lambda: tile_of(asset, tile, form))


class Part(PreviewView):
    """A part of an image: a picture, or its values as GeoTIFF."""

    parameters = ("asset", "project", "bbox", "pixels")

    def get(self, request: Any, pk: int, form: str) -> HttpResponse:
        """Return the part, the whole image when none is named."""
        _check_form(form, PART_FORMS)
        asked = validated(PartQuery, request.query_params)
        bbox = _bbox(asked["bbox"])
        limit = settings.DINAMIS["PREVIEW_MAX_PIXELS"] if form == "tif" else asked["pixels"]
        asset = self.source(pk, asked)
        response = self.answer(asset, form, lambda: part_of(asset, bbox, form, limit))
        if form == "tif":
            response["Content-Disposition"] = f'attachment; filename="image-{pk}.tif"'
        return response


def _check_form(form: str, known: tuple[str, ...]) -> None:
    if form not in known:
        raise Invalid(
            _("This format is not offered: %(form)s.") % {"form": form[:20]},
            pointer="format",
            repair=_("Write one of: %(names)s.") % {"names": ", ".join(known)},
            code="format",
        )


def _tile(z: int, x: int, y: int) -> tuple[int, int, int]:
    """The tile of an address. Raises Invalid for one outside the pyramid."""
    if not 0 <= z <= MAX_ZOOM:
        raise Invalid(_("z must lie within 0 and %(most)d.") % {"most": MAX_ZOOM}, pointer="z", code="bad_tile")
    for name, value in (("x", x), ("y", y)):
        if not 0 <= value < 2**z:
            words = {"name": name, "most": 2**z - 1, "zoom": z}
            reason = _("%(name)s must lie within 0 and %(most)d at zoom %(zoom)d.") % words
            raise Invalid(reason, pointer=name, code="bad_tile")
    return z, x, y


def _bbox(text: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of `bbox`, None when it is empty. Raises Invalid."""
    if not text:
        return None
    repair = _("Write west,south,east,north in degrees, as in 3.8,43.5,3.9,43.6.")
    try:
        west, south, east, north = (float(value) for value in text.split(","))
    except ValueError as error:
        raise Invalid(_("bbox wants four numbers."), pointer="bbox", repair=repair, code="bbox") from error
    # What is no number (nan) is in no order either.
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Invalid(
            _("bbox wants west before east and south before north."), pointer="bbox", repair=repair, code="bbox"
        )
    return west, south, east, north
