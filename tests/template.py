# SPDX-License-Identifier: AGPL-3.0-or-later
"""The migrations run once for a schema, not once for each test database: those are copies of one that was migrated."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

from dinamis.embedded.site import schema_files
from dinamis.embedded.stamps import digest
from dinamis.embedded.state import checkout_root
from licensing.services.load_forms import load_forms
from orders.models import QueueRule, Tariff

PREFIX = f"dinamis_schema_{digest((), str(checkout_root()))[:8]}_"

# As `dinamis_record_event` writes them: the text of an event depends on how times are printed.
YOUNG = """
SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, MDY';
ALTER TABLE core_event DISABLE TRIGGER USER;
UPDATE core_event SET at = clock_timestamp();
UPDATE core_event e SET sha256 = encode(sha256(convert_to(dinamis_event_text(e), 'UTF8')), 'hex');
ALTER TABLE core_event ENABLE TRIGGER USER;
"""


def migrated() -> str:
    """The name of a database with today's schema, made when there is none yet; several who ask at once make it once."""
    name = PREFIX + digest([*schema_files(checkout_root()), Path(__file__)])[:16]
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [PREFIX])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = {row[0] for row in cursor}
        if name not in found:
            for old in found:
                cursor.execute(f"DROP DATABASE {old} WITH (FORCE)")
            # The name says that all migrations ran: it is given last.
            cursor.execute(f"CREATE DATABASE {name}_unfinished")
            with _connected_to(f"{name}_unfinished"):
                call_command("migrate", verbosity=0, interactive=False)
            cursor.execute(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
    return name


# What no test writes: the migrations, and what Django derives from the models.
LASTING = frozenset({"django_migrations", "django_content_type", "auth_permission", "spatial_ref_sys"})


def empty() -> None:
    """Leave the tables as `flush` and the signal after it would: empty but for what the applications ship.

    A tenth of its time, of which there is much after each test that commits: most tables are empty already, and what
    is derived from the models stays.
    """
    names = sorted(set(connection.introspection.table_names()) - LASTING)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names))
        filled = [name for (name,) in cursor.fetchall()]
        for verb in ("DISABLE", "ENABLE"):
            cursor.execute("".join(f"ALTER TABLE {name} {verb} TRIGGER USER;" for name in filled))
            if verb == "DISABLE":
                cursor.execute("".join(f"DELETE FROM {name};" for name in filled) + "SET CONSTRAINTS ALL IMMEDIATE")
    ship()


def ship() -> None:
    """Write what the applications come with, where it is missing: forms, tariffs and the formula of the queue."""
    load_forms()
    first = import_module("orders.migrations.0002_first_rates")
    for model, write in ((Tariff, first.write_rates), (QueueRule, first.write_formula)):
        if not model.objects.exists():
            write(apps, None)


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def as_just_migrated() -> None:
    """Make the facts of the migrations as young as in a new template: none is late for the chain."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(YOUNG)
