# SPDX-License-Identifier: AGPL-3.0-or-later
"""The STAC API beside stac-fastapi-pgstac: the same items, requests, machine and PostgreSQL, in one run.

`STAC_ITEMS` says how many (100,000 unless told). The generator, the requests, the right answers and the measuring
script come from `DINAMIS_BENCH_DATA`. Each server is measured with the number of all, and without: the peer as its
documentation installs it, and then tuned (hydration in the API, an index on cloud cover).
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.cluster import EXTENSIONS, Cluster, free_port, private_cluster
from tests.bench.measure import Figure, figure

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DINAMIS_BENCH_DATA") or ROOT.parent / "shared") / "bench"
ITEMS = int(os.environ.get("STAC_ITEMS", "100000"))
WORK = ROOT / "var" / "bench" / "stac"
LOADS = "bbox_dt_10,bbox_dt_100,cql2_cloud_sort,item"
WITHOUT_NUMBER = "Prefer: count=none"
TUNED = (
    """INSERT INTO pgstac.queryables (name, definition, property_wrapper, property_index_type)
       VALUES ('eo:cloud_cover', '{"type": "number"}', 'to_float', 'BTREE')""",
    "SELECT pgstac.maintain_partitions()",
    "ANALYZE",
)


def run() -> list[Figure]:
    """Measure both; return p50 and p95 of each scenario with the ratio, peer over ours."""
    if not (DATA / "bench.py").exists():
        sys.stdout.write("stac: DINAMIS_BENCH_DATA names no folder with bench/bench.py: not measured\n")
        return []
    found = _items()
    results: dict[str, Any] = {}
    with private_cluster() as db:
        results["ours"] = load_ours(db, found)
        results["peer"] = _load_peer(db, found)
        db.sql("postgres", "CHECKPOINT")
        with served_ours(db) as url:
            results["ours, number"] = _measure(url, "ours-number", loads=True)
            results["ours, none"] = _measure(url, "ours-none", WITHOUT_NUMBER, loads=True)
        ours_run(db, "-m", "tests.bench.stac_map", WORK / "map.json")
        results["map"] = json.loads((WORK / "map.json").read_text())
        db.sql("pgstac", "UPDATE pgstac.pgstac_settings SET value = 'on' WHERE name = 'context'")
        with _peer(db, {}) as url:
            results["peer, number"] = _measure(url, "peer-number")
        db.sql("pgstac", "UPDATE pgstac.pgstac_settings SET value = 'off' WHERE name = 'context'")
        with _peer(db, {}) as url:
            results["peer, none"] = _measure(url, "peer-none", loads=True)
        db.sql("pgstac", *TUNED)
        with _peer(db, {"USE_API_HYDRATE": "true"}) as url:
            results["peer tuned, none"] = _measure(url, "peer-tuned-none", loads=True)
    (WORK / "all.json").write_text(json.dumps(results, indent=1))
    sys.stdout.write(_table(results))
    figures = [*_compared(results, "number", "peer, number"), *_compared(results, "none", "peer tuned, none")]
    return figures + [figure(name, times) for name, times in results["map"].items() if isinstance(times, list)]


# --- the data ---


def generated(count: int = ITEMS) -> Path:
    """Return the file of so many items, made once."""
    WORK.mkdir(parents=True, exist_ok=True)
    items = WORK / f"items-{count}.ndjson"
    if not items.exists() or not (WORK / "collections.ndjson").exists():
        _script("gen_items.py", "--count", count, "--out", items, "--collections-out", WORK / "collections.ndjson")
    return items


def _items() -> Path:
    """Return the same, with the requests and their right answers beside it."""
    items = generated()
    _script("gen_requests.py", "--out", WORK / "requests.json", "--items", items)
    _script("gen_requests.py", "--out", WORK / "others.json", "--items", items, "--seed", 8, "--per-scenario", 30)
    if not _expected().exists():
        _script("oracle.py", "--items", items, "--requests", WORK / "requests.json", "--out", _expected())
    return items


def _expected() -> Path:
    return WORK / f"expected-{ITEMS}.json"


def _script(name: str, *arguments: Any) -> None:
    argv = [sys.executable, str(DATA / name), *map(str, arguments)]
    subprocess.run(argv, check=True, cwd=DATA, stderr=subprocess.DEVNULL)


# --- the two servers ---


def load_ours(db: Cluster, items: Path, count: int = ITEMS) -> dict[str, float]:
    """Load items into a new database `ours`; return how many a second, and the bytes of each."""
    db.create("ours", EXTENSIONS)
    ours_run(db, "-m", "django", "migrate", "-v0")
    ours_run(db, "-m", "tests.bench.stac_collections", WORK / "collections.ndjson")
    before, start = db.size("ours"), time.perf_counter()
    ours_run(db, "-m", "django", "load_stac_items", items)
    took = time.perf_counter() - start
    db.sql("ours", "VACUUM ANALYZE")
    return {"items_per_s": count / took, "bytes_per_item": (db.size("ours") - before) / count}


def _load_peer(db: Cluster, items: Path) -> dict[str, float]:
    db.create("pgstac")
    program, dsn = str(_peer_python().parent / "pypgstac"), db.url("pgstac")
    _quiet([program, "migrate", "--dsn", dsn])
    _quiet([program, "load", "collections", str(WORK / "collections.ndjson"), "--dsn", dsn, "--method", "upsert"])
    db.sql("pgstac", "ALTER DATABASE pgstac SET search_path TO pgstac, public")
    before, start = db.size("pgstac"), time.perf_counter()
    _quiet([program, "load", "items", str(items), "--dsn", dsn, "--method", "insert"])
    took = time.perf_counter() - start
    db.sql("pgstac", "VACUUM ANALYZE")
    return {"items_per_s": ITEMS / took, "bytes_per_item": (db.size("pgstac") - before) / ITEMS}


def _quiet(argv: list[str], env: Mapping[str, str] | None = None) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, cwd=ROOT)


def _environment(db: Cluster) -> dict[str, str]:
    url = db.url("ours")
    names = {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "DJANGO_SETTINGS_MODULE": "tests.bench.site_settings"}
    return {**os.environ, **names, "PYTHONPATH": str(ROOT)}


def ours_run(db: Cluster, *arguments: Any) -> None:
    _quiet([sys.executable, *map(str, arguments)], env=_environment(db))


def _peer_python() -> Path:
    home = WORK / "peer"
    python = home / "bin" / "python"
    if not (home / "bin" / "pypgstac").exists():
        venv.create(home, with_pip=True)
        _quiet([str(python), "-m", "pip", "install", "-q", "-r", str(ROOT / "tests" / "bench" / "peer.txt")])
    return python


@contextmanager
def served_ours(db: Cluster) -> Iterator[str]:
    """Serve the database `ours` as in production; yields the address of its STAC API."""
    port = free_port()
    server = ["-m", "dinamis.server", "dinamis.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    flags = ["--workers", "2", "--threads", "4"]
    env = {**_environment(db), "SITE_URL": f"http://127.0.0.1:{port}"}
    with _served([sys.executable, *server, *flags], env, f"http://127.0.0.1:{port}/stac") as url:
        yield url


@contextmanager
def _peer(db: Cluster, settings: Mapping[str, str]) -> Iterator[str]:
    port = free_port()
    python = str(_peer_python())
    database = {
        "PGUSER": "postgres",
        "PGPASSWORD": "x",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(db.port),
        "PGDATABASE": "pgstac",
    }
    env = {**os.environ, **database, "DB_MIN_CONN_SIZE": "2", "DB_MAX_CONN_SIZE": "8", **settings}
    flags = ["--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--log-level", "warning", "--no-access-log"]
    argv = [python, "-m", "uvicorn", "stac_fastapi.pgstac.app:create_app", "--factory", *flags]
    with _served(argv, env, f"http://127.0.0.1:{port}") as url:
        yield url


@contextmanager
def _served(argv: list[str], env: Mapping[str, str], url: str) -> Iterator[str]:
    server = subprocess.Popen(argv, env=dict(env), cwd=ROOT, start_new_session=True)
    try:
        _wait_for(server, f"{url}/search?limit=1")
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(server: "subprocess.Popen[bytes]", url: str) -> None:
    for _ in range(120):
        if server.poll() is not None:
            raise RuntimeError(f"{url}: the server ended with {server.returncode}")
        try:
            urllib.request.urlopen(url, timeout=10).read()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"{url}: no answer")


# --- the measure ---


def _measure(url: str, label: str, *headers: str, loads: bool = False) -> dict[str, Any]:
    """Measure a server once it has answered others of the kind: which one was loaded last counts for nothing."""
    given = [part for header in headers for part in ("--header", header)]
    _script_of_measure(url, "others", label, *given)
    more = ["--expected", str(_expected()), *given]
    if loads:
        more += ["--load", LOADS, "--clients", "8", "--seconds", "8", *(["--wrk"] if _has_wrk() else [])]
    return _script_of_measure(url, "requests", label, *more)


def _script_of_measure(url: str, name: str, label: str, *more: str) -> dict[str, Any]:
    out, requests = WORK / f"{label}.json", str(WORK / f"{name}.json")
    argv = [sys.executable, str(DATA / "bench.py"), "--base-url", url, "--requests", requests, "--out", str(out)]
    argv += ["--label", label, "--timeout", "120", *more]
    done = subprocess.run(argv, check=False, stdout=subprocess.DEVNULL, cwd=DATA)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{label}: the measuring script ended with {done.returncode}")
    return json.loads(out.read_text())


def _has_wrk() -> bool:
    return subprocess.run(["which", "wrk"], check=False, capture_output=True).returncode == 0


def _compared(results: Mapping[str, Any], numbers: str, peer: str) -> list[Figure]:
    ours, theirs = results[f"ours, {numbers}"]["latency"], results[peer]["latency"]
    return [
        Figure(
            name=f"{scenario}, {numbers}",
            runs=ours[scenario]["n"],
            p50_ms=ours[scenario]["p50_ms"],
            p95_ms=ours[scenario]["p95_ms"],
            ratio=round(theirs[scenario]["p50_ms"] / ours[scenario]["p50_ms"], 1),
            reference=f"faster than {peer}",
        )
        for scenario in ours
    ]


def _table(results: Mapping[str, Any]) -> str:
    lines = ["", f"{ITEMS} items; each cell p50 / p95 in ms"]
    servers = ("ours, number", "peer, number", "ours, none", "peer, none", "peer tuned, none")
    lines.append(f"{'':<22}" + "".join(f"{name:>20}" for name in servers))
    for scenario in results[servers[0]]["latency"]:
        cells = (results[name]["latency"][scenario] for name in servers)
        lines.append(f"{scenario:<22}" + "".join(f"{cell['p50_ms']:>10.1f} /{cell['p95_ms']:>8.1f}" for cell in cells))
    for scenario in LOADS.split(","):
        cells = (results[name]["load"].get(scenario, {}).get("requests_per_s", "") for name in servers)
        lines.append(f"{f'8 clients, {scenario}':<22}" + "".join(f"{cell!s:>18}/s" for cell in cells))
    for name in servers:
        wrong = {scenario: one["wrong"] for scenario, one in results[name]["check"].items() if one["wrong"]}
        lines.append(f"wrong answers, {name}: {wrong or 'none'}")
    for name in ("ours", "peer"):
        one = results[name]
        lines.append(f"{name}: {one['items_per_s']:.0f} items/s loaded, {one['bytes_per_item']:.0f} bytes an item")
    lines.append(f"largest tile: {results['map']['largest_tile'] / 1000:.0f} kB")
    return "\n".join(lines) + "\n"
