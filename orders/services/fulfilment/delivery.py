# SPDX-License-Identifier: AGPL-3.0-or-later
"""A delivery, from what the provider announces to an image everybody entitled may use."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.dimap import Product
from dinamis.catalogue.models import Item
from dinamis.catalogue.services.publish import NewAsset, publish_product
from dinamis.catalogue.services.withdraw import restore
from dinamis.core import geo, outbox
from dinamis.core.actors import SYSTEM, Reason
from dinamis.core.transitions import apply_transition, lock, record_creation
from dinamis.providers.base import DeliveryFile
from orders import notifications
from orders.enums import DeliveryState, ItemState, OrderKind
from orders.models import Delivery, Order, OrderItem, ProviderOrder
from orders.selectors.fulfilment.acquired import acquired_m2, percent
from orders.services.duties import hold_backs
from orders.services.fulfilment.closing import settle
from orders.services.fulfilment.placement import record_failure
from orders.services.fulfilment.progress import OPEN, synchronise
from orders.services.lifecycle import stops

REFUSED = (DeliveryState.REJECTED, DeliveryState.FAILED)
SLIVER = 0.001
UNDER_WAY = (DeliveryState.EXPECTED, DeliveryState.RECEIVING, DeliveryState.CHECKING)


@transaction.atomic
def expect(*, provider_order_id: int, files: Sequence[DeliveryFile]) -> list[Delivery]:
    """Write what the provider announces (name, size in bytes, SHA-256), one delivery for each number it gives, and
    queue their reception. Returns the deliveries by number. Twice = once."""
    row = lock(ProviderOrder.objects.get(pk=provider_order_id))
    return [
        _expected(row, number, [file for file in files if file.number == number])
        for number in sorted({file.number for file in files})
    ]


def _expected(row: ProviderOrder, number: int, files: Sequence[DeliveryFile]) -> Delivery:
    delivery, created = Delivery.objects.get_or_create(
        provider_order=row, number=number, defaults={"manifest": [_announced(file) for file in files]}
    )
    if created:
        record_creation(delivery, actor=SYSTEM)
        queue_reception(delivery)
    return delivery


def queue_reception(delivery: Delivery, *, bucket: str = "start") -> None:
    """Queue the reception; the same bucket twice is one reception."""
    outbox.put("orders.receive", {"delivery_id": delivery.pk}, key=f"orders.receive:{delivery.pk}:{bucket}")


def begin(*, delivery_id: int) -> Delivery:
    """Say that files are being fetched, and return the delivery; one that is over stays as it is."""
    return _advance(delivery_id, DeliveryState.EXPECTED, "receive")


def begin_checking(*, delivery_id: int) -> Delivery:
    """Say that all files are here and are being checked; a delivery that is over stays as it is."""
    return _advance(delivery_id, DeliveryState.RECEIVING, "check")


@transaction.atomic
def accept(*, delivery_id: int, product: Product, files: Sequence[NewAsset]) -> Item | None:
    """Publish the image with its files, and say so to lines, orders and requesters: all of it or nothing.

    `files` are in their final place already. Called again it returns the image; None when the delivery was refused.
    """
    delivery = _locked(delivery_id)
    if delivery.state not in UNDER_WAY:
        return delivery.item
    lines = list(_lines(delivery))
    reserved = hold_backs.due_for(lines)
    image = publish_product(
        product=product,
        collection=lines[0].collection,
        files=files,
        source_id=lines[0].scene.source_id if lines[0].scene else _scene_of(delivery),
        hold_back=reserved,
    )
    restore(image)
    hold_backs.begin(lines, image, reserved)
    apply_transition(delivery, "accept", actor=SYSTEM, item=image)
    if _is_acquired(lines):
        _add_part(delivery, lines, image)
        return image
    for line in lines:
        line.products.add(image)
        if line.product_id is None:
            line.product = image
            line.save(update_fields=["product"])
    _end_scene(delivery, lines)
    return image


def _end_scene(delivery: Delivery, lines: Sequence[OrderItem]) -> None:
    """Deliver the lines of an archive order once all that was announced of their scene is in."""
    if delivery.provider_order.deliveries.filter(state__in=UNDER_WAY).exists():
        return
    for line in lines:
        if line.product_id is None or line.state not in OPEN:
            continue
        stops.overtaken(line)
        apply_transition(line, "deliver", actor=SYSTEM)
        synchronise(line.order, actor=SYSTEM)
        notifications.item_delivered(line)


def _add_part(delivery: Delivery, lines: Sequence[OrderItem], image: Item) -> None:
    """Give an image to every line whose area it shows; those it completes end."""
    outline = geo.to_shapely(image.footprint)
    shown = [line for line in lines if _shows(outline, geo.to_shapely(line.aoi))]
    for line in shown:
        line.products.add(image)
        if line.product_id is None:
            line.product = image
            line.save(update_fields=["product"])
    settle(provider_order_id=delivery.provider_order_id)
    acquired = acquired_m2(shown)
    for line in shown:
        line.refresh_from_db(fields=["state"])
        synchronise(line.order, actor=SYSTEM)
        if line.state == ItemState.DELIVERED:
            notifications.item_delivered(line, image)
        else:
            notifications.part_delivered(line, image, f"{percent(line, acquired[line.pk])} %")


@transaction.atomic
def reject(*, delivery_id: int, code: str, words: str) -> None:
    """Refuse what came: it is not what was announced or ordered. The line fails, its cost is given back.

    One of several, or of an acquisition, is only missing: the office is told, and the line ends with what others bring.
    Twice = once.
    """
    delivery = _locked(delivery_id)
    if delivery.state not in UNDER_WAY:
        return
    name = "fail" if delivery.state == DeliveryState.EXPECTED else "reject"
    apply_transition(delivery, name, actor=SYSTEM, reason=Reason(code[:60], words), error=words)
    lines = list(_lines(delivery))
    others = delivery.provider_order.deliveries.filter(state__in=[*UNDER_WAY, DeliveryState.AVAILABLE])
    if _is_acquired(lines):
        notifications.part_rejected(lines[0], str(delivery), words)
        settle(provider_order_id=delivery.provider_order_id)
    elif lines and others.exists():
        notifications.part_rejected(lines[0], str(delivery), words)
        _end_scene(delivery, lines)
    else:
        record_failure(provider_order_id=delivery.provider_order_id, code=code, words=words)


@transaction.atomic
def _advance(delivery_id: int, source: str, name: str) -> Delivery:
    delivery = _locked(delivery_id)
    if delivery.state == source:
        apply_transition(delivery, name, actor=SYSTEM)
    return delivery


def _locked(delivery_id: int) -> Delivery:
    """The delivery, with its orders locked first: the same order of locks everywhere."""
    asked = Order.objects.filter(items__provider_order__deliveries=delivery_id)
    for order in asked.order_by("pk").distinct():
        lock(order)
    rows = Delivery.objects.select_related("provider_order", "item").select_for_update(of=("self",))
    return rows.get(pk=delivery_id)


def _lines(delivery: Delivery) -> QuerySet[OrderItem]:
    related = ("order__acquisition__collection__licence", "scene__collection__licence")
    return delivery.provider_order.lines.select_related(*related).order_by("order_id", "position")


def _is_acquired(lines: Sequence[OrderItem]) -> bool:
    return bool(lines) and lines[0].order.kind == OrderKind.ACQUISITION


def _announced(file: DeliveryFile) -> dict[str, Any]:
    return {
        "url": file.url,
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "number": file.number,
        "scene_id": file.scene_id,
    }


def _shows(outline: BaseGeometry, area: BaseGeometry) -> bool:
    """Whether an image shows more of an area than the sliver that neighbours have in common."""
    return bool(area.intersection(outline).area > SLIVER * area.area)


def _scene_of(delivery: Delivery) -> str:
    """The provider's name of the scene the files were made of, when it tells."""
    return next((entry.get("scene_id", "") for entry in delivery.manifest), "")
