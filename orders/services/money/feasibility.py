# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a provider can acquire an area within its window: asked before anything is bought, by a task."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.core import clock, outbox
from dinamis.core.exceptions import IllegalTransition, NotPermitted
from dinamis.core.transitions import lock
from dinamis.providers.base import Attempt, FeasibilityAnswer
from orders.enums import ItemState, OrderKind
from orders.models import Feasibility, Order

TOPIC = "orders.ask_feasibility"
MOST_PASSES = 40


@transaction.atomic
def ask_feasibility(*, order: Order, actor: Any) -> list[Feasibility]:
    """Ask the provider about every line that is not bought yet; a question that is under way is not asked again.

    Raises NotPermitted, IllegalTransition for an archive order and once everything is bought.
    """
    locked = lock(order)
    if not actor.has_perm("orders.ask_quote", locked):
        raise NotPermitted(_("You may not ask the provider about this order."))
    lines = list(locked.items.filter(state__in=[ItemState.PENDING, ItemState.APPROVED]).order_by("position"))
    if locked.kind != OrderKind.ACQUISITION or not lines:
        raise IllegalTransition(_("Only an acquisition that is not bought yet is studied."), state=locked.state)
    return [_asked(line, actor) for line in lines]


def _asked(line: Any, actor: Any) -> Feasibility:
    row, created = Feasibility.objects.get_or_create(line=line, answered_at=None, defaults={"asked_by": actor})
    if created:
        outbox.put(TOPIC, {"feasibility_id": row.pk}, key=f"{TOPIC}:{row.pk}")
    return row


@transaction.atomic
def record_feasibility(
    *, feasibility_id: int, answer: FeasibilityAnswer | None, passes: Sequence[Attempt] = (), error: str = ""
) -> Feasibility:
    """Write what the provider answers: its class, its passes, until when it counts; or why none.

    Twice = once.
    """
    row = Feasibility.objects.select_for_update().get(pk=feasibility_id)
    if row.answered_at is not None:
        return row
    row.answered_at, row.error = clock.now(), error
    if answer is not None:
        row.available, row.expires = answer.available, answer.expires
        row.classification, row.automation = answer.classification, answer.automation
    row.passes = [
        {"start": one.start.isoformat(), "end": one.end.isoformat(), "incidence": round(one.incidence_angle, 2)}
        for one in sorted(passes, key=lambda one: one.start)[:MOST_PASSES]
    ]
    row.save()
    return row
