# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who has a stake in an order, asked once for each verb: its steps all ask, of the same locked order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Key = tuple[int, int]
_known: ContextVar[dict[Key, bool] | None] = ContextVar("orders_interests", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Keep the answers until the end of a verb, which has locked the order."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def answer(person_id: int, order_id: int, ask: Callable[[], bool]) -> bool:
    """Return what `ask` says of a person and an order; inside `asked_once` what it said before."""
    known = _known.get()
    if known is None:
        return ask()
    if (person_id, order_id) not in known:
        known[person_id, order_id] = ask()
    return known[person_id, order_id]
