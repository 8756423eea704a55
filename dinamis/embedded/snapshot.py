# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo data as first loaded, kept aside by named instances, so that each browser run begins from the same state."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dinamis.embedded import environment, postgres, redis
from dinamis.embedded.console import Failure, step
from dinamis.embedded.environment import DATABASE
from dinamis.embedded.site import DEMO
from dinamis.embedded.stamps import Stamps
from dinamis.embedded.state import Layout

COPY = f"{DATABASE}_fresh"


def pairs(place: Layout) -> list[tuple[Path, Path]]:
    """What lies beside the database, and where its copy is kept. The stamps go with the schema they describe."""
    names = ("files", "simulator", "stamps.json")
    return [(place.state / name, place.state / "fresh" / name) for name in names]


def replace(source: Path, target: Path) -> None:
    """Make the target the same as the source, a file or a folder; absent when the source is."""
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def take(place: Layout) -> None:
    """Copy database, files and simulator; nobody may be connected to the database."""
    shutil.rmtree(place.state / "fresh", ignore_errors=True)
    with step("Copy of the demo data"):
        copy_database(place, DATABASE, COPY)
        for origin, kept in pairs(place):
            replace(origin, kept)


def restore(place: Layout, demo_value: str) -> None:
    """Put the copy back if it was loaded from today's sources, else empty everything; forget the messages in Redis.

    Raises Failure on a database that is the user's own.
    """
    if environment.external("DATABASE_URL", os.environ):
        raise Failure("--fresh replaces the whole database, so it refuses one that DATABASE_URL names.")
    stamps = pairs(place)[-1][1]
    if not Stamps(stamps).current(DEMO, demo_value):
        shutil.rmtree(place.state / "fresh", ignore_errors=True)
    with step("Demo data as first loaded"):
        copy_database(place, COPY if stamps.exists() else "template1", DATABASE)
        for origin, kept in pairs(place):
            replace(kept, origin)
        place.files.mkdir(exist_ok=True)
        redis.ask(place, b"FLUSHALL")


def copy_database(place: Layout, source: str, target: str) -> None:
    """Replace a database by a copy of another."""
    postgres.psql(place, f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
    postgres.psql(place, f"CREATE DATABASE {target} TEMPLATE {source} OWNER dinamis_owner")
