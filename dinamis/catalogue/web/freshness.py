# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map of how old the newest images are: a page that works without its map, its tiles, the same as CSV."""

import csv
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.selectors import freshness
from dinamis.catalogue.selectors.freshness import Kind
from dinamis.catalogue.selectors.tiles import Tile
from dinamis.catalogue.selectors.viewer import Viewer, viewer_of
from dinamis.catalogue.web.tiles import OWN, answer, of_tile
from dinamis.core.clock import PARIS

COLUMNS = ("cell", "longitude", "latitude", "departement", "newest", "days")
MINE, ALL = "mine", "all"


class KindForm(forms.Form):
    """Which images count."""

    family = forms.ChoiceField(label=_("Sensor"), required=False)
    fineness = forms.ChoiceField(label=_("At least as fine as"), required=False)
    stereo = forms.BooleanField(label=_("stereo pairs alone"), required=False)
    whose = forms.ChoiceField(
        label=_("Images"),
        required=False,
        choices=[(MINE, _("that I may use")), (ALL, _("that anybody may use"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["family"].choices = [("", _("all")), *ProductFamily.choices]
        steps = [(str(step), f"{metres:g}\u00a0m") for step, metres in enumerate(settings.DINAMIS["FINENESS"])]
        fields["fineness"].choices = [("", _("any")), *steps]
        for name in ("family", "fineness", "whose"):
            fields[name].widget.attrs["class"] = "control"

    @property
    def kind(self) -> Kind:
        """What is asked; a value that is not known asks for nothing."""
        data = self.cleaned_data if self.is_valid() else {}
        fine = data.get("fineness") or ""
        return Kind(
            family=data.get("family") or "",
            fineness=int(fine) if fine else 99,
            stereo=bool(data.get("stereo")),
            mine=data.get("whose") != ALL,
        )


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The map, its legend, and a line for each département."""
    form, viewer = KindForm(request.GET), viewer_of(request.user)
    parts = freshness.by_departement(form.kind, viewer)
    query = request.GET.urlencode()
    context = {
        "form": form,
        "parts": parts,
        "classes": freshness.classes(parts),
        "labels": list(reversed(freshness.class_labels())),
        "unseen": sum(part.cells - part.seen for part in parts),
        "cells": sum(part.cells for part in parts),
        "tiles": f"/tiles/age/{{z}}/{{x}}/{{y}}.mvt?{query}",
        "query": query,
        "whose": ALL if not form.kind.mine else MINE,
    }
    return render(request, "catalogue/age.html", context)


@require_safe
@of_tile
def tile(request: HttpRequest, tile: Tile) -> HttpResponse:
    """A tile of the map, for the person who asks."""
    return answer(request, freshness.age_tile(tile, KindForm(request.GET).kind, viewer_of(request.user)), OWN)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """Every cell, one a line."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="dinamis-age.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    writer.writerows(_lines(KindForm(request.GET).kind, viewer_of(request.user)))
    return response


def _lines(kind: Kind, viewer: Viewer) -> Any:
    today = viewer.at.astimezone(PARIS).date()
    for code, lon, lat, departement, taken_at in freshness.every_cell(kind, viewer):
        day = "" if taken_at is None else taken_at.date().isoformat()
        yield code, f"{lon:.4f}", f"{lat:.4f}", departement, day, freshness.age_days(taken_at, today)
