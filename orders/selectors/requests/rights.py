# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order still lacks of rights, asked of the one decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.enums import Action, Capacity
from licensing.models import Acceptance, Licence
from licensing.selectors.decision import Deny, ResourceFacts, decide_many
from orders.enums import OrderKind
from orders.models import Order, OrderItem


def missing_for(order: Order, *, at: datetime) -> list[dict[str, str]]:
    """Return every condition that fails for the requester, the project and any scene of the order; empty = may order.
    One query for the rights, whatever the number of scenes.

    The members are those of `missing[]` in problem+json: code, detail, repair.
    """
    missing: dict[str, dict[str, str]] = {}
    action = Action.ORDER_ARCHIVE if order.kind == OrderKind.ARCHIVE else Action.REQUEST_ACQUISITION
    for answer in decide_many(order.requester, action, _facts(order), project=order.project_id, at=at):
        if isinstance(answer, Deny):
            missing |= {reason["code"]: reason for reason in answer.missing()}
    return list(missing.values())


def _facts(order: Order) -> list[ResourceFacts]:
    if order.kind == OrderKind.ARCHIVE:
        return list({item.scene.facts for item in order.items.select_related("scene__collection") if item.scene})
    return [ResourceFacts(licence_id=order.acquisition.collection.licence_id)]


@dataclass(frozen=True)
class Rights:
    """A licence of the order's images, the reader's own signature on it if any, and the credit lines that are due."""

    licence: Licence
    acceptance: Acceptance | None
    credit_lines: tuple[str, ...]


def signed_versions(lines: Sequence[OrderItem], reader: Any) -> list[Rights]:
    """Return what the rights card of an order shows; one query whatever the number of lines."""
    licences = {line.collection.licence_id: line.collection.licence for line in lines}
    rows = Acceptance.objects.filter(
        person=reader, capacity=Capacity.SELF, licence_version__licence__in=licences
    ).select_related("licence_version")
    signed = {row.licence_version.licence_id: row for row in rows.order_by("accepted_at", "pk")}
    return [
        Rights(
            licence,
            signed.get(pk),
            tuple(dict.fromkeys(credit_line(line) for line in lines if line.collection.licence_id == pk)),
        )
        for pk, licence in licences.items()
    ]


def credit_line(line: OrderItem) -> str:
    """Return the words every use of the image must carry, with its sensor and its year of acquisition.

    Of an image that is yet to be taken, the year is the last one in which it may be.
    """
    collection = line.collection
    image = line.product or line.scene
    year = image.datetime.year if image else line.period.upper.year
    words = {"{year}": str(year), "{sensor}": str(collection.get_family_display())}
    text = collection.licence.credit_line
    for mark, value in words.items():
        text = text.replace(mark, value)
    return text
