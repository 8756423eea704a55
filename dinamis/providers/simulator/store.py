# SPDX-License-Identifier: AGPL-3.0-or-later
"""The simulator's memory: JSON documents in one SQLite file, shared by threads and processes."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL, contract TEXT NOT NULL, created REAL NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS orders_reference ON orders (reference);
CREATE TABLE IF NOT EXISTS scenes (
    id TEXT PRIMARY KEY, acquired TEXT NOT NULL, west REAL, south REAL, east REAL, north REAL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS scenes_place ON scenes (west, east, south, north);
"""


class Store:
    """Documents by kind. Every method opens its own connection: nothing is shared between threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._path = folder / "simulator.sqlite3"
        with self._transaction() as db:
            db.executescript(_SCHEMA)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            yield db
        finally:
            db.close()

    def meta(self, name: str, default: Any = None) -> Any:
        """A setting, or ``default``."""
        with self._transaction() as db:
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_meta(self, name: str, value: Any) -> None:
        """Keep a setting."""
        self.change_meta(name, lambda _: value)

    def change_meta(self, name: str, change: Callable[[Any], Any]) -> Any:
        """Read, change and keep a setting under one lock; returns the new value."""
        with self._transaction() as db:
            db.execute("BEGIN IMMEDIATE")
            row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            value = change(json.loads(row[0]) if row else None)
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))
            db.execute("COMMIT")
        return value

    def next_number(self, name: str, first: int) -> int:
        """A counter that starts at ``first``."""
        return int(self.change_meta(f"counter:{name}", lambda last: first if last is None else last + 1))

    def add_order(self, doc: Document) -> None:
        """Keep a new order; the same customer reference may come twice."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?)",
                (doc["salesOrderId"], doc["customerReference"], doc["contractId"], time.time(), json.dumps(doc)),
            )

    def orders(self) -> list[Document]:
        """Every order, oldest first."""
        with self._transaction() as db:
            rows = db.execute("SELECT doc FROM orders ORDER BY created, id").fetchall()
        return [json.loads(row[0]) for row in rows]

    def order(self, order_id: str) -> Document | None:
        """One order by its sales order id."""
        with self._transaction() as db:
            row = db.execute("SELECT doc FROM orders WHERE id = ?", (order_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def change_order(self, order_id: str, change: Callable[[Document], None]) -> Document:
        """Change an order under a lock; raises ``KeyError`` when there is none."""
        with self._transaction() as db:
            db.execute("BEGIN IMMEDIATE")
            row = db.execute("SELECT doc FROM orders WHERE id = ?", (order_id,)).fetchone()
            if row is None:
                db.execute("ROLLBACK")
                raise KeyError(order_id)
            doc: Document = json.loads(row[0])
            change(doc)
            db.execute("UPDATE orders SET doc = ? WHERE id = ?", (json.dumps(doc), order_id))
            db.execute("COMMIT")
        return doc

    def add_scenes(self, scenes: list[Document]) -> int:
        """Keep catalogue scenes (``bounds`` computed by the caller); a known id is replaced."""
        rows = [(s["id"], s["datetime"], *s["bounds"], json.dumps(s)) for s in scenes]
        with self._transaction() as db:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT OR REPLACE INTO scenes VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("COMMIT")
        return len(rows)

    def scene(self, scene_id: str) -> Document | None:
        """One catalogue scene."""
        with self._transaction() as db:
            row = db.execute("SELECT doc FROM scenes WHERE id = ?", (scene_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def scenes_in(self, bounds: tuple[float, float, float, float]) -> list[Document]:
        """Scenes whose bounds meet (west, south, east, north), newest first."""
        west, south, east, north = bounds
        with self._transaction() as db:
            rows = db.execute(
                "SELECT doc FROM scenes WHERE west <= ? AND east >= ? AND south <= ? AND north >= ?"
                " ORDER BY acquired DESC, id",
                (east, west, north, south),
            ).fetchall()
        return [json.loads(row[0]) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many orders and scenes there are."""
        with self._transaction() as db:
            return {
                table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 two fixed names
                for table in ("orders", "scenes")
            }
