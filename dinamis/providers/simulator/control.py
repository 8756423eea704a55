# SPDX-License-Identifier: AGPL-3.0-or-later
"""The levers of the simulator itself, under ``/simulator`` (they need a token like the rest), and ``/healthz``."""

from __future__ import annotations

from dinamis.providers.simulator import geometry, taskings
from dinamis.providers.simulator.faults import KNOWN
from dinamis.providers.simulator.http import ApiError, Request, Response, Router, json_response
from dinamis.providers.simulator.orders import order_status
from dinamis.providers.simulator.scenes import complete
from dinamis.providers.simulator.world import World

MAX_SCENES = 20_000


class Control:
    """The handlers."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self, router: Router) -> None:
        """Register the resources."""
        router.add("GET", "/healthz", self.health, open_to_all=True)
        router.add("GET", "/simulator/state", self.state)
        router.add("POST", "/simulator/clock", self.clock)
        router.add("GET", "/simulator/faults", self.faults)
        router.add("POST", "/simulator/faults", self.set_faults)
        router.add("DELETE", "/simulator/faults", self.clear_faults)
        router.add("POST", "/simulator/scenes", self.scenes)
        router.add("POST", "/simulator/taskings/{tasking}/propose", self.propose)

    def health(self, request: Request) -> Response:
        """Alive, and the store answers."""
        return json_response({"status": "ok", "scenes": self.world.store.counts()["scenes"]})

    def state(self, request: Request) -> Response:
        """Clock, faults, and one line per order."""
        now = self.world.clock.now()
        lines = [
            {
                "salesOrderId": order["salesOrderId"],
                "customerReference": order["customerReference"],
                "productType": order["productType"],
                "status": order_status(order, now),
                "segments": [{"id": s["id"], "status": s["status"]} for s in order.get("segments", [])],
                "deliveries": [p["file"]["name"] for p in order["productions"] if p["file"]],
            }
            for order in self.world.orders()
        ]
        clock = self.world.store.meta("clock") | {"now": now}
        return json_response(
            {"clock": clock, "faults": self.world.faults.all(), "counts": self.world.store.counts(), "orders": lines}
        )

    def clock(self, request: Request) -> Response:
        """``{"speed": 3600}`` or ``{"advance_seconds": 86400}``, or both."""
        body = request.json()
        try:
            speed = None if body.get("speed") is None else float(body["speed"])
            advance = float(body.get("advance_seconds", 0))
        except (TypeError, ValueError) as error:
            raise ApiError(400, "speed and advance_seconds are numbers") from error
        if (speed is not None and speed < 0) or advance < 0:
            raise ApiError(400, "speed and advance_seconds are not negative")
        self.world.clock.set(speed=speed, advance_seconds=advance)
        return json_response(self.world.store.meta("clock") | {"now": self.world.clock.now()})

    def faults(self, request: Request) -> Response:
        """What is switched on, and what can be."""
        return json_response({"on": self.world.faults.all(), "known": KNOWN})

    def set_faults(self, request: Request) -> Response:
        """Switch faults on and off."""
        try:
            return json_response({"on": self.world.faults.set(request.json())})
        except ValueError as error:
            raise ApiError(400, str(error)) from error

    def clear_faults(self, request: Request) -> Response:
        """Switch all faults off."""
        self.world.faults.clear()
        return json_response({"on": {}})

    def scenes(self, request: Request) -> Response:
        """Register catalogue scenes in bulk: ``{"scenes": [{id, footprint, datetime, sensor, incidence_angle, azimuth,
        sun_azimuth, sun_elevation, cloud, snow}]}``; all or none."""
        given = request.json().get("scenes")
        if not isinstance(given, list) or len(given) > MAX_SCENES:
            raise ApiError(400, f"scenes is a list of at most {MAX_SCENES}")
        try:
            scenes = [complete(scene) for scene in given]
        except (ValueError, TypeError, AttributeError) as error:
            raise ApiError(400, str(error)) from error
        return json_response({"registered": self.world.store.add_scenes(scenes)}, 201)

    def propose(self, request: Request, tasking: str) -> Response:
        """Make an acquisition happen now: ``{"cloud": 22}``, with its ``footprint`` and the polygons of its clouds
        (``cloudMask``) when they are told; with ``alone`` no other image comes by chance."""
        order = next((o for o in self.world.orders() if o.get("icr") == tasking), None)
        if order is None:
            raise ApiError(404, f"'{tasking}' not found.")
        body = request.json()
        try:
            told = {name: geometry.polygon(body[name]) for name in ("footprint", "cloudMask") if name in body}
        except ValueError as error:
            raise ApiError(400, str(error)) from error
        taskings.propose(
            self.world.store,
            self.world.clock,
            order,
            float(body.get("cloud", 20)),
            outline=told.get("footprint"),
            clouds=told.get("cloudMask"),
            alone=bool(body.get("alone")),
        )
        return json_response({}, 201)
