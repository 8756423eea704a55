# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is granted of a line: all of it, a part of its area, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.core import geo
from dinamis.core.exceptions import Invalid
from dinamis.core.surface import only_surfaces
from orders.enums import LineVerdict
from orders.models import LineDecision, Order, OrderItem, Review
from orders.reasons import check_reason
from orders.selectors.requests.estimate import minimum_m2

# A part that leaves less than this share of the line out is the line.
WHOLE = 0.999


@dataclass(frozen=True)
class Ruling:
    """The word on one line. `area` (longitude, latitude degrees) is what is granted of a part; reasons for the rest."""

    item_id: int
    verdict: LineVerdict = LineVerdict.WHOLE
    reason_code: str = ""
    words: str = ""
    area: BaseGeometry | None = None


def checked_rulings(items: Sequence[OrderItem], rulings: Iterable[Ruling]) -> list[Ruling]:
    """Return one ruling for each line, in their order; a line nobody spoke of is granted.

    A part is cut to the line: nothing of it left = refused, all of it = granted. Raises Invalid: a line of another
    order, a line named twice, a part without an area, a refusal or part without its coded reason.
    """
    said = _by_line(items, rulings)
    return [_checked(item, said.get(item.pk, Ruling(item.pk))) for item in items]


def within(items: Sequence[OrderItem], area: BaseGeometry, *, reason_code: str, words: str = "") -> list[Ruling]:
    """Return the rulings that grant of every line what lies in `area`, and refuse the rest for one reason."""
    return [Ruling(item.pk, LineVerdict.PART, reason_code, words, area) for item in items]


def last_rulings(order: Order) -> list[Ruling]:
    """Return what the last stage of this round that spoke of lines said of each: what the next one starts from."""
    round_ = {"review__order": order, "review__opened_at__gte": order.submitted_at}
    rows = LineDecision.objects.filter(**round_, item__isnull=False)
    last = rows.order_by("-review__opened_at", "-review_id").values_list("review_id", flat=True).first()
    return [
        Ruling(
            row.item_id or 0,
            LineVerdict(row.verdict),
            row.reason_code,
            row.words,
            geo.to_shapely(row.area) if row.area else None,
        )
        for row in rows.filter(review_id=last or 0)
    ]


def record(review: Review, rulings: Sequence[Ruling]) -> None:
    """Write what a stage said of each line."""
    LineDecision.objects.bulk_create(
        LineDecision(
            review=review,
            item_id=ruling.item_id,
            verdict=ruling.verdict,
            reason_code=ruling.reason_code,
            words=ruling.words.strip(),
            area=geo.to_multipolygon(ruling.area) if ruling.area is not None else None,
            area_m2=geo.area_m2(ruling.area) if ruling.area is not None else None,
        )
        for ruling in rulings
    )


def cut(item: OrderItem, area: BaseGeometry) -> None:
    """Keep of a line what was granted: its area, billed area and price become those of the part (the provider's minimum
    applies); what was asked stays beside. Must be called in the transaction of the approval."""
    for name, value in columns_of_part(item, area).items():
        setattr(item, name, value)
    item.save(update_fields=["asked_aoi", "asked_area_m2", "aoi", "area_m2", "billed_area_m2", "price_cents"])


def columns_of_part(item: OrderItem, area: BaseGeometry) -> Mapping[str, Any]:
    """Return the columns a line has once only `area` of it is granted.

    What is billed and paid follows the rates the line was submitted at, the provider's minimum area applied again.
    """
    size, minimum = geo.area_m2(area), minimum_m2(item.order.family, item.order.kind)
    billed = -(-item.billed_area_m2 * max(size, minimum) // max(item.area_m2, minimum))
    price = None if item.price_cents is None else -(-item.price_cents * billed // item.billed_area_m2)
    return {
        "asked_aoi": item.asked_aoi or item.aoi,
        "asked_area_m2": item.asked_area_m2 or item.area_m2,
        "aoi": geo.to_multipolygon(area),
        "area_m2": size,
        "billed_area_m2": max(billed, size),
        "price_cents": price,
    }


def _by_line(items: Sequence[OrderItem], rulings: Iterable[Ruling]) -> dict[int, Ruling]:
    said: dict[int, Ruling] = {}
    known = {item.pk for item in items}
    for ruling in rulings:
        if ruling.item_id not in known or ruling.item_id in said:
            raise Invalid(_("A line is named that this order does not have, or twice."), pointer="lines")
        said[ruling.item_id] = ruling
    return said


def _checked(item: OrderItem, ruling: Ruling) -> Ruling:
    if ruling.verdict == LineVerdict.WHOLE:
        return Ruling(item.pk)
    check_reason("approve_part", ruling.reason_code, ruling.words, pointer="line_reason")
    if ruling.verdict == LineVerdict.REFUSED:
        return replace(ruling, area=None)
    if ruling.area is None:
        raise Invalid(_("Name the part that is granted."), pointer="area", repair=_("Draw it, or paste it."))
    part = only_surfaces(geo.to_shapely(item.aoi).intersection(ruling.area))
    size = 0 if part.is_empty else geo.area_m2(part)
    if size < 1:
        return replace(ruling, verdict=LineVerdict.REFUSED, area=None)
    if size >= WHOLE * item.area_m2:
        return Ruling(item.pk)
    return replace(ruling, area=part)
