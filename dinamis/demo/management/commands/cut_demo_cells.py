# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from typing import Any

import shapely
from django.core.management.base import BaseCommand, CommandError

from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import AdminUnit
from dinamis.demo.geography.cells import CELLS_FILE
from dinamis.demo.geography.cutting import Commune, as_features, cut_all


class Command(BaseCommand):
    """Cut the grids of the demo's coverages again and write the data file kept with the code."""

    help = "Writes dinamis/demo/data/cells.json from the communes in the database (load_places first)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Cut, write, and say how many cells each grid has."""
        rows = AdminUnit.objects.filter(kind=AdminKind.COMMUNE, geometry__isnull=False).order_by("code")
        communes = [
            Commune(row.code, row.name, row.population or 0, shapely.from_wkb(bytes(row.geometry.wkb)))
            for row in rows
            if row.geometry
        ]
        if not communes:
            raise CommandError("There is no commune: run manage.py load_places first.")
        features = as_features(cut_all(communes))
        lines = ",\n".join(
            json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features["features"]
        )
        CELLS_FILE.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n')
        grids = [feature["properties"]["grid"] for feature in features["features"]]
        self.stdout.write(", ".join(f"{grid} {grids.count(grid)}" for grid in sorted(set(grids))))
