# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first over the items of the STAC bench (`STAC_ITEMS` says how many), of which a quarter are held: every
département and région of metropolitan France, the whole area and with conditions."""

import json
import sys
from pathlib import Path

from tests.bench import stac
from tests.bench.cluster import private_cluster
from tests.bench.measure import Figure, figure

OUT = stac.WORK / "held.json"


def run() -> list[Figure]:
    """Load the items into a cluster of their own and measure there."""
    if not (stac.DATA / "bench.py").exists():
        sys.stdout.write("held: DINAMIS_BENCH_DATA names no folder with bench/bench.py: not measured\n")
        return []
    with private_cluster() as db:
        stac.load_ours(db, stac.generated())
        stac.ours_run(db, "-m", "django", "load_places")
        stac.ours_run(db, "-m", "tests.bench.held_answers", OUT)
    return figures_of(OUT)


def figures_of(found: Path) -> list[Figure]:
    """Return the figures of the times that the measuring script wrote."""
    return [figure(f"held first: {name}", times) for name, times in json.loads(found.read_text()).items()]
