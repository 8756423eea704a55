# SPDX-License-Identifier: AGPL-3.0-or-later
"""The WSGI application: route, check the token, apply the faults that are on, answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from dinamis.providers.simulator.api import Api
from dinamis.providers.simulator.catalogue_api import CatalogueApi
from dinamis.providers.simulator.config import Config
from dinamis.providers.simulator.control import Control
from dinamis.providers.simulator.files import Files
from dinamis.providers.simulator.http import ApiError, Request, Response, Router, status_line
from dinamis.providers.simulator.tasking_api import TaskingApi
from dinamis.providers.simulator.world import World

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("dinamis.simulator")


def create_app(config: Config) -> Wsgi:
    """A WSGI application over the state folder of ``config`` (several processes and threads may share it)."""
    world, router = World(config), Router()
    for part in (Control(world), Files(world), Api(world), TaskingApi(world), CatalogueApi(world)):
        part.routes(router)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request.of(environ)
        try:
            response = _answer(world, router, request)
        except ApiError as error:
            response = error.response()
        except Exception:
            log.exception("%s %s", request.method, request.path)
            response = ApiError(500, "UNEXPECTED_SERVER_ERROR").response()
        start_response(status_line(response.status), list(response.headers.items()))
        return [] if request.method == "HEAD" else response.body

    return application


def _answer(world: World, router: Router, request: Request) -> Response:
    handler, arguments, open_to_all = router.find(request)
    if not open_to_all:
        world.check(request.header("Authorization"))
    if not request.path.startswith(("/simulator/", "/healthz")):
        _strike(world, request.path)
    return handler(request, **arguments)


def _strike(world: World, path: str) -> None:
    faults = world.faults
    slow = faults.strike("slow", path)
    if slow is not None:
        time.sleep(min(float(slow.get("seconds", 5)), 120))
    limited = faults.strike("rate_limit", path)
    if limited is not None:
        raise ApiError(429, "Too many requests", headers={"Retry-After": str(limited.get("retry_after", 1))})
    if faults.strike("server_error", path) is not None:
        raise ApiError(500, "UNEXPECTED_SERVER_ERROR")
