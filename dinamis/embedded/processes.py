# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starts, remembers and stops processes, and touches none that it did not start.

A process is remembered by its pid *and* its start time: a recycled pid has another start time and is left alone.
Each is the leader of its own session, so that a stop reaches its children and nobody else's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from dinamis.embedded.console import Failure
from dinamis.embedded.state import Layout

LOG_ROTATES_AT = 10 * 1024**2
children: dict[int, subprocess.Popen[bytes]] = {}
"""Those started by this very command, so that it can collect them when they end."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Spec:
    """How to start and stop one process; ``user`` only when it must not run as us, ``address`` for people.

    ``niceness`` is that of nice(1): above 0 the process leaves the processors to the others.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    address: str
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    niceness: int = 0


@dataclass(frozen=True)
class Record:
    """A process we started. ``started`` is in clock ticks since boot (proc(5), field 22 of stat)."""

    name: str
    pid: int
    started: int
    boot: str
    address: str


STOP = {"postgresql": (signal.SIGINT, 20.0), "nginx": (signal.SIGTERM, 5.0)}
"""Signal and seconds of grace. SIGINT is PostgreSQL's fast shutdown (postgres(1), server shutdown)."""


def boot_id() -> str:
    """Identifies this boot of the machine: start times are counted from it."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stat_fields(pid: int) -> list[str]:
    """The fields of ``/proc/pid/stat`` after the command name (which may hold spaces), empty when gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return []


