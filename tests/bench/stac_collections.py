# SPDX-License-Identifier: AGPL-3.0-or-later
"""Write the collections of the measured items, all under one licence without an embargo."""

import json
import sys
from pathlib import Path

import django


def main(path: Path) -> None:
    """Write the collections of an NDJSON file of STAC collections."""
    django.setup()
    from django.core.management import call_command

    from dinamis.catalogue.enums import CollectionKind, ProductFamily
    from dinamis.catalogue.models import Collection
    from licensing.models import Licence

    call_command("load_licences", verbosity=0)
    licence = Licence.objects.filter(embargo_days=0).earliest("pk")
    for line in path.read_text().splitlines():
        found = json.loads(line)
        family = ProductFamily.PLEIADES if "pleiades" in found["id"] else ProductFamily.SPOT_6_7
        Collection.objects.get_or_create(
            slug=found["id"],
            defaults={
                "title_fr": found["title"],
                "title_en": found["title"],
                "kind": CollectionKind.ARCHIVE,
                "family": family,
                "licence": licence,
            },
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
