# SPDX-License-Identifier: AGPL-3.0-or-later
"""People who order and insist while the site is being broken, then the count of what came of it."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections

from dinamis.catalogue.imagery.files import sha256_file
from dinamis.catalogue.models import Item
from dinamis.core import clock
from dinamis.core.exceptions import Busy
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.demo.geography.scenes import archive_scenes
from dinamis.demo.models import SentMail
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.orders import area_in
from dinamis.demo.story.work import MONA
from dinamis.providers.registry import get_provider
from licensing.models import Project
from orders.models import LedgerEntry, Order, OrderItem, ProviderOrder
from orders.selectors.money.envelope import envelopes_for
from orders.services.fulfilment.placement import placed_order
from orders.services.requests import draft, submission
from orders.services.reviewing import review

TITLE = "Chaos"
SIDE_KM = 5.0
PATIENCE = 240.0
"""Seconds a person goes on trying."""


def insist(step: Callable[[], Any]) -> Any:
    """Do a step again until the site answers: what people do when a page fails."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return step()
        except (DatabaseError, InterfaceError, Busy):
            if time.monotonic() > deadline:
                raise
            close_old_connections()
            time.sleep(0.5)


def order(count: int) -> list[str]:
    """Bring `count` orders to approval, one after the other; return their titles."""
    taken = insist(lambda: set(OrderItem.objects.values_list("scene__source_id", flat=True)))
    scenes = [s for s in archive_scenes() if s.satellite.collection == "pleiades" and s.cloud < 12]
    free = [scene for scene in scenes if scene.id not in taken]
    titles = [f"{TITLE} {number:02d}" for number in range(count)]
    for title, scene in zip(titles, free, strict=False):
        for step in (_drafted, _submitted, _claimed, _approved):
            insist(partial(step, title, scene))
    return titles


def _drafted(title: str, scene: Any) -> None:
    if Order.objects.filter(title=title).exists():
        return
    requester = user(MONA)
    project = Project.objects.get(title="Atlas des plages normandes")
    item = Item.objects.get(collection__slug="pleiades", source_id=scene.id)
    draft.create_draft(
        requester=requester,
        organisation=project.organisation,
        project=project,
        scenes=[item.pk],
        aoi=area_in(scene, SIDE_KM),
        title=title,
        justification="Éprouver le service.",
    )


def _submitted(title: str, scene: Any) -> None:
    wanted = Order.objects.get(title=title)
    if wanted.state == "draft":
        submission.submit_order(order=wanted, actor=wanted.requester)


def _claimed(title: str, scene: Any) -> None:
    wanted = Order.objects.get(title=title)
    if wanted.state == "submitted":
        review.start_review(order=wanted, actor=user(person("moderator").email))


def _approved(title: str, scene: Any) -> None:
    wanted = Order.objects.get(title=title)
    if wanted.state != "in_review":
        return
    pots = envelopes_for(family=wanted.family, organisation_id=wanted.organisation_id, at=clock.now())
    review.approve_order(
        order=wanted,
        actor=user(person("moderator").email),
        reason="Besoin établi.",
        envelope=pots.filter(owner__isnull=True).get(),
    )


def unfinished() -> list[str]:
    """Return the orders that still move, with their states, and the mails that wait."""
    rows = Order.objects.filter(title__startswith=TITLE).exclude(state__in=["delivered", "closed"])
    mails = OutboxMessage.objects.filter(topic="core.send_mail", done_at__isnull=True, dead_at__isnull=True)
    return [*(f"{row.title}: {row.state}" for row in rows), *map(str, mails)]


def verdict() -> list[str]:
    """Return everything that is wrong: lost, done twice, half done, or paid wrongly."""
    items = OrderItem.objects.filter(order__title__startswith=TITLE).select_related("order", "product")
    faults = unfinished()
    for item in items.order_by("order__title"):
        faults += [f"{item.order.title}: {fault}" for fault in _faults(item)]
    faults += [
        f"outbox: {message} is dead: {message.last_error}"
        for message in OutboxMessage.objects.filter(dead_at__isnull=False)
    ]
    return faults


def _faults(item: OrderItem) -> Iterator[str]:
    yield from _placed_once(item)
    yield from _paid_once(item)
    yield from _told_once(item)
    yield from _files_whole(item)


def _placed_once(item: OrderItem) -> Iterator[str]:
    row = item.provider_order
    if row is None:
        yield "never placed"
        return
    placed = placed_order(row)
    query = f"(contractId:{placed.contract_id}) AND (customerReference:*{row.reference}*)"
    views = get_provider(row.provider, settings.PROVIDERS)._search(query)
    known = [view["salesOrderId"] for view in views if view["customerReference"] == row.reference]
    if known != [placed.order_id]:
        yield f"{row.reference} is {placed.order_id} here, {known} at the provider"


def _paid_once(item: OrderItem) -> Iterator[str]:
    entries = Counter(LedgerEntry.objects.filter(order_item=item).values_list("kind", flat=True))
    total = -sum(LedgerEntry.objects.filter(order_item=item).values_list("amount_m2", flat=True))
    entries.pop("price", None)
    if entries != {"hold": 1, "commit": 1}:
        yield f"ledger entries {dict(entries)}"
    if total != item.billed_area_m2:
        yield f"the envelope paid {total} m2 for {item.billed_area_m2} m2"


def _told_once(item: OrderItem) -> Iterator[str]:
    for row, aggregate in ((item, "orders.orderitem"), (item.order, "orders.order")):
        seen = Counter(
            StateChange.objects.filter(aggregate=aggregate, object_id=row.pk).values_list("transition", flat=True)
        )
        for name in ("approve", "place", "deliver"):
            if seen[name] != 1:
                yield f"{aggregate} went through {name} {seen[name]} times"
    mails = SentMail.objects.filter(to=MONA, subject__contains=item.order.reference, body__contains="/catalogue/")
    if mails.count() != 1:
        yield f"{mails.count()} mails say that the image is there"


def _files_whole(item: OrderItem) -> Iterator[str]:
    root = Path(settings.FILES_ROOT)
    if item.product is None:
        yield "no image in the catalogue"
        return
    for asset in item.product.assets.all():
        path = root / asset.storage_key
        if not path.is_file() or path.stat().st_size != asset.size or sha256_file(path) != asset.sha256:
            yield f"{asset.storage_key} is missing or another one"
    row = ProviderOrder.objects.get(lines=item)
    if (root / "incoming" / row.reference).exists():
        yield "files of the reception were left"
