# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map of how old the newest images are: a page that works without its map, its tiles, the same as files."""

from collections.abc import Iterator
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
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.web.exports import outlines_of, table_of
from dinamis.catalogue.web.tiles import OWN, answer, of_tile
from dinamis.core.clock import PARIS

COLUMNS = ("cell", "longitude", "latitude", "commune", "departement", "newest", "days")
MINE, ALL = "mine", "all"
# Places below the map: as many as one reads.
LISTED = 20


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
    departement = forms.ChoiceField(label=_("Département"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["family"].choices = [("", _("every sensor")), *ProductFamily.choices]
        steps = [(str(step), f"{metres:g}\u00a0m") for step, metres in enumerate(settings.DINAMIS["FINENESS"])]
        fields["fineness"].choices = [("", _("any")), *steps]
        fields["departement"].choices = [("", _("the whole of France")), *freshness.departements()]
        for name in ("family", "fineness", "whose", "departement"):
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

    @property
    def where(self) -> str:
        """The code of the département that is looked at; empty for all of them."""
        return (self.cleaned_data.get("departement") or "") if self.is_valid() else ""


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The map, its legend, the places with the oldest images, and a line for each département."""
    form, viewer = KindForm(request.GET), viewer_of(request.user)
    kind, departement = form.kind, form.where
    parts = freshness.by_departement(kind, viewer)
    query = request.GET.urlencode()
    context = {
        "form": form,
        "parts": parts,
        "whole": freshness.together([part for part in parts if departement in {"", part.value}]),
        "classes": freshness.classes(parts),
        "labels": list(reversed(freshness.class_labels())),
        "departement": next((part for part in parts if part.value == departement), None),
        "bounds": freshness.bounds_of_departement(departement) if departement else "",
        "places": freshness.oldest_cells(kind, viewer, departement=departement, limit=LISTED),
        "listed": LISTED,
        "counted_at": freshness.counted_at(),
        "tiles": f"/tiles/age/{{z}}/{{x}}/{{y}}.mvt?{query}",
        "query": query,
        "without_departement": _without(request, "departement"),
    }
    return render(request, "catalogue/age.html", context)


def _without(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    query.pop(name, None)
    return query.urlencode()


@require_safe
@of_tile
def tile(request: HttpRequest, tile: Tile) -> HttpResponse:
    """A tile of the map, for the person who asks."""
    return answer(request, freshness.age_tile(tile, KindForm(request.GET).kind, viewer_of(request.user)), OWN)


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """Every cell, one a line."""
    return table_of(_facts(request), COLUMNS, "dinamis-age")


@require_safe
def as_geojson(request: HttpRequest) -> HttpResponse:
    """Every cell as an outline."""
    return outlines_of(_facts(request), "dinamis-age")


def _facts(request: HttpRequest) -> Iterator[dict[str, Any]]:
    form, viewer = KindForm(request.GET), viewer_of(request.user)
    today = viewer.at.astimezone(PARIS).date()
    for cell in freshness.every_cell(form.kind, viewer, departement=form.where):
        yield {
            "cell": cell.code,
            "longitude": round(cell.longitude, 4),
            "latitude": round(cell.latitude, 4),
            "commune": cell.commune,
            "departement": cell.departement,
            "newest": None if cell.taken_at is None else cell.taken_at.date().isoformat(),
            "days": freshness.age_days(cell.taken_at, today),
        }
