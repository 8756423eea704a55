# SPDX-License-Identifier: AGPL-3.0-or-later
"""A database that lives as long as a bench: what is committed there is gone with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Turn to a copy of the migrated database until the end; `name` tells one bench's copy from another's."""
    original = connection.settings_dict["NAME"]
    copy = f"{original}_bench_{name}"
    # The copied database must have no other user, not even this connection (PostgreSQL manual, CREATE DATABASE).
    with connection._nodb_cursor() as cursor:
        connection.close()
        cursor.execute(f'DROP DATABASE IF EXISTS "{copy}"')
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{original}"')
    connection.settings_dict["NAME"] = copy
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{copy}"')
