# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a line costs, by the tariffs of the day: billed m2, cents, attempts; and what would be left of each purse."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from dinamis.core import clock, geo
from licensing.models import Adhesion
from orders.enums import AcquisitionMode, OrderKind, QuotaSide
from orders.models import Envelope, Tariff
from orders.selectors.money.envelope import Balance, balances, envelopes_for

GEOD = Geod(ellps="WGS84")
M2_PER_KM2 = 1_000_000


@dataclass(frozen=True)
class Rates:
    """The tariff of one product at a moment; all zero where the office has set none.

    `cents_per_km2` by side of the quota; `factors` says how often each way to look at the ground counts.
    """

    minimum_m2: int
    factors: dict[str, int]
    cents_per_km2: dict[str, int]

    def billed_m2(self, area_m2: int, mode: str = AcquisitionMode.MONO) -> int:
        """Return what an envelope pays for an area: at least the minimum, times the views of the mode."""
        return max(area_m2, self.minimum_m2) * self.factors[mode]

    def cents(self, billed_m2: int, side: str = QuotaSide.OUTSIDE) -> int:
        """Return the price of a billed area in cents, half a cent rounded up."""
        return (billed_m2 * self.cents_per_km2[side] + M2_PER_KM2 // 2) // M2_PER_KM2


@dataclass(frozen=True)
class CostLine:
    """One line of a bill: what is asked, the minimum where it applies, the factor, what is billed (m2), and the price
    in cents if an envelope pays, or none does."""

    label: str
    area_m2: int
    minimum_m2: int
    factor: int
    billed_m2: int
    inside_cents: int
    outside_cents: int

    @property
    def minimum_applies(self) -> bool:
        """Whether the line is billed for more than it asks because of the minimum."""
        return self.area_m2 < self.minimum_m2


@dataclass(frozen=True)
class Share:
    """What one envelope would give (m2), and what would be left of it."""

    envelope: Envelope
    balance: Balance
    taken_m2: int

    @property
    def remaining_m2(self) -> int:
        """What would be left."""
        return self.balance.available - self.taken_m2


@dataclass(frozen=True)
class WhatIf:
    """What would happen to the purses if an order were approved now; what they lack costs `missing_cents` beyond them.

    `resets_at` is when the first of their periods ends, so that more may come.
    """

    shares: tuple[Share, ...]
    required_m2: int
    missing_m2: int
    missing_cents: int
    resets_at: datetime | None

    @property
    def suffices(self) -> bool:
        """Whether the purses pay everything."""
        return self.missing_m2 == 0


def rates_of(
    family: str, kind: str = OrderKind.ARCHIVE, *, eligibility_class: str = "", at: datetime | None = None
) -> Rates:
    """Return the rates of a product for an eligibility class ("" = those of every class) at a moment, in one query."""
    return rates_of_families([family], kind, eligibility_class=eligibility_class, at=at)[family]


def rates_of_families(
    families: Iterable[str], kind: str, *, eligibility_class: str = "", at: datetime | None = None
) -> dict[str, Rates]:
    """Return the same of several families, still in one query."""
    sides: dict[str, dict[str, Tariff]] = {family: {} for family in families}
    rows = Tariff.objects.filter(
        family__in=list(sides),
        kind=kind,
        eligibility_class__in={"", eligibility_class},
        valid__contains=at or clock.now(),
    )
    # Those of the class come last and win.
    for row in rows.order_by("eligibility_class"):
        sides[row.family][row.quota] = row
    return {family: _rates(by_side) for family, by_side in sides.items()}


def _rates(by_side: Mapping[str, Tariff]) -> Rates:
    row = by_side.get(QuotaSide.INSIDE) or by_side.get(QuotaSide.OUTSIDE)
    return Rates(
        minimum_m2=row.minimum_m2 if row else 0,
        factors={
            AcquisitionMode.MONO: 1,
            AcquisitionMode.STEREO: row.stereo_factor if row else 2,
            AcquisitionMode.TRISTEREO: row.tristereo_factor if row else 3,
        },
        cents_per_km2={side: by_side[side].cents_per_km2 if side in by_side else 0 for side in QuotaSide.values},
    )


def class_of(organisation_id: int, at: datetime) -> str:
    """Return the eligibility class in which an organisation adheres at a moment, "" when it does not."""
    running = Adhesion.objects.filter(organisation=organisation_id, state="approved", period__contains=at)
    return str(running.order_by("-pk").values_list("eligibility_class", flat=True).first() or "")


def cost_line(label: str, area_m2: int, rates: Rates, mode: str = AcquisitionMode.MONO) -> CostLine:
    """Return the line of a bill for one area."""
    billed = rates.billed_m2(area_m2, mode)
    return CostLine(
        label,
        area_m2,
        rates.minimum_m2,
        rates.factors[mode],
        billed,
        rates.cents(billed, QuotaSide.INSIDE),
        rates.cents(billed, QuotaSide.OUTSIDE),
    )


def what_if(
    *,
    family: str,
    organisation_id: int,
    required_m2: int,
    at: datetime,
    project_id: int | None = None,
    rates: Rates | None = None,
) -> WhatIf:
    """Return what each purse would give and keep if so much were approved now; nothing is written."""
    purses = list(envelopes_for(family=family, organisation_id=organisation_id, project_id=project_id, at=at))
    known = balances(envelope.pk for envelope in purses)
    shares, rest = [], required_m2
    for envelope in purses:
        taken = min(rest, max(known[envelope.pk].available, 0))
        rest -= taken
        shares.append(Share(envelope, known[envelope.pk], taken))
    ends = [envelope.period.upper for envelope in purses if envelope.period.upper]
    cents = (rates or rates_of(family, at=at)).cents(rest)
    return WhatIf(tuple(shares), required_m2, rest, cents, min(ends, default=None))


def tariffs() -> QuerySet[Tariff]:
    """Return every rate, those of a product together, the newest first."""
    return Tariff.objects.select_related("set_by")


def attempts_of(item: Any) -> int:
    """Return how many attempts of the provider a line takes from an envelope that counts them: one for an acquisition
    outside the circle that the family's ground station sees, none for anything else (domain facts, 5: telemetry
    contract of SPOT 6-7)."""
    if item.order.kind != OrderKind.ACQUISITION:
        return 0
    return int(outside_circle(item.order.family, geo.to_shapely(item.aoi)))


def outside_circle(family: str, area: BaseGeometry) -> bool:
    """Tell whether the middle of an area lies outside the reception circle of a family (RECEPTION_CIRCLES: longitude,
    latitude in degrees and radius in km); a family without a circle counts no attempts."""
    circle = settings.DINAMIS["RECEPTION_CIRCLES"].get(family)
    if circle is None:
        return False
    longitude, latitude, radius_km = circle
    middle = area.centroid
    _there, _back, distance = GEOD.inv(longitude, latitude, middle.x, middle.y)
    return bool(distance > radius_km * 1000)
