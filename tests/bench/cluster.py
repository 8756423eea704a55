# SPDX-License-Identifier: AGPL-3.0-or-later
"""A PostgreSQL for measures alone, with the memory of a small server (`standards.md` 8.1), gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dinamis.embedded.postgres import programs

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
shared_buffers = 1GB
effective_cache_size = 4GB
work_mem = 32MB
maintenance_work_mem = 512MB
random_page_cost = 1.1
max_wal_size = 4GB
jit = off
max_parallel_workers_per_gather = 0
timezone = 'UTC'
"""
EXTENSIONS = ("postgis", "btree_gist", "pg_trgm", "unaccent")


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its port on 127.0.0.1, where nobody but the superuser has an account."""

    port: int

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://postgres:none@127.0.0.1:{self.port}/{database}"

    def sql(self, database: str, *statements: str) -> str:
        """Run statements; return what the last one printed."""
        argv = ["psql", self.url(database), "-qAtX", "-v", "ON_ERROR_STOP=1"]
        argv += [part for one in statements for part in ("-c", one)]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def create(self, name: str, extensions: Iterable[str] = ()) -> None:
        """Create a database with its extensions."""
        self.sql("postgres", f"CREATE DATABASE {name}")
        for extension in extensions:
            self.sql(name, f"CREATE EXTENSION {extension}")

    def size(self, name: str) -> int:
        """The bytes of a database on disk."""
        return int(self.sql(name, f"SELECT pg_database_size('{name}')"))


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """Yield a running cluster. As root it runs as `postgres`, which it demands."""
    programs_, port = programs()[0], free_port()
    # A checkout may lie where the path of a socket gets too long.
    folder = Path(tempfile.mkdtemp(prefix="dinamis-bench-", dir="/var/tmp"))
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    try:
        _run([*user, str(programs_ / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--locale=C.UTF-8"])
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(folder=folder, port=port))
        _run([*user, str(programs_ / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-w", "start"])
        yield Cluster(port)
    finally:
        subprocess.run(
            [*user, str(programs_ / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"],
            check=False,
            stdout=subprocess.DEVNULL,
        )
        shutil.rmtree(folder, ignore_errors=True)


def _run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, cwd="/")
