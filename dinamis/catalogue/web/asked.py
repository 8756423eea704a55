# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a search asks for, in words: "Montpellier (34172) · Pléiades · clouds ≤ 10 %"."""

from collections.abc import Iterator
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.filters import SearchFilters, area_of
from dinamis.catalogue.words import level_words, metres, satellite_name
from dinamis.core.geo import area_m2, to_shapely
from dinamis.core.templatetags.ui import date_words, km2, percent


def in_words(form: SearchForm) -> str:
    """Return the conditions of a search that can be run, the place first; "all images" when there is none."""
    filters = form.filters
    parts = [*_where(form, filters), *_when(filters), *_kinds(form), *_quality(filters)]
    return " · ".join(parts) or _("All images")


def _where(form: SearchForm, filters: SearchFilters) -> Iterator[str]:
    if filters.aoi is None and form.found is not None:
        yield form.found.label
    elif (area := area_of(filters)) is not None:
        if isinstance(area, Point):
            yield f"{area.y:.4f}, {area.x:.4f}"
        else:
            yield _("an area of %(size)s") % {"size": km2(area_m2(to_shapely(area)))}
    if filters.text:
        yield f"“{filters.text}”"


def _when(filters: SearchFilters) -> Iterator[str]:
    if filters.years:
        yield ", ".join(map(str, sorted(filters.years)))
    days = {"since": date_words(filters.since), "until": date_words(filters.until)}
    if filters.since and filters.until:
        yield _("from %(since)s to %(until)s") % days
    elif filters.since:
        yield _("since %(since)s") % days
    elif filters.until:
        yield _("until %(until)s") % days


def _kinds(form: SearchForm) -> Iterator[str]:
    for name in ("state", "sensor", "collection", "stereo", "licence"):
        words: dict[str, Any] = {str(value): label for value, label in getattr(form.fields[name], "choices", ())}
        chosen = form.cleaned_data.get(name) or ()
        if chosen:
            yield ", ".join(str(words.get(str(value), value)) for value in chosen)
    for name, word in (("platform", satellite_name), ("level", level_words)):
        if chosen := form.cleaned_data.get(name):
            yield ", ".join(word(value) for value in chosen)


def _quality(filters: SearchFilters) -> Iterator[str]:
    if filters.cloud is not None:
        yield _("clouds ≤ %(most)s") % {"most": percent(filters.cloud)}
    if filters.resolution is not None:
        yield _("resolution ≤ %(most)s") % {"most": metres(filters.resolution)}
    if filters.incidence is not None:
        yield _("incidence ≤ %(most)s") % {"most": f"{filters.incidence:g}°"}
