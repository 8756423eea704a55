# SPDX-License-Identifier: AGPL-3.0-or-later
"""A private PostgreSQL with PostGIS on a unix socket. As root it runs as ``postgres``, which it demands."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
from pathlib import Path

from dinamis.embedded import processes
from dinamis.embedded.console import Failure, say
from dinamis.embedded.environment import DATABASE
from dinamis.embedded.processes import Spec
from dinamis.embedded.stamps import Stamps, digest
from dinamis.embedded.state import Layout

NAME = "postgresql"
OLDEST = 15
ROLES = ("postgres", "dinamis_owner", "dinamis_web")

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{run}'
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
max_wal_size = 1GB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
"""
THROW_AWAY = """
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
"""

ROLES_SQL = """
DO $$ BEGIN
  CREATE ROLE dinamis_clock NOLOGIN;
  CREATE ROLE dinamis_owner LOGIN {createdb};
  CREATE ROLE dinamis_web LOGIN;
  GRANT dinamis_clock TO dinamis_owner, dinamis_web;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
"""
"""dinamis_clock may set the setting ``dinamis.now``; a production server does not grant it to anyone."""

EXTENSIONS_SQL = "".join(
    f"CREATE EXTENSION IF NOT EXISTS {name};\n" for name in ("postgis", "btree_gist", "pg_trgm", "unaccent")
)


def programs() -> list[Path]:
    """The folders of the PostgreSQL ≥ 15 that have PostGIS here, newest first (layout of Debian and Ubuntu)."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        version = folder.parent.name
        control = Path(f"/usr/share/postgresql/{version}/extension/postgis.control")
        if version.isdecimal() and int(version) >= OLDEST and (folder / "initdb").exists() and control.exists():
            found.append(folder)
    return sorted(found, key=lambda folder: int(folder.parent.name), reverse=True)


def program_folder(place: Layout) -> Path:
    """The programs for this instance: those of the version its data were made by, else the newest."""
    available = programs()
    if not available:
        raise Failure(f"No PostgreSQL ≥ {OLDEST} with PostGIS is installed.")
    try:
        version = (place.postgresql_data / "PG_VERSION").read_text().strip()
    except OSError:
        return available[0]
    for folder in available:
        if folder.parent.name == version:
            return folder
    raise Failure(f"{place.postgresql_data} was made by PostgreSQL {version}, absent now. Start anew: make clean")


def system_user() -> str | None:
    """PostgreSQL refuses to run as root: then the distribution's user, else nobody but us."""
    return "postgres" if os.getuid() == 0 else None


def own(folder: Path, mode: int) -> None:
    """Make a folder that PostgreSQL may use."""
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)
    user = system_user()
    if user:
        shutil.chown(folder, user, user)


def create_cluster(place: Layout) -> None:
    """initdb beside, then rename: an interrupted one leaves nothing that looks finished."""
    if place.postgresql_data.exists():
        return
    fresh = place.state / "postgresql-new"
    shutil.rmtree(fresh, ignore_errors=True)
    own(fresh, 0o700)
    command = [program_folder(place) / "initdb", "-D", fresh, "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8"]
    done = as_server_user([*map(str, command), "--auth=peer", "--no-sync", "--no-instructions"])
    if done.returncode:
        raise Failure(f"initdb failed:\n{done.stderr or done.stdout}")
    fresh.rename(place.postgresql_data)


def as_server_user(command: list[str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL as the user it runs as, outside any folder that user may not enter."""
    who = processes.identity(system_user())
    return subprocess.run(command, input=text, cwd="/", capture_output=True, text=True, check=False, **who)


def configure(place: Layout) -> None:
    """Write settings and access rules. ``peer`` + a 0700 folder: no other person of the machine gets in."""
    settings = SETTINGS.format(run=place.postgresql_run) + ("" if place.durable else THROW_AWAY)
    me = getpass.getuser() if os.getuid() else "root"
    server = system_user() or me
    pairs = {(server, role) for role in ROLES} | {(me, role) for role in ROLES[1:]}
    write_for_server(place.postgresql_data / "postgresql.auto.conf", settings)
    write_for_server(place.postgresql_data / "pg_hba.conf", "local all all peer map=dinamis\n")
    ident = "".join(f"dinamis {person} {role}\n" for person, role in sorted(pairs))
    write_for_server(place.postgresql_data / "pg_ident.conf", ident)


def write_for_server(path: Path, text: str) -> None:
    """Write a file that PostgreSQL reads."""
    path.write_text(text)
    path.chmod(0o600)
    user = system_user()
    if user:
        shutil.chown(path, user, user)


def spec(place: Layout) -> Spec:
    """How PostgreSQL is run: in the foreground, under our supervision."""
    argv = (str(program_folder(place) / "postgres"), "-D", str(place.postgresql_data))
    return Spec(NAME, argv, place.postgresql_data, str(place.postgresql_run), user=system_user())


def answers(place: Layout) -> bool:
    """Whether it takes connections."""
    command = [str(program_folder(place) / "pg_isready"), "-q", "-h", str(place.postgresql_run), "-U", "postgres"]
    return as_server_user(command).returncode == 0


def psql(place: Layout, sql: str, database: str = "postgres") -> str:
    """Run SQL as the superuser; its output. Raises Failure with PostgreSQL's words."""
    flags = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(place.postgresql_run), "-U", "postgres"]
    done = as_server_user([str(program_folder(place) / "psql"), *flags, "-d", database], text=sql)
    if done.returncode:
        raise Failure(f"PostgreSQL refused a set-up step: {done.stderr.strip()}")
    return done.stdout.strip()


def create_database(place: Layout) -> None:
    """Roles, extensions in the template (so that test databases have them too), the database of its owner."""
    roles = ROLES_SQL.format(createdb="" if place.durable else "CREATEDB")
    stamps, value = Stamps(place.state / "stamps.json"), digest((), roles, EXTENSIONS_SQL)
    if stamps.current(NAME, value):
        return
    psql(place, roles)
    psql(place, EXTENSIONS_SQL, "template1")
    if DATABASE not in psql(place, "SELECT datname FROM pg_database").splitlines():
        psql(place, f"CREATE DATABASE {DATABASE} OWNER dinamis_owner")
    psql(place, EXTENSIONS_SQL, DATABASE)
    stamps.mark(NAME, value)


def start(place: Layout) -> bool:
    """Start it unless it runs; True when it was started now. Raises Failure with its log when it cannot."""
    own(place.postgresql_run, 0o700)
    create_cluster(place)
    configure(place)
    record, started = processes.start(place, spec(place))
    processes.wait_until(place, record, lambda: answers(place), 30)
    create_database(place)
    if started:
        say(f"PostgreSQL {version(place)} runs, socket in {place.postgresql_run}")
    return started


def version(place: Layout) -> str:
    """Its major version."""
    match = re.search(r"postgresql/(\d+)/", str(program_folder(place)))
    return match.group(1) if match else "?"
