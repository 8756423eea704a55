# SPDX-License-Identifier: AGPL-3.0-or-later
"""Activations of CIEST²: which are under way, their days, who pays, who may activate."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import MultiPolygonField
from django.db.models import Count, F, Func, QuerySet
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.models import Collection, Item
from dinamis.core import geo
from dinamis.core.exceptions import Invalid, QuotaExceeded
from orders.enums import ActivationState, EnvelopeKind
from orders.models import Activation, EmergencyScientist, Envelope, Order, OrderItem
from orders.selectors.money.envelope import Balance, balances

TONES = {ActivationState.ACTIVE: "progress", ActivationState.ENDED: "over", ActivationState.STOPPED: "over"}


@dataclass(frozen=True)
class Day:
    """One day of an activation: its window, its line, the images that came and their smallest cloud cover."""

    number: int
    line: OrderItem
    images: tuple[Item, ...]
    now: bool

    @property
    def cloud(self) -> float | None:
        """The smallest cloud cover of its images in percent, None where nothing tells."""
        return min((image.cloud_cover for image in self.images if image.cloud_cover is not None), default=None)


def is_emergency(order: Order) -> bool:
    """Tell whether an order is that of an activation: it waits in no queue and shares with nobody."""
    return Activation.objects.filter(order=order).exists()


def activations() -> QuerySet[Activation]:
    """Return all activations, the newest first, with how many images of each are in the catalogue.

    They are no secret: whoever is signed in may look at them.
    """
    rows = Activation.objects.select_related("order__organisation", "order__requester")
    return rows.annotate(images=Count("order__items__products", distinct=True)).order_by("-period", "-id")


def under_way_over(area: BaseGeometry) -> Activation | None:
    """Return the activation under way whose bounding box overlaps that of an area, on either side of the globe."""
    shifted = Func(F("area"), function="ST_ShiftLongitude", output_field=MultiPolygonField(srid=4326))
    rows = Activation.objects.annotate(turned=shifted).filter(
        state=ActivationState.ACTIVE,
        area__bboverlaps=geo.to_multipolygon(area),
        turned__bboverlaps=geo.to_multipolygon(geo.turned(area)),
    )
    return rows.select_related("order").first()


def days_of(activation: Activation, at: datetime) -> list[Day]:
    """Return the days of an activation in their order; two queries."""
    lines = activation.order.items.order_by("position").prefetch_related("products")
    return [
        Day(line.position, line, tuple(line.products.all()), line.period.lower <= at < line.period.upper)
        for line in lines
    ]


def shapes(rows: Iterable[Activation]) -> dict[str, Any]:
    """Return the areas of activations as GeoJSON for the map."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": geo.to_geojson(geo.to_shapely(row.area)),
                "properties": {"id": row.order.reference, "title": str(row), "word": str(row.get_state_display())},
            }
            for row in rows
        ],
    }


def scientists() -> QuerySet[EmergencyScientist]:
    """Return all who were ever named, the newest first."""
    return EmergencyScientist.objects.select_related("person", "named_by", "revoked_by")


def collection_of_emergencies() -> Collection:
    """Return where the images go. Raises Invalid when the office has not set it up."""
    found = Collection.objects.filter(slug=settings.DINAMIS["EMERGENCY_COLLECTION"]).select_related("licence").first()
    if found is None:
        raise Invalid(
            _("The collection of CIEST² is missing."), repair=_("Ask the DINAMIS office."), code="no_collection"
        )
    return found


def purses(family: str, at: datetime) -> list[Envelope]:
    """Return the envelopes of CIEST² that hold now, the one that ends first first; no others pay.

    Raises QuotaExceeded when the office has set none.
    """
    rows = Envelope.objects.filter(
        kind=EnvelopeKind.PROGRAMME,
        programme__name=settings.DINAMIS["EMERGENCY_PROGRAMME"],
        family=family,
        period__contains=at,
    )
    found = list(rows.select_related("programme").order_by("period__endswith", "pk"))
    if not found:
        raise QuotaExceeded(
            _("The office has set no CIEST² envelope for this period: nothing can be activated. Call the office."),
            code="no_emergency_envelope",
        )
    return found


def left_of(envelopes: Sequence[Envelope]) -> int:
    """Return how many m2 are left in envelopes together."""
    known: dict[int, Balance] = balances(envelope.pk for envelope in envelopes)
    return sum(max(balance.available, 0) for balance in known.values())
