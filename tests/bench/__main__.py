# SPDX-License-Identifier: AGPL-3.0-or-later
"""`make bench`: print a table, write var/bench/<name>.json. Times are of this machine; quote the ratios."""

import gc
import importlib
import json
import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]
BENCHES = (
    "board",
    "desk",
    "dimap",
    "entitlement",
    "envelopes",
    "growth",
    "held",
    "places",
    "pools",
    "queue",
    "stac",
    "submissions",
    "transactions",
)


def main(names: list[str]) -> int:
    """Run the named benches, or all."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.test")
    django.setup()
    from django.core.management import call_command
    from django.urls import get_resolver

    call_command("migrate", verbosity=0)
    # As dinamis/wsgi.py does: what is loaded is no garbage of a page.
    get_resolver()._populate()
    gc.collect()
    gc.freeze()
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{'what':<42} {'runs':>5} {'p50 ms':>9} {'p95 ms':>9}  ratio")
    for name in names or BENCHES:
        figures = importlib.import_module(f"tests.bench.{name}").run()
        for figure in figures:
            ratio = f"{figure.ratio} × {figure.reference}" if figure.ratio else ""
            print(f"{figure.name:<42} {figure.runs:>5} {figure.p50_ms:>9.2f} {figure.p95_ms:>9.2f}  {ratio}")
        (folder / f"{name}.json").write_text(json.dumps([figure.as_json() for figure in figures], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
