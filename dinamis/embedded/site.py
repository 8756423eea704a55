# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the site needs done once for each version of its sources: migrations, rights, static files, demo data."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from dinamis.embedded import environment
from dinamis.embedded.console import Failure, say, step
from dinamis.embedded.stamps import Stamps, digest
from dinamis.embedded.state import Layout

APPS = ("dinamis", "licensing", "orders")
DEMO = "load_demo"
DEMO_JSON = "write_demo_json"
SKIPPED_FOLDERS = {"node_modules", "__pycache__"}


def sources(root: Path, *patterns: str) -> list[Path]:
    """Files below a folder that match, leaving out installed and compiled ones."""
    found = (path for pattern in patterns for path in root.rglob(pattern))
    return sorted(path for path in found if path.is_file() and not SKIPPED_FOLDERS & set(path.parts))


def schema_files(root: Path) -> list[Path]:
    """The files of a checkout that decide what the database looks like."""
    migrations = [path for app in APPS for path in sources(root / app, "migrations/*.py")]
    return [*migrations, *sources(root / "dinamis/settings", "*.py"), root / "requirements/base.txt"]


def manage(place: Layout, *words: str, owner: bool = False) -> None:
    """Run ``manage.py`` and show its lines as progress. Raises Failure when it fails; its words are above."""
    env = environment.full(place)
    if owner:
        env["DATABASE_URL"] = env["DATABASE_OWNER_URL"]
    argv = [str(place.python), "-u", str(place.checkout / "manage.py"), *words]
    with subprocess.Popen(
        argv, cwd=place.checkout, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        for line in child.stdout or ():
            say(f"    {line.rstrip()}")
    if child.returncode:
        raise Failure(f"manage.py {' '.join(words)} failed with code {child.returncode}; its words are above.")


class Site:
    """The steps, each skipped when its inputs and the database are those it was last done with."""

    def __init__(self, place: Layout) -> None:
        self.place = place
        self.stamps = Stamps(place.state / "stamps.json")
        self.database = environment.databases(place, os.environ)["DATABASE_URL"]

    def value(self, inputs: Iterable[Path], *words: str) -> str:
        """The stamp of a command run from these files on this database."""
        return digest(inputs, self.database, *words)

    def once(self, title: str, name: str, inputs: Iterable[Path], *words: str, owner: bool = False) -> bool:
        """Run a management command unless its stamp is current; whether it was run."""
        value = self.value(inputs, *words)
        if self.stamps.current(name, value):
            return False
        with step(title):
            manage(self.place, *words, owner=owner)
        self.stamps.mark(name, value)
        return True

    def prepare(self) -> None:
        """Migrations as the owner, then the rights of the role that owns nothing, then static files."""
        root = self.place.checkout
        self.once("Database schema", "migrate", schema_files(root), "migrate", "--no-input", "-v", "1", owner=True)
        rights = [*schema_files(root), *sources(root / "dinamis/core/management", "grant_web_role.py")]
        self.once("Rights of the web role", "grant_web_role", rights, "grant_web_role", owner=True)
        static = [
            *sources(root / "static", "*"),
            *sources(root / "dinamis", "static/**/*"),
            root / "requirements/base.txt",
        ]
        settings = sources(root / "dinamis/settings", "*.py")
        command = ("collectstatic", "--no-input", "--clear", "-v", "0")
        self.once("Static files", "collectstatic", [*static, *settings], *command)

    def write_demo_json(self) -> None:
        """``var/demo.json``, unless it stands there as today's sources wrote it for these addresses."""
        written = self.place.var / "demo.json"
        inputs = [path for app in APPS for path in sources(self.place.checkout / app, "*.py")]
        words = [f"{name}={value}" for name, value in sorted(environment.addresses(self.place).items())]
        if self.stamps.current(DEMO_JSON, self.value([*inputs, written], *words)):
            return
        manage(self.place, DEMO_JSON)
        self.stamps.mark(DEMO_JSON, self.value([*inputs, written], *words))

    def demo_inputs(self) -> list[Path]:
        """The files that decide what the demo data are."""
        return [*schema_files(self.place.checkout), *sources(self.place.checkout / "dinamis/demo", "*")]

    def demo_value(self) -> str:
        """The stamp of demo data loaded from today's sources."""
        return self.value(self.demo_inputs(), DEMO)

    def load_demo(self) -> bool:
        """The demo data; the command itself adds only what is missing. Whether it was run."""
        return self.once("Demo data", DEMO, self.demo_inputs(), DEMO)
