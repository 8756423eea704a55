# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Python processes: web workers, provider simulator, Celery worker and beat."""

from __future__ import annotations

import http.client
import os
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from dinamis.embedded import environment, processes, redis
from dinamis.embedded.console import say
from dinamis.embedded.processes import Record, Spec
from dinamis.embedded.state import Layout

CELERY = ("-m", "celery", "-A", "dinamis.celery")


def server(place: Layout, name: str, application: str, bind: Path, *flags: str) -> Spec:
    """A server on a unix socket; called as a module, since a moved ``.venv`` has stale script headers."""
    argv = (str(place.python), "-m", "dinamis.server", application, "--bind", f"unix:{bind}", *flags)
    return Spec(name, argv, place.work(name), str(bind), environment.full(place))


def web(place: Layout) -> Spec:
    """Two workers of four threads, sharing the pages of the application loaded before they fork."""
    return server(place, "web", "dinamis.wsgi:application", place.web_socket, "--workers", "2", "--threads", "4")


def simulator(place: Layout) -> Spec:
    """The provider simulator, a server apart, told the prefix nginx shows it under.

    It draws on many threads: glibc (mallopt(3), M_ARENA_MAX) would keep for each what it once took, 380 MB in all
    instead of 180.
    """
    flags = ("--workers", "1", "--threads", "8", "--prefix", "/simulator")
    spec = server(place, "simulator", "dinamis.providers.simulator.wsgi:application", place.simulator_socket, *flags)
    return replace(spec, env={**spec.env, "MALLOC_ARENA_MAX": "2"})


def celery_worker(place: Layout, name: str, queue: str, niceness: int = 0) -> Spec:
    """A Celery worker of one queue. No gossip with its neighbour, which would only slow its start."""
    flags = ("worker", "--queues", queue, "--concurrency", "2", "--loglevel", "INFO")
    argv = (str(place.python), *CELERY, *flags, "--without-gossip", "--without-mingle")
    return Spec(name, argv, place.work(name), "Redis", environment.full(place), niceness=niceness)


def worker(place: Layout) -> Spec:
    """Drives what people wait for: mails, codes, certificates."""
    return celery_worker(place, "worker", "prompt")


def slow_worker(place: Layout) -> Spec:
    """Talks with providers and builds images, behind those who look at pages."""
    return celery_worker(place, "slow-worker", "slow", niceness=10)


def beat(place: Layout) -> Spec:
    """Celery's clock; its schedule file lies in its own folder."""
    work = place.work("beat")
    argv = (str(place.python), *CELERY, "beat", "--loglevel", "INFO", "--pidfile=", "-s", str(work / "schedule"))
    return Spec("beat", argv, work, "Redis", environment.full(place))


SPECS = {"simulator": simulator, "web": web, "worker": worker, "slow-worker": slow_worker, "beat": beat}
ORDER_OF_STOP = ("beat", "slow-worker", "worker", "web", "simulator", "nginx", "redis", "postgresql")


def accepts(path: Path) -> bool:
    """Whether a server accepts connections on a unix socket."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(path))
            return True
    except OSError:
        return False


def launch(place: Layout, *names: str) -> None:
    """Start processes without waiting for them."""
    for name in names:
        record, started = processes.start(place, SPECS[name](place))
        say(f"{name} started" if started else f"{name} runs already (pid {record.pid}), as it was started")


def readiness(port: int) -> tuple[int, str]:
    """Status and body of ``/readyz``; 0 while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read(4000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def consume(place: Layout) -> bool:
    """Whether both workers wait for messages; on a Redis of the user's own we do not look."""
    return bool(environment.external("REDIS_URL", os.environ)) or redis.consumers(place) >= 2


READY: dict[str, Callable[[Layout], bool]] = {
    "simulator": lambda place: accepts(place.simulator_socket),
    "web": lambda place: readiness(place.port)[0] == 200,
    "worker": consume,
    "slow-worker": consume,
    "beat": lambda place: processes.remembered(place, "beat") is not None,
}


def wait_for(place: Layout, *names: str, seconds: float = 120) -> None:
    """Wait until each answers. Raises Failure with the end of its log when one dies or stays silent."""
    for name in names:
        record = processes.remembered(place, name)
        if record is None:
            raise processes.died(place, name)
        processes.wait_until(place, record, partial(READY[name], place), seconds)


def living(place: Layout) -> list[Record]:
    """The processes of ours that run, in the order they are stopped."""
    found = (processes.remembered(place, name) for name in ORDER_OF_STOP)
    return [record for record in found if record]
