# SPDX-License-Identifier: AGPL-3.0-or-later
"""The site as it is served, for as long as a bench: two workers of four threads each, nginx in front."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from django.db import connection

from dinamis.embedded import nginx, services
from dinamis.embedded.ports import free_pair
from dinamis.embedded.state import Layout, checkout_root

TOKEN = "b" * 32
FIRST_PORT = 18_300
Walk = Sequence[tuple[str, Mapping[str, str]]]
"""Forms that are posted one after another: address and fields."""


@dataclass(frozen=True)
class Answer:
    """What the site said to one form, and after how many milliseconds."""

    status: int
    ms: float


@dataclass(frozen=True)
class Site:
    """A site that is served: the port of nginx on 127.0.0.1, the programs that were started for it."""

    port: int
    programs: tuple["subprocess.Popen[bytes]", ...]

    def processor_ms(self) -> float:
        """The processor time that nginx, the server and its workers have taken so far, in milliseconds."""
        return sum(_processor_ms(pid) for program in self.programs for pid in (program.pid, *_children(program.pid)))


def database_processor_ms() -> float:
    """The same of the servers of this database's connections, while they last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return sum(_processor_ms(pid) for (pid,) in cursor.fetchall())


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _processor_ms(pid: int) -> float:
    """User and system time of a process (proc(5), stat: the fields after the name in brackets)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(database_url: str) -> Iterator[Site]:
    """Serve a database over HTTP."""
    with tempfile.TemporaryDirectory(prefix="dinamis-served-", dir="/var/tmp") as folder:
        state = Path(folder)
        place = Layout(
            checkout_root(), "bench", state, checkout_root() / "var" / "bench" / "served", free_pair(FIRST_PORT)
        )
        for made in (place.sockets, place.logs, place.static, place.files, place.work("web"), place.work("nginx")):
            made.mkdir(parents=True, exist_ok=True)
        (place.work("nginx") / "nginx.conf").write_text(nginx.configuration(place))
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.bench.site_settings", "DATABASE_URL": database_url}
        running = []
        try:
            for spec in (services.web(place), nginx.spec(place)):
                with (place.logs / spec.name).open("wb") as log:
                    argv = list(spec.argv)
                    running.append(subprocess.Popen(argv, env=env, cwd=place.checkout, stdout=log, stderr=log))
            _wait_until_it_answers(place)
            yield Site(place.port, tuple(running))
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(20)


def _wait_until_it_answers(place: Layout) -> None:
    for _ in range(240):
        if services.accepts(place.web_socket) and services.readiness(place.port)[0] in {200, 503}:
            return
        time.sleep(0.25)
    raise RuntimeError(f"the site does not answer: {(place.logs / 'web').read_text()[-2000:]}")


def post_at_once(port: int, session: str, walks: Sequence[Walk]) -> list[list[Answer]]:
    """Post forms as who has the session cookie: walks side by side, each on connections of its own, all opened before
    the first form is sent; the forms of a walk one after another. A walk ends at what is not a redirect."""
    return asyncio.run(_all(port, session, walks))


async def _all(port, session, walks):
    opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _walk in walks))
    return await asyncio.gather(
        *(_walk(port, session, walk, streams) for walk, streams in zip(walks, opened, strict=True))
    )


async def _walk(port, session, walk, streams):
    answers = []
    for path, fields in walk:
        reader, writer = streams or await asyncio.open_connection("127.0.0.1", port)
        streams = None
        began = time.perf_counter()
        writer.write(_request(port, session, path, fields))
        told = await reader.read()
        writer.close()
        answers.append(Answer(int(told.split(b" ", 2)[1]), (time.perf_counter() - began) * 1000))
        if answers[-1].status != 302:
            break
    return answers


def _request(port, session, path, fields):
    body = urlencode({**fields, "csrfmiddlewaretoken": TOKEN})
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Cookie: sessionid={session}; csrftoken={TOKEN}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", body)).encode()
