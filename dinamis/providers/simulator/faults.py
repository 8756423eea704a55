# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults that can be switched on, so that what DINAMIS does about them can be seen and tested.

``POST /simulator/faults {"server_error": {"times": 2}, "slow": {"seconds": 3}, "price_change": {"percent": 12}}``;
a fault set to null is switched off, one without ``times`` stays on, ``path`` limits it to paths holding that text.
"""

from __future__ import annotations

from typing import Any

from dinamis.providers.simulator.store import Store

KNOWN = {
    "server_error": "answers 500",
    "rate_limit": "answers 429 with Retry-After: retry_after (default 1 s)",
    "slow": "waits `seconds` (default 5) before answering",
    "lost_response": "places the order, then answers 500",
    "reject_orders": "an order is accepted, then rejected in production",
    "fail_production": "the production of an order fails",
    "price_change": "orders cost `percent` more than quoted",
    "truncated_file": "a delivered file ends half-way",
    "interrupted_download": "the connection is closed half-way through a file",
    "wrong_checksum": "the manifest names another SHA-256",
    "overcast": "no image is acquired by chance: only those that are made to happen",
    "missing_file": "the manifest names a file that is not there",
}

Fault = dict[str, Any]


class Faults:
    """The faults switched on now, shared through the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> dict[str, Fault]:
        """Name to parameters of each fault that is on."""
        return self._store.meta("faults") or {}

    def set(self, changes: dict[str, Any]) -> dict[str, Fault]:
        """Switch faults on (object or true) or off (null or false). Raises ``ValueError`` for an unknown name."""
        unknown = sorted(set(changes) - set(KNOWN))
        if unknown:
            raise ValueError(f"unknown faults: {', '.join(unknown)}; known: {', '.join(sorted(KNOWN))}")

        def change(now: dict[str, Fault] | None) -> dict[str, Fault]:
            merged = dict(now or {})
            for name, value in changes.items():
                merged.pop(name, None)
                if value is not None and value is not False:
                    merged[name] = value if isinstance(value, dict) else {}
            return merged

        result: dict[str, Fault] = self._store.change_meta("faults", change)
        return result

    def clear(self) -> None:
        """Switch everything off."""
        self._store.set_meta("faults", {})

    def strike(self, name: str, path: str = "") -> Fault | None:
        """The fault's parameters, never empty, when it hits this time (and count it), else None."""
        fault = self.all().get(name)
        if fault is None or fault.get("path", "") not in path:
            return None
        if "times" not in fault:
            return fault | {"on": True}
        hit: list[Fault] = []

        def change(now: dict[str, Fault] | None) -> dict[str, Fault]:
            faults = dict(now or {})
            current = faults.get(name)
            if current and current.get("times", 1) > 0:
                hit.append(current)
                faults[name] = current | {"times": current.get("times", 1) - 1}
                if faults[name]["times"] <= 0:
                    del faults[name]
            return faults

        self._store.change_meta("faults", change)
        return hit[0] if hit else None
