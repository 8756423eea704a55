# SPDX-License-Identifier: AGPL-3.0-or-later
"""Imports extracts of public registers and finds an organisation by its number. A number not found is no error."""

import csv
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError

from dinamis.accounts.models import RegistryEntry
from dinamis.accounts.validators import register_of, tidied_identifier
from dinamis.core import clock

R = RegistryEntry.Register
# The columns of the published extracts (INSEE, StockEtablissement; Éducation nationale, annuaire), then plain names.
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    R.SIRET: {
        "number": ("siret", "number"),
        "name": (
            "denominationUniteLegale",
            "denominationUsuelleEtablissement",
            "enseigne1Etablissement",
            "name",
        ),
        "acronym": ("sigleUniteLegale", "acronym"),
        "city": ("libelleCommuneEtablissement", "city"),
    },
    R.UAI: {
        "number": ("numero_uai", "identifiant_de_l_etablissement", "Identifiant_de_l_etablissement", "number"),
        "name": ("appellation_officielle", "nom_etablissement", "Nom_etablissement", "name"),
        "acronym": ("sigle", "acronym"),
        "city": ("nom_commune", "Nom_commune", "libelle_commune", "city"),
    },
    R.ROR: {"number": ("id", "number"), "name": ("name",), "acronym": ("acronym",), "city": ("city",)},
}


def import_registry(register: str, path: Path) -> tuple[int, int]:
    """Read an extract (CSV with `,` or `;`, or ROR's JSON) and keep its lines; returns (kept, left out).

    A line without a name, or whose number is not one of the register, is left out. The same number again is rewritten.
    """
    rows = _ror_rows(path) if path.suffix == ".json" else _csv_rows(register, path)
    kept = left = 0
    while lot := list(islice(rows, 1000)):
        entries = {entry.number: entry for row in lot if (entry := _entry(register, row)) is not None}
        left += len(lot) - len(entries)
        kept += len(entries)
        RegistryEntry.objects.bulk_create(
            entries.values(),
            update_conflicts=True,
            unique_fields=["register", "number"],
            update_fields=["name", "acronym", "city", "country", "imported_at"],
        )
    return kept, left


def _csv_rows(register: str, path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = "".join(islice(file, 1))
        file.seek(0)
        for line in csv.DictReader(file, delimiter=";" if head.count(";") > head.count(",") else ","):
            yield {
                name: next((line[column] for column in columns if line.get(column)), "")
                for name, columns in COLUMNS[register].items()
            } | {"country": line.get("country") or "FR"}


def _ror_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the organisations of a ROR dump, schema 2."""
    for item in json.loads(path.read_text(encoding="utf-8")):
        names: list[dict[str, Any]] = item.get("names", [])
        place: dict[str, str] = next((one.get("geonames_details", {}) for one in item.get("locations", [])), {})
        yield {
            "number": item.get("id", ""),
            "name": next((one["value"] for one in names if "ror_display" in one["types"]), ""),
            "acronym": next((one["value"] for one in names if "acronym" in one["types"]), ""),
            "city": place.get("name", ""),
            "country": place.get("country_code", ""),
        }


def _entry(register: str, row: Mapping[str, str]) -> RegistryEntry | None:
    number = tidied_identifier(row["number"])
    try:
        if register_of(number) != register:
            return None
    except ValidationError:
        return None
    name = " ".join(row["name"].split())
    if not name:
        return None
    return RegistryEntry(
        register=register,
        number=number,
        name=name[:200],
        acronym=row["acronym"].strip()[:30],
        city=row["city"].strip()[:120],
        country=row["country"].strip().upper()[:2],
        imported_at=clock.now(),
    )


def find_in_registry(number: str) -> RegistryEntry | None:
    """Return what the imported extracts say of a SIRET, UAI or ROR number, or None. Raises ValidationError."""
    tidy = tidied_identifier(number)
    return RegistryEntry.objects.filter(register=register_of(tidy), number=tidy).first()
