# SPDX-License-Identifier: AGPL-3.0-or-later
"""What does not match more with ten times the items: one item, twenty ids, the next page of a walk, an empty area.

`STAC_ITEMS` (a million unless told) beside a tenth of it, each in a cluster of its own and served alike, asked in turn:
the ratio is the median of pairs. The aim is 1.3.
"""

import http.client
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.bench import stac
from tests.bench.cluster import private_cluster
from tests.bench.measure import Figure, compare

ITEMS = int(os.environ.get("STAC_ITEMS", "1000000"))
RUNS = 300
FRANCE, EMPTY = "-5.2,41.3,9.6,51.2", "-140,-50,-139.5,-49.5"
YEAR = "2020-01-01T00:00:00Z/2020-12-31T00:00:00Z"
Call = Callable[[], Any]


def run() -> list[Figure]:
    """Return p50 and p95 of each question at both sizes, the larger one with its ratio to the smaller one."""
    if not (stac.DATA / "bench.py").exists():
        sys.stdout.write("growth: DINAMIS_BENCH_DATA names no folder with bench/bench.py: not measured\n")
        return []
    with ExitStack() as opened:
        small, large = (dict(_asked(opened, count)) for count in (ITEMS // 10, ITEMS))
        pairs = ((name, f"{name}, {ITEMS // 10:,} items") for name in large)
        return [
            one
            for name, of_few in pairs
            for one in compare(f"{name}, {ITEMS:,} items", large[name], of_few, small[name], runs=RUNS)
        ]


def _asked(opened: ExitStack, count: int) -> Iterator[tuple[str, Call]]:
    """The questions, asked of a site with so many items."""
    items = stac.generated(count)
    db = opened.enter_context(private_cluster())
    stac.load_ours(db, items, count)
    site = _Site(opened.enter_context(stac.served_ours(db)))
    known = _some(items, count)
    one, many, page = cycle(known), cycle(zip(*[iter(known)] * 20, strict=False)), _Walk(site)
    yield "one item", lambda: site.item(*next(one))
    yield "20 ids", lambda: site.search(ids=",".join(item for _collection, item in next(many)), limit=20)
    yield "the next page of a walk", page.turned
    yield "an empty area", lambda: site.search(bbox=EMPTY)
    yield "an empty area in a year", lambda: site.search(bbox=EMPTY, datetime=YEAR)


def _some(items: Path, count: int) -> list[tuple[str, str]]:
    """Collection and id of a thousand items from all over the file."""
    with items.open() as lines:
        documents = map(json.loads, islice(lines, 0, None, max(1, count // 1_000)))
        return [(one["collection"], one["id"]) for one in documents]


class _Site:
    """A site that is asked over one connection that is kept."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.path = parts.path
        self.connection = http.client.HTTPConnection(parts.netloc)

    def asked(self, path: str) -> Any:
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text[:200]!r}")
        return text

    def item(self, collection: str, item: str) -> Any:
        return self.asked(f"{self.path}/collections/{collection}/items/{item}")

    def search(self, **parameters: Any) -> Any:
        return self.asked(f"{self.path}/search?{urlencode(parameters)}")


class _Walk:
    """A walk over a wide area; its first page counts what there is."""

    def __init__(self, site: _Site) -> None:
        self.site = site
        self.address = f"{site.path}/search?{urlencode({'bbox': FRANCE})}"

    def turned(self) -> None:
        links = json.loads(self.site.asked(self.address))["links"]
        parts = next(urlsplit(link["href"]) for link in links if link["rel"] == "next")
        self.address = f"{parts.path}?{parts.query}"
