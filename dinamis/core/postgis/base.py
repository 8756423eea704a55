# SPDX-License-Identifier: AGPL-3.0-or-later
"""The module that Django loads of a database backend."""

from typing import Any
from weakref import WeakSet

from django.contrib.gis.db.backends.postgis import base

_registered: "WeakSet[Any]" = WeakSet()


class DatabaseWrapper(base.DatabaseWrapper):
    """PostGIS, whose types are registered once for each connection.

    Django does so whenever it takes a connection out of the pool, which takes as long as a small query.
    """

    def register_geometry_adapters(self, pg_connection: Any, clear_caches: bool = False) -> None:
        """Register them unless the connection has them; `clear_caches` when the extension was only just created."""
        if clear_caches or pg_connection not in _registered:
            super().register_geometry_adapters(pg_connection, clear_caches)
            _registered.add(pg_connection)
