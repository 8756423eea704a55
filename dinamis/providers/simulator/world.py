# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulator's parts, put together once per process, and the production of due deliveries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dinamis.providers.simulator import delivery, taskings
from dinamis.providers.simulator.clock import Clock
from dinamis.providers.simulator.config import Config
from dinamis.providers.simulator.faults import Faults
from dinamis.providers.simulator.http import ApiError
from dinamis.providers.simulator.orders import can_cancel, production_state
from dinamis.providers.simulator.store import Document, Store

TOKEN_LIFE = 3600
LEASE = 120.0

log = logging.getLogger("dinamis.simulator")


class World:
    """Store, clock, faults, and one thread that renders deliveries so that no request waits for pixels."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.state)
        self.clock = Clock(self.store, config.speed)
        self.faults = Faults(self.store)
        self.files = config.state / "deliveries"
        self._renderer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="renderer")
        self._secret = self.store.change_meta("secret", lambda now: now or secrets.token_hex(32)).encode()

    def token(self, api_key: str) -> str:
        """A bearer token for an API key. Raises ``ApiError`` 403 when the key is unknown."""
        if not any(hmac.compare_digest(api_key.encode(), known.encode()) for known in self.config.api_keys):
            raise ApiError(403, "Invalid API key")
        claim = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + TOKEN_LIFE}).encode()).decode().rstrip("=")
        return f"{claim}.{self._sign(claim)}"

    def check(self, authorization: str) -> None:
        """Accept ``Bearer <token>``. Raises ``ApiError`` 401."""
        kind, _, token = authorization.partition(" ")
        claim, _, signature = token.partition(".")
        challenge = {"WWW-Authenticate": "Bearer"}
        if kind.lower() != "bearer" or not hmac.compare_digest(signature.encode(), self._sign(claim).encode()):
            raise ApiError(401, "Authentication failed (cause: Token missing or invalid)", headers=challenge)
        expires = json.loads(base64.urlsafe_b64decode(claim + "=" * (-len(claim) % 4)))["exp"]
        if time.time() > expires:
            raise ApiError(401, "Authentication failed (cause: Token expired)", headers=challenge)

    def _sign(self, claim: str) -> str:
        return hmac.new(self._secret, claim.encode(), hashlib.sha256).hexdigest()

    def order(self, order_id: str) -> Document:
        """An order brought up to date. Raises ``ApiError`` 404."""
        found = self.store.order(order_id)
        if found is None:
            raise ApiError(404, f"Order '{order_id}' not found.")
        return self.refreshed(found)

    def orders(self) -> list[Document]:
        """Every order brought up to date, oldest first."""
        return [self.refreshed(order) for order in self.store.orders()]

    def find(self, field: str, value: str) -> Document:
        """The order whose ``field`` is ``value``. Raises ``ApiError`` 404."""
        found = next((o for o in self.orders() if o.get(field) == value), None)
        if found is None:
            raise ApiError(404, f"'{value}' not found.")
        return found

    def cancel(self, order: Document) -> Document:
        """Cancel an order; the answer's body. Raises ``ApiError`` 409 once it is produced."""
        if not can_cancel(order, self.clock.now()):
            raise ApiError(409, "The order can no longer be cancelled", hint="status")
        change = {"outcome": "cancelled", "reason": "Cancelled by the customer"}
        self.store.change_order(order["salesOrderId"], lambda doc: doc.update(change))
        return {}

    def refreshed(self, order: Document) -> Document:
        """Work out what happened since the last request, and start rendering what is in production."""
        order = taskings.update(self.store, self.clock, order, overcast=bool(self.faults.strike("overcast")))
        now = self.clock.now()
        for production in order["productions"]:
            if not production["file"] and production_state(order, production, now) == "RUNNING":
                self._render_later(order["salesOrderId"], production["rank"])
        return order

    def _render_later(self, order_id: str, rank: int) -> None:
        claimed: list[bool] = []

        def claim(order: Document) -> None:
            production = order["productions"][rank - 1]
            if not production["file"] and time.time() > production.get("lease", 0):
                production["lease"] = time.time() + LEASE
                claimed.append(True)

        self.store.change_order(order_id, claim)
        if claimed:
            self._renderer.submit(self._render, order_id, rank)

    def _render(self, order_id: str, rank: int) -> None:
        order = self.store.order(order_id)
        if order is None:
            return
        production = order["productions"][rank - 1]
        result: Document = {}
        try:
            scenes = [s for s in (self.store.scene(i) for i in production["sceneIds"]) if s]
            made = delivery.make(order, production, scenes, self.files / order_id, self.config.max_pixels)
            result = {"file": made.as_document()}
        except Exception:
            log.exception("delivery of %s could not be made", order_id)
            result = {"state": "FAILED"}
        self.store.change_order(order_id, lambda doc: doc["productions"][rank - 1].update(result))

    def deliveries(self, order: Document) -> list[dict[str, Any]]:
        """The manifest: what is delivered so far, faults included."""
        now = self.clock.now()
        ready = [p for p in order["productions"] if production_state(order, p, now) == "SUCCEEDED"]
        files = []
        for production in ready:
            made = production["file"]
            sha256 = made["sha256"]
            if self.faults.strike("wrong_checksum"):
                sha256 = hashlib.sha256(sha256.encode()).hexdigest()
            files.append(
                {
                    "fileName": made["name"],
                    "size": made["size"],
                    "sha256": sha256,
                    "mediaType": made["media_type"],
                    "deliveryNumber": production["rank"],
                    "catalogIds": production["sceneIds"],
                    "href": f"{self.config.public_url}/deliveries/{order['salesOrderId']}/{made['name']}",
                }
            )
        return files
