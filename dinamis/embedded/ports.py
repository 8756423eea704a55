# SPDX-License-Identifier: AGPL-3.0-or-later
"""TCP ports: which addresses exist here, whether a port is free, and who holds it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dinamis.embedded.console import Failure

LISTEN = "0A"
"""Socket state in /proc/net/tcp (proc(5))."""
CANDIDATES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def loopbacks() -> list[str]:
    """The loopback addresses of this machine; a container often lacks ::1."""
    return [address for family, address in CANDIDATES if can_bind(family, address, 0)]


def can_bind(family: int, address: str, port: int) -> bool:
    """Whether a server could listen there (``SO_REUSEADDR`` as nginx sets it: a closing connection is no obstacle)."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((address, port))
            return True
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Whether the port is free on every loopback address."""
    here = loopbacks()
    return all(can_bind(family, address, port) for family, address in CANDIDATES if address in here)


def free_pair(first: int) -> int:
    """The first port ≥ ``first`` that is free together with its successor, tried two by two."""
    for port in range(first, first + 400, 2):
        if is_free(port) and is_free(port + 1):
            return port
    raise Failure(f"No two free ports between {first} and {first + 400}. Choose one: PORT=9000 make demo")


def require_free(port: int, command: str) -> None:
    """Raise Failure naming the holder and another port when ``port`` or its successor is taken."""
    for wanted in (port, port + 1):
        if is_free(wanted):
            continue
        purpose = "the site" if wanted == port else "the STAC address"
        raise Failure(
            f"Port {wanted} ({purpose}) is taken by {holder(wanted)}. "
            f"Stop that program, or choose another port: PORT={free_pair(port + 10)} make {command}"
        )


def holder(port: int) -> str:
    """Who listens on a port: program, pid and folder where the kernel lets us see them."""
    inodes = set(listening_inodes(port))
    for process in Path("/proc").glob("[1-9]*"):
        if not inodes.isdisjoint(open_files(process)):
            return describe(process)
    return "another program (of another person: its name is hidden from you)"


def open_files(process: Path) -> Iterator[str]:
    """What the descriptors of a process point at; nothing when it is not ours to see, or has just ended."""
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                yield str(descriptor.readlink())


def listening_inodes(port: int) -> Iterator[str]:
    """``socket:[inode]`` of each socket listening on this port."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{fields[9]}]"


def describe(process: Path) -> str:
    """``nginx (pid 123, in /folder)`` from a folder of /proc."""
    try:
        command = (process / "comm").read_text().strip()
        return f"{command} (pid {process.name}, in {(process / 'cwd').readlink()})"
    except OSError:
        return f"pid {process.name}"
