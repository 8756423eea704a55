# SPDX-License-Identifier: AGPL-3.0-or-later
"""``python -m dinamis.server dinamis.wsgi:application --bind unix:PATH``: a WSGI application, served by Granian.

What Granian's own command does not do (ADR 60): load the application once and share its memory between the workers, end
a worker that is stuck, keep the environment of the process out of the requests.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import os
import threading
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from granian.constants import HTTPModes, Interfaces
from granian.server import Server

STUCK_AFTER = 60
"""Seconds in which no Python thread of a worker came to run. Slow requests are not meant: they let others run."""
PIECE, LONGEST_BODY = 64 * 1024, 32 * 1024**2
"""Bytes; the second as `client_max_body_size` has it."""
IDLE_THREAD = 600
"""Seconds, the most that Granian takes: what a thread keeps is not built again after each calm half minute."""


class Stoppable(Server):
    """Granian whose handler of signals cannot wait for itself: it sets an event that the same thread may be locking."""

    def signal_handler_interrupt(self, *_args: Any, **_named: Any) -> None:
        """Say that the server is to stop."""
        self.interrupt_signal = True
        threading.Thread(target=self.main_loop_interrupt.set).start()


def main(argv: list[str] | None = None) -> None:
    """Serve until SIGTERM; ends with code 1 when the application does not load or a worker dies twice within 5 s."""
    parser = argparse.ArgumentParser(prog="python -m dinamis.server", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("application", help="module:name")
    parser.add_argument("--bind", required=True, help="unix:PATH, or host:port")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=4, help="requests of a worker at once (default: %(default)s)")
    parser.add_argument("--prefix", help="the path under which it is seen, as SCRIPT_NAME says it")
    parser.add_argument("--grace", type=int, default=9, help="seconds a stop leaves a request (default: %(default)s)")
    given = parser.parse_args(argv)
    module, _colon, name = given.application.partition(":")
    application: WSGIApplication = getattr(importlib.import_module(module), name)
    server = Stoppable(
        given.application,
        **listening(given.bind, given.threads),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        workers=given.workers,
        blocking_threads=given.threads,
        blocking_threads_idle_timeout=IDLE_THREAD,
        url_path_prefix=given.prefix,
        respawn_failed_workers=True,
        workers_kill_timeout=given.grace,
    )
    server.serve(target_loader=partial(in_a_worker, application), wrap_loader=False)


def listening(bind: str, threads: int) -> dict[str, Any]:
    """Where Granian listens: a socket for nginx, whose user is in our group, or a port for programs of this machine.

    nginx opens a connection for each request. A worker takes one only while a thread is free, so that no request waits
    behind a slow one while the other worker is idle. Programs keep their connections, which must not bar each other.
    A socket that a killed server left is taken away: none could be made in its place.
    """
    if bind.startswith("unix:"):
        path = Path(bind.removeprefix("unix:"))
        if path.is_socket():
            path.unlink()
        return {"uds": path, "uds_permissions": 0o660, "backpressure": threads}
    host, _colon, port = bind.rpartition(":")
    return {"address": host, "port": int(port)}


def in_a_worker(application: WSGIApplication) -> WSGIApplication:
    """Called in each worker after the fork: what it serves."""
    threading.Thread(target=watch, name="watch", daemon=True).start()
    return as_expected(application)


def watch() -> None:
    """End this process, with the traces of its threads, when none of them can run Python; Granian starts another."""
    while True:
        faulthandler.dump_traceback_later(STUCK_AFTER, exit=True)
        time.sleep(STUCK_AFTER / 6)


def as_expected(application: WSGIApplication) -> WSGIApplication:
    """Take out what Granian adds to a request, the variables of the process; read the body an answer left unread.

    Granian closes a connection with bytes to read, which resets it: nginx may then lose the answer and say 502.
    """
    added = tuple(os.environ.items())

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        for name, value in added:
            if environ.get(name) == value:
                del environ[name]
        answered = application(environ, start_response)
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            drain(environ["wsgi.input"])
        return answered

    return answer


def drain(body: Any) -> None:
    """Read a body to its end, or as far as nginx would let one come."""
    left = LONGEST_BODY
    while left > 0 and (piece := body.read(PIECE)):
        left -= len(piece)


if __name__ == "__main__":
    main()
