# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map of what is wanted and not held: a page that works without its map, its tiles, the same as files."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from dinamis.catalogue.enums import ProductFamily
from dinamis.catalogue.selectors.freshness import bounds_of_departement, departements
from dinamis.catalogue.web.exports import outlines_of, table_of
from dinamis.catalogue.web.tiles import OWN, answer, of_tile
from dinamis.core import clock
from orders.selectors.figures import needs
from orders.selectors.figures.needs import Asked

PLACE = ("cell", "longitude", "latitude", "commune", "departement")
COLUMNS = (*PLACE, "organisations", "requests", "searches", "unmet", "newest")
ANY = "any"
# Places below the map: as many as one reads.
LISTED = 20


class AskedForm(forms.Form):
    """What is shown; a value that is not known asks for nothing."""

    held = forms.ChoiceField(label=_("Show"), required=False)
    family = forms.ChoiceField(
        label=_("Sensor"), required=False, choices=[("", _("every sensor")), *ProductFamily.choices]
    )
    at_least = forms.ChoiceField(label=_("Wanted by at least"), required=False)
    departement = forms.ChoiceField(label=_("Département"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        days = settings.DINAMIS["GAP_DAYS"]
        gap = _("where nothing of the last %(n)d days is held") % {"n": days}
        fields["held"].choices = [("", gap), (ANY, _("all that is wanted"))]
        steps = [(str(part["least"]), needs.organisations_words(part["least"])) for part in reversed(needs.classes())]
        fields["at_least"].choices = [("", steps[0][1]), *steps[1:]]
        fields["departement"].choices = [("", _("the whole of France")), *departements()]
        for field in fields.values():
            field.widget.attrs["class"] = "control"

    @property
    def asked(self):
        """What the selectors are asked."""
        data = self.cleaned_data if self.is_valid() else {}
        return Asked(
            family=data.get("family", ""),
            gap=data.get("held") != ANY,
            at_least=int(data.get("at_least") or 0),
            departement=data.get("departement", ""),
        )


@login_required
@require_safe
def index(request):
    """The map, its legend, the places wanted most, and a line for each département."""
    form = AskedForm(request.GET)
    asked, at = form.asked, clock.now()
    query, departement = request.GET.urlencode(), asked.departement
    places = needs.most_wanted(asked, at=at, limit=LISTED)
    context = {
        "form": form,
        "gap": asked.gap,
        "lines": needs.by_departement(asked, at=at),
        "places": places,
        "classes": needs.classes(),
        "fewest": settings.DINAMIS["PUBLIC_MIN_ORGANISATIONS"],
        "counted_at": needs.counted_at(),
        "bounds": bounds_of_departement(departement) if departement else needs.frame(places),
        "query": query,
        "tiles": f"/tiles/needs/{{z}}/{{x}}/{{y}}.mvt?{query}",
    }
    return render(request, "orders/figures/needs.html", context)


@login_required
@require_safe
@of_tile
def tile(request, tile):
    """A tile of the map."""
    return answer(request, needs.need_tile(tile, AskedForm(request.GET).asked, at=clock.now()), OWN)


@login_required
@require_safe
def as_csv(request):
    """Every cell that is shown, one a line."""
    return table_of(_facts(request), COLUMNS, "dinamis-needs")


@login_required
@require_safe
def as_geojson(request):
    """Every cell that is shown as an outline."""
    return outlines_of(_facts(request), "dinamis-needs")


def _facts(request):
    for cell in needs.most_wanted(AskedForm(request.GET).asked, at=clock.now()):
        yield {
            "cell": cell.code,
            "longitude": round(cell.longitude, 4),
            "latitude": round(cell.latitude, 4),
            "commune": cell.commune,
            "departement": cell.departement,
            "organisations": cell.organisations,
            "requests": cell.requests,
            "searches": cell.searches,
            "unmet": cell.unmet,
            "newest": cell.newest_at.date().isoformat() if cell.newest_at else None,
        }