def started_at(pid: int) -> int | None:
    """The start time of a live process, None when there is none or it is a zombie."""
    fields = stat_fields(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else None


def session_of(pid: int) -> int | None:
    """The session of a live process."""
    fields = stat_fields(pid)
    return int(fields[3]) if fields and fields[0] not in "ZX" else None


def all_pids() -> Iterable[int]:
    """Every process id visible now."""
    return (int(entry.name) for entry in Path("/proc").glob("[1-9]*"))


def is_alive(record: Record) -> bool:
    """Whether the very process of this record still runs (not another that got its pid)."""
    return record.boot == boot_id() and started_at(record.pid) == record.started


def record_path(place: Layout, name: str) -> Path:
    return place.pids / f"{name}.json"


def identity(user: str | None) -> dict[str, Any]:
    """Arguments for subprocess that make a child run as ``user``, without our groups; none means as us."""
    return {"user": user, "group": user, "extra_groups": []} if user else {}


def remembered(place: Layout, name: str) -> Record | None:
    """The record of a live process of ours, None when it was never started or has ended."""
    try:
        record = Record(**json.loads(record_path(place, name).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return record if is_alive(record) else None


def remember(place: Layout, spec: Spec, pid: int) -> Record:
    """Write down a process just started. Raises Failure when it has already ended."""
    started = started_at(pid)
    if started is None:
        raise died(place, spec.name)
    record = Record(spec.name, pid, started, boot_id(), spec.address)
    place.pids.mkdir(parents=True, exist_ok=True)
    record_path(place, spec.name).write_text(json.dumps(asdict(record)))
    return record


def inhabitants(folder: Path) -> list[int]:
    """The processes whose current folder is one that only ours use; a person's shell there has a terminal."""
    found = []
    for pid in all_pids():
        fields = stat_fields(pid)
        with suppress(OSError):
            if fields and fields[0] not in "ZX" and fields[4] == "0" and Path(f"/proc/{pid}/cwd").readlink() == folder:
                found.append(pid)
    return found


def stray(folder: Path) -> int | None:
    """The session leader that lives in ``folder``: ours although its record is lost."""
    return next((pid for pid in inhabitants(folder) if session_of(pid) == pid), None)


def start(place: Layout, spec: Spec) -> tuple[Record, bool]:
    """Start a process unless it runs already; say whether it was started now. Its output goes to ``var/log``."""
    record = remembered(place, spec.name)
    if record:
        return record, False
    found = stray(spec.cwd)
    if found:
        return remember(place, spec, found), False
    kill_orphans(spec.cwd)
    spec.cwd.mkdir(parents=True, exist_ok=True)
    with open_log(place, spec.name) as log:
        child = subprocess.Popen(
            spec.argv,
            cwd=spec.cwd,
            env=dict(spec.env) if spec.env else None,
            **identity(spec.user),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    children[child.pid] = child
    step_back(child.pid, spec.niceness)
    return remember(place, spec, child.pid), True


def step_back(pid: int, niceness: int) -> None:
    """Lower the priority of a session leader, and of what it will fork.

    A kernel that groups processes by session weighs ``nice`` inside a session only; the group has a niceness of its
    own (sched(7), "The autogroup feature").
    """
    if niceness:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, niceness)
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness))


def log_path(place: Layout, name: str) -> Path:
    return place.logs / f"{name}.log"


def open_log(place: Layout, name: str) -> IO[bytes]:
    """The log of a process, opened for appending; the former one is kept once when it has grown."""
    path = log_path(place, name)
    if path.exists() and path.stat().st_size > LOG_ROTATES_AT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def tail(place: Layout, name: str, lines: int = 15) -> str:
    """The last lines a process wrote."""
    try:
        text = log_path(place, name).read_text(errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (empty log)"


def died(place: Layout, name: str) -> Failure:
    """The failure to raise for a process that ended by itself: its name, its log, the end of it."""
    return Failure(f"{name} ended by itself. End of {log_path(place, name)}:\n{tail(place, name)}")


def wait_until(place: Layout, record: Record, ready: Callable[[], bool], seconds: float) -> None:
    """Wait until ``ready()``. Raises Failure, with the tail of the log, when the process dies or time runs out."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not is_alive(record):
            raise died(place, record.name)
        if time.monotonic() > deadline:
            raise Failure(
                f"{record.name} did not answer within {seconds:.0f} s. End of {log_path(place, record.name)}:\n"
                + tail(place, record.name)
            )
        time.sleep(0.05)


def members(session: int) -> list[int]:
    """The live processes of a session."""
    return [pid for pid in all_pids() if session_of(pid) == session]


def stop(place: Layout, name: str, folder: Path) -> bool:
    """Stop a process of ours and whatever it left in its folder; False when there was nothing."""
    record, leader = remembered(place, name), stray(folder)
    if record is None and leader is not None:
        record = remember(place, Spec(name, (), folder, ""), leader)
    record_path(place, name).unlink(missing_ok=True)
    if record:
        end(record)
    left = kill_orphans(folder)
    return bool(record or left)


def kill_orphans(folder: Path) -> list[int]:
    """End the children that a dead leader left in our folder (they may hold its port); nothing while it lives."""
    left = inhabitants(folder)
    if any(session_of(pid) == pid for pid in left):
        return []
    for pid in left:
        send(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while inhabitants(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def end(record: Record) -> None:
    """Ask a process to end, insist when its time of grace is over."""
    polite, grace = STOP.get(record.name, (signal.SIGTERM, 10.0))
    send(record.pid, polite)
    if not gone(record, grace):
        send(record.pid, signal.SIGQUIT if record.name == "postgresql" else signal.SIGKILL)
        gone(record, 5.0)
    child = children.pop(record.pid, None)
    if child:
        child.wait()


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have just ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def gone(record: Record, seconds: float) -> bool:
    """Wait for an end. False when time runs out."""
    deadline = time.monotonic() + seconds
    while is_alive(record):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def resident_bytes(record: Record) -> int:
    """Proportional memory of a process and its session, in bytes (shared pages counted once between them)."""
    return sum(proportional_bytes(pid) for pid in members(record.pid))


def proportional_bytes(pid: int) -> int:
    """``Pss`` of a process, or its resident size where the kernel hides the former."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    fields = stat_fields(pid)
    return int(fields[21]) * PAGE if fields else 0
