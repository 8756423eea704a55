# SPDX-License-Identifier: AGPL-3.0-or-later
from dinamis.core.models.event import DailySeal, Event, EventLink, EventSalt
from dinamis.core.models.history import StateChange
from dinamis.core.models.idempotency import IdempotencyRecord
from dinamis.core.models.outbox import OutboxMessage
from dinamis.core.models.stateful import StatefulModel

__all__ = [
    "DailySeal",
    "Event",
    "EventLink",
    "EventSalt",
    "IdempotencyRecord",
    "OutboxMessage",
    "StateChange",
    "StatefulModel",
]
