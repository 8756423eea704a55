# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where an instance lives: its state folder, its sockets, its ports (design, section 8)."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dinamis.embedded import ports
from dinamis.embedded.console import Failure

DEFAULT_PORT = 8000
SHARED = "/var/tmp"  # noqa: S108  (it outlives a reboot; make_state refuses a folder that another person made)
SOCKET_PATH_LIMIT = 100
"""Bytes. The kernel takes 107 (unix(7), sun_path), some programs add a suffix while binding."""
LONGEST_SOCKET = "postgresql-run/.s.PGSQL.5432.lock"
FREE_BYTES_NEEDED = 2 * 1024**3
MARK = ".dinamis-state"
"""Lies in each state folder made by us; a folder without it is never deleted."""
OURS = "DINAMIS_EMBEDDED"
"""Marks an environment that this package wrote: what it holds is recomputed, never taken for the user's wish."""


@dataclass(frozen=True)
class Layout:
    """Paths and ports of one instance. ``name`` is empty for the demo, ``test`` for the tests' servers."""

    checkout: Path
    name: str
    state: Path
    var: Path
    port: int

    @property
    def durable(self) -> bool:
        """Whether a crash of the servers may lose nothing: true for the demo and where crashes are what is tested."""
        return self.name in {"", "chaos"}

    @property
    def venv(self) -> Path:
        return self.checkout / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def pids(self) -> Path:
        return self.var / "pids"

    @property
    def files(self) -> Path:
        """Folder of the protected files that nginx serves through its internal location only."""
        return self.state / "files"

    @property
    def static(self) -> Path:
        return self.state / "static"

    @property
    def postgresql_data(self) -> Path:
        return self.state / "postgresql"

    @property
    def postgresql_run(self) -> Path:
        return self.state / "postgresql-run"

    @property
    def redis_data(self) -> Path:
        return self.state / "redis"

    @property
    def redis_socket(self) -> Path:
        return self.redis_data / "redis.sock"

    @property
    def sockets(self) -> Path:
        return self.state / "sockets"

    @property
    def web_socket(self) -> Path:
        return self.sockets / "web.sock"

    @property
    def simulator_socket(self) -> Path:
        return self.sockets / "simulator.sock"

    def work(self, process: str) -> Path:
        """The current folder of a process. No other program has it as its own, which is how strays are known."""
        return self.state / "work" / process


def checkout_root() -> Path:
    """The folder that holds ``manage.py`` and this package."""
    return Path(__file__).resolve().parents[2]


def state_folder(checkout: Path, name: str, environ: Mapping[str, str]) -> Path:
    """``$DINAMIS_STATE`` or ``/var/tmp/dinamis-<uid>-<8 hex of the checkout path>``, ``-name`` appended.

    Raises Failure when a socket inside would not fit in ``SOCKET_PATH_LIMIT`` bytes.
    """
    given = "" if OURS in environ else environ.get("DINAMIS_STATE", "")
    digest = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:8]
    base = str(Path(given).absolute()) if given else f"{SHARED}/dinamis-{os.getuid()}-{digest}"
    state = Path(f"{base}-{name}" if name else base)
    length = len(os.fsencode(state / LONGEST_SOCKET))
    if length > SOCKET_PATH_LIMIT:
        raise Failure(
            f"The state folder {state} is too long: its sockets would take {length} bytes of {SOCKET_PATH_LIMIT}. "
            "Choose a shorter one: DINAMIS_STATE=/var/tmp/dinamis make demo"
        )
    return state


def layout(name: str = "", environ: Mapping[str, str] = os.environ) -> Layout:
    """The instance of this checkout called ``name``. Raises Failure on an unusable PORT or state folder."""
    checkout = checkout_root()
    var = checkout / "var" / name if name else checkout / "var"
    return Layout(checkout, name, state_folder(checkout, name, environ), var, chosen_port(name, var, environ))


def chosen_port(name: str, var: Path, environ: Mapping[str, str]) -> int:
    """``$PORT``, else the one this instance runs on, else 8000 (a free one for a named instance); + 1 is used too."""
    given = "" if OURS in environ else environ.get("PORT", "")
    if not given:
        return recorded_port(var) or (ports.free_pair(DEFAULT_PORT + 100) if name else DEFAULT_PORT)
    if not given.isdecimal() or not 1 <= int(given) <= 65534:
        raise Failure(f"PORT={given} is not a port number between 1 and 65534.")
    return int(given)


def instances(checkout: Path) -> list[str]:
    """The names under which this checkout has started something; the demo's is empty."""
    return ["", *sorted({"test"} | {path.parent.name for path in (checkout / "var").glob("*/pids")})]


def record_port(place: Layout) -> None:
    """Write the port of an instance that starts, for the commands that come after."""
    (place.var / "ports.json").write_text(json.dumps({"port": place.port, "stac": place.port + 1}))


def recorded_port(var: Path) -> int | None:
    """The port of the running instance as ``ports.json`` has it, or None."""
    try:
        return int(json.loads((var / "ports.json").read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def prepare_folders(place: Layout) -> None:
    """Make the folders of an instance. Raises Failure on a foreign state folder or too little free space."""
    for parent in (place.state.parent, place.checkout):
        check_free_space(parent)
    make_state(place.state)
    for folder in (place.sockets, place.redis_data):
        folder.mkdir(mode=0o700, exist_ok=True)
    for folder in (place.files, place.static, place.state / "work", place.pids, place.logs):
        folder.mkdir(parents=True, exist_ok=True)


def make_state(state: Path) -> None:
    """Create the state folder; /var/tmp is shared, so one that another person made is refused with Failure."""
    state.parent.mkdir(parents=True, exist_ok=True)
    state.mkdir(mode=0o755, exist_ok=True)
    facts = state.lstat()
    if state.is_symlink() or facts.st_uid != os.getuid():
        raise Failure(f"{state} exists and is not yours. Choose another: DINAMIS_STATE=/var/tmp/mine make demo")
    if not (state / MARK).exists() and any(state.iterdir()):
        raise Failure(
            f"{state} holds other files. Choose an empty or new folder: DINAMIS_STATE=/var/tmp/mine make demo"
        )
    (state / MARK).touch()
    state.chmod(0o755)


def remove_state(state: Path) -> bool:
    """Delete a state folder; False, and nothing deleted, when we did not make it."""
    if not (state / MARK).is_file():
        return False
    shutil.rmtree(state)
    return True


def check_free_space(folder: Path, needed: int = FREE_BYTES_NEEDED) -> None:
    """Raise Failure when the disk of ``folder`` has fewer bytes left than ``needed``."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Failure(
            f"The disk is nearly full: {free / 2**30:.1f} GB free at {folder}, DINAMIS needs {needed / 2**30:.0f} GB."
        )


def secret_key(place: Layout) -> str:
    """The instance's own secret, made once, readable by its owner only."""
    path = place.state / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


@contextmanager
def locked(place: Layout) -> Iterator[None]:
    """Hold the checkout's lock, so that two commands started together do not both install or start something."""
    folder = place.checkout / "var"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
