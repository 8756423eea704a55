# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time that can be sped up. Durations run on it; the dates shown to customers start from the real day of an order."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from dinamis.providers.simulator.store import Store


class Clock:
    """Simulated seconds, kept in the store so that every process agrees."""

    def __init__(self, store: Store, speed: float) -> None:
        self._store = store
        if store.meta("clock") is None:
            store.set_meta("clock", {"real": time.time(), "simulated": time.time(), "speed": speed})

    def now(self) -> float:
        """Simulated seconds since 1970."""
        state = self._store.meta("clock")
        return float(state["simulated"] + (time.time() - state["real"]) * state["speed"])

    def set(self, *, speed: float | None = None, advance_seconds: float = 0.0) -> dict[str, Any]:
        """Change the speed (>= 0) or jump forward; returns the new state."""

        def change(state: dict[str, Any]) -> dict[str, Any]:
            real = time.time()
            simulated = state["simulated"] + (real - state["real"]) * state["speed"] + advance_seconds
            return {"real": real, "simulated": simulated, "speed": state["speed"] if speed is None else speed}

        state: dict[str, Any] = self._store.change_meta("clock", change)
        return state


def utc_now() -> datetime:
    """The real instant."""
    return datetime.now(UTC)


def iso(instant: datetime) -> str:
    """ISO 8601 with milliseconds and Z, as OneAtlas writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def parse(text: str) -> datetime:
    """An ISO instant; without a zone it is UTC. Raises ``ValueError``."""
    instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def after(text: str, seconds: float) -> datetime:
    """An instant some seconds after an ISO one."""
    return parse(text) + timedelta(seconds=seconds)
