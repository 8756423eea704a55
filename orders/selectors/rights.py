# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order still lacks of rights, asked of the one decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.enums import Action, Capacity
from licensing.models import Acceptance, Licence
from licensing.selectors.decision import Deny, decide
from orders.models import Order, OrderItem


def missing_for(order: Order, *, at: datetime) -> list[dict[str, str]]:
    """Return every condition that fails for the requester, the project and any scene of the order; empty = may order.

    The members are those of `missing[]` in problem+json: code, detail, repair.
    """
    missing: dict[str, dict[str, str]] = {}
    scenes = [item.scene for item in order.items.select_related("scene__collection")]
    for facts in {scene.facts for scene in scenes}:
        answer = decide(order.requester, Action.ORDER_ARCHIVE, facts, project=order.project_id, at=at)
        if isinstance(answer, Deny):
            missing |= {reason["code"]: reason for reason in answer.missing()}
    return list(missing.values())


@dataclass(frozen=True)
class Rights:
    """A licence of the order's images, the reader's own signature on it if any, and the credit lines that are due."""

    licence: Licence
    acceptance: Acceptance | None
    credit_lines: tuple[str, ...]


def signed_versions(lines: Sequence[OrderItem], reader: Any) -> list[Rights]:
    """Return what the rights card of an order shows; one query whatever the number of lines."""
    licences = {line.scene.collection.licence_id: line.scene.collection.licence for line in lines}
    rows = Acceptance.objects.filter(
        person=reader, capacity=Capacity.SELF, licence_version__licence__in=licences
    ).select_related("licence_version")
    signed = {row.licence_version.licence_id: row for row in rows.order_by("accepted_at", "pk")}
    return [
        Rights(
            licence,
            signed.get(pk),
            tuple(dict.fromkeys(credit_line(line) for line in lines if line.scene.collection.licence_id == pk)),
        )
        for pk, licence in licences.items()
    ]


def credit_line(line: OrderItem) -> str:
    """Return the words every use of the image must carry, with its year of acquisition and its sensor."""
    collection = line.scene.collection
    words = {"{year}": str(line.scene.datetime.year), "{sensor}": str(collection.get_family_display())}
    text = collection.licence.credit_line
    for mark, value in words.items():
        text = text.replace(mark, value)
    return text
