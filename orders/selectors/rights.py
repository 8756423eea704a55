# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order still lacks of rights, asked of the one decision."""

from datetime import datetime

from licensing.enums import Action
from licensing.selectors.decision import Deny, decide
from orders.models import Order


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
