# SPDX-License-Identifier: AGPL-3.0-or-later
"""A private Redis on a unix socket in a 0700 folder."""

from __future__ import annotations

import shutil
import socket

from dinamis.embedded import processes
from dinamis.embedded.console import Failure, say
from dinamis.embedded.processes import Spec
from dinamis.embedded.state import Layout

NAME = "redis"


def spec(place: Layout) -> Spec:
    """How Redis is run: no TCP port, append-only file only where the data must last."""
    program = shutil.which("redis-server")
    if program is None:
        raise Failure("redis-server is not installed.")
    flags = ["--port", "0", "--unixsocket", str(place.redis_socket), "--unixsocketperm", "700", "--daemonize", "no"]
    flags += ["--dir", str(place.redis_data), "--appendonly", "yes" if place.durable else "no", "--save", ""]
    return Spec(NAME, (program, *flags), place.redis_data, str(place.redis_socket))


def ask(place: Layout, command: bytes) -> bytes:
    """The beginning of its answer to an inline command; empty when it does not answer."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(place.redis_socket))
            client.sendall(command + b"\r\n")
            return client.recv(2**16)
    except OSError:
        return b""


def answers(place: Layout) -> bool:
    """Whether it says PONG (not LOADING, while it reads its file back)."""
    return ask(place, b"PING").startswith(b"+PONG")


def consumers(place: Layout) -> int:
    """How many Celery workers wait for messages: each is then blocked in BRPOP."""
    return ask(place, b"CLIENT LIST").count(b"cmd=brpop")


def start(place: Layout) -> bool:
    """Start it unless it runs; True when it was started now."""
    record, started = processes.start(place, spec(place))
    processes.wait_until(place, record, lambda: answers(place), 20)
    if started:
        say(f"Redis runs, socket {place.redis_socket}")
    return started
