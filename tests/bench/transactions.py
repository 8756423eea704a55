# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items published over HTTP, one by one and in bulk, by one client after the other request, on the site as served.

The items come from the generator of `DINAMIS_BENCH_DATA`. The reference is what stac-fastapi-pgstac did with the same
items on the machine of `standards.md`, 8.2: 76 items/s one by one, 406 in bulk.
"""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.bench import stac
from tests.bench.cluster import EXTENSIONS, private_cluster
from tests.bench.measure import Figure, figure

ITEMS, SINGLE, BATCH = 20_000, 300, 500
PEER_SINGLE, PEER_BULK = 76, 406


def run() -> list[Figure]:
    """Publish all of them; return the times of the requests, with items per second over the peer's."""
    if not (stac.DATA / "gen_items.py").exists():
        sys.stdout.write("transactions: DINAMIS_BENCH_DATA names no folder with bench/gen_items.py: not measured\n")
        return []
    source = stac.generated(ITEMS)
    with private_cluster() as db:
        db.create("ours", EXTENSIONS)
        stac.ours_run(db, "-m", "django", "migrate", "-v0")
        stac.ours_run(db, "-m", "tests.bench.stac_collections", stac.WORK / "collections.ndjson")
        argv = [sys.executable, "-m", "tests.bench.publisher"]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        made = subprocess.run(argv, check=True, env=stac._environment(db), cwd=stac.ROOT, **quiet)
        access, secret = made.stdout.decode().split()
        with stac.served_ours(db) as url, httpx.Client(base_url=url, auth=(access, secret), timeout=120) as client:
            return list(_measured(client, source))


def _measured(client: httpx.Client, source: Path) -> Iterator[Figure]:
    with source.open("rb") as lines:
        items = [json.loads(line) for line in itertools.islice(lines, ITEMS)]
    alone = [(f"/collections/{one['collection']}/items", one, 1) for one in items[:SINGLE]]
    yield _figure("one item a request", PEER_SINGLE, client, alone)
    insert, upsert = (list(_batches(items[SINGLE:], method)) for method in ("insert", "upsert"))
    yield _figure("500 new items a request", PEER_BULK, client, insert)
    yield _figure("the same 500 again a request", PEER_BULK, client, upsert)


def _batches(items: Iterable[Any], method: str) -> Iterator[tuple[str, Any, int]]:
    """Requests of 500 items of one collection."""
    waiting: dict[str, dict[str, Any]] = {}
    for one in items:
        batch = waiting.setdefault(one["collection"], {})
        batch[one["id"]] = one
        if len(batch) == BATCH:
            body = {"items": waiting.pop(one["collection"]), "method": method}
            yield f"/collections/{one['collection']}/bulk_items", body, BATCH


def _figure(name: str, peer: int, client: httpx.Client, requests: Iterable[tuple[str, Any, int]]) -> Figure:
    times, count = [], 0
    for path, body, items in requests:
        text = orjson.dumps(body)
        begin = time.perf_counter()
        answer = client.post(path, content=text, headers={"Content-Type": "application/json"})
        times.append((time.perf_counter() - begin) * 1000)
        answer.raise_for_status()
        count += items
    rate = count / sum(times) * 1000
    sys.stdout.write(f"{name}: {rate:.0f} items/s\n")
    return figure(name, times, rate / peer, f"{peer} items/s of the peer")
