# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who acts, for whom and why: told to the database with each writing statement, so that its events know.

The setting `dinamis.event` is local to the transaction: a pooled connection carries nothing into the next request.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection

from dinamis.core.actors import Actor

WRITES = ("INSERT", "UPDATE", "DELETE")
TELL = "SELECT set_config('dinamis.event', %s, true)"
_said: ContextVar[Callable[[], dict[str, Any]] | None] = ContextVar("dinamis_event", default=None)


def said_by(actor: Actor, *, action: str, on_behalf: str = "", reason_code: str = "") -> dict[str, Any]:
    """Return what an event keeps of an act: numbers and codes, never a name."""
    return {
        "actor_id": actor.user.pk if actor.user is not None else None,
        "actor_kind": actor.kind.value,
        "on_behalf": on_behalf,
        "action": action[:100],
        "reason_code": reason_code,
    }


@contextmanager
def acting(actor: Actor, *, action: str, on_behalf: str = "", reason_code: str = "") -> Iterator[None]:
    """Attribute the changes made in the block; an inner block speaks for its own changes, on the same behalf."""
    outer = _said.get()
    behalf = on_behalf or (outer().get("on_behalf", "") if outer else "")
    with saying(lambda: said_by(actor, action=action, on_behalf=behalf, reason_code=reason_code)):
        yield


@contextmanager
def saying(said: Callable[[], dict[str, Any]]) -> Iterator[None]:
    """Attribute the changes made in the block to what `said` returns when they are made."""
    token = _said.set(said)
    outermost = _tell not in connection.execute_wrappers
    if outermost:
        connection.execute_wrappers.append(_tell)
    try:
        yield
    finally:
        _said.reset(token)
        if outermost:
            connection.execute_wrappers.remove(_tell)


def _tell(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    said = _said.get()
    if said is None or not isinstance(sql, str) or not sql.lstrip()[:6].upper().startswith(WRITES):
        return execute(sql, params, many, context)
    words = json.dumps(said())
    if many or isinstance(params, dict):
        execute(TELL, [words], False, context)
        return execute(sql, params, many, context)
    # One message to the server, so that reads and writes keep the number of round trips they had.
    execute(f"{TELL}; {sql}", (words, *(params or ())), many, context)
    cursor = context["cursor"]
    while cursor.nextset():
        pass
    return None
