# SPDX-License-Identifier: AGPL-3.0-or-later
"""An area in a file, read for a program: what `aoi` of a search is to hold, and what was lost of the outline."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.http import urlencode
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from dinamis.accounts.api.schema import answers
from dinamis.accounts.api.views import ApiView, absolute, validated
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.services.areas import area_in_address
from dinamis.core.areas import read_area_file
from dinamis.core.geo import area_m2


class FileParser(BaseParser):
    """The body as it is, up to AOI_MAX_BYTES, whatever its type: the first bytes of an area say more than a header."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the bytes. Raises RequestDataTooBig."""
        limit = settings.DINAMIS["AOI_MAX_BYTES"]
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig
        return body


class AxesQuery(serializers.Serializer):
    """What a person has looked at."""

    axes_checked = serializers.BooleanField(
        required=False,
        default=False,
        help_text="the axes of a GeoJSON or WKT are right, though far from France",
    )


class SimplifiedShape(serializers.Serializer):
    """What was lost of an outline of too many vertices."""

    before = serializers.IntegerField(help_text="vertices in the file")
    after = serializers.IntegerField(help_text="vertices left")
    tolerance_m = serializers.FloatField(help_text="how far the outline moved at most, metres, about")
    error_m2 = serializers.IntegerField(source="moved_m2", help_text="area of what is in one of the outlines only")
    error_percent = serializers.FloatField(source="share", help_text="the same, in percent of the area in the file")


class AreaShape(serializers.Serializer):
    """An area as a search takes it."""

    aoi = serializers.CharField(help_text="for the parameter `aoi` of /items")
    bbox = serializers.ListField(child=serializers.FloatField(), help_text="west, south, east, north in degrees")
    area_m2 = serializers.IntegerField()
    simplified = SimplifiedShape(allow_null=True)
    page = serializers.URLField(help_text="the search of this area, for people")


class Areas(ApiView):
    """Areas in files."""

    scopes = (ApiScope.CATALOGUE,)
    parameters = ("axes_checked",)
    parser_classes = (FileParser,)

    @extend_schema(
        operation_id="read_area",
        summary="Read the area of a file, to search by it",
        description="The body is the file: GeoJSON, KML, KMZ, GPX, WKT, GeoPackage or a zipped Shapefile. An outline "
        "of too many vertices is simplified, and `simplified` says what that cost. The same area has the same `aoi`.",
        parameters=[AxesQuery],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=answers(AreaShape, 413, 422),
        tags=["catalogue"],
    )
    def post(self, request):
        """Return what a search holds for the area."""
        checked = validated(AxesQuery, request.query_params)["axes_checked"]
        area = read_area_file(request.data or b"", axes_checked=checked)
        aoi = area_in_address(area.geometry)
        data = {
            "aoi": aoi,
            "bbox": area.geometry.bounds,
            "area_m2": area_m2(area.geometry),
            "simplified": area.simplified,
            "page": f"{absolute('catalogue:search')}?{urlencode({'aoi': aoi})}",
        }
        return Response(AreaShape(data).data)
