# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ask held first about every département and région; write the times in milliseconds as JSON."""

import json
import sys
import time
from pathlib import Path

import django

# Collections whose images are held: a quarter of all.
HELD = ("pleiades-acquisitions", "spot67-couverture-france", "pleiades-littoral")
OVERSEAS = ("01", "02", "03", "04", "06", "971", "972", "973", "974", "976")


def main(out: Path) -> None:
    """Mark what is held, then measure as a person who may download all of it."""
    django.setup()
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        # A quarter of a million rows at once is no request: it may take its time.
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ALTER TABLE catalogue_item DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE catalogue_item SET held = true WHERE NOT held AND collection_id IN"
            " (SELECT id FROM catalogue_collection WHERE slug = ANY(%s))",
            [list(HELD)],
        )
        cursor.execute("ALTER TABLE catalogue_item ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE catalogue_item")
    with transaction.atomic():
        found = _measured(_person())
        transaction.set_rollback(True)
    out.write_text(json.dumps(found))


def _measured(person) -> dict[str, list[float]]:
    from dinamis.catalogue.models import AdminUnit
    from dinamis.catalogue.selectors.filters import SearchFilters
    from dinamis.core.geo import to_shapely
    from orders.selectors.holdings.held import held_first
    from orders.selectors.holdings.left import offers

    wanted = {
        "": SearchFilters(),
        ", clouds and incidence": SearchFilters(cloud=10.0, incidence=15.0),
        ", one sensor in one year": SearchFilters(sensors=("pleiades",), years=(2020,)),
    }
    found = {}
    for kind in ("departement", "region"):
        units = AdminUnit.objects.filter(kind=kind, geometry__isnull=False).exclude(code__in=OVERSEAS).order_by("code")
        areas = [to_shapely(unit.geometry) for unit in units]
        for name, filters in wanted.items():
            held_first(areas[0], person, filters)
            found[f"{kind}{name}"] = [_timed(lambda a=area, f=filters: held_first(a, person, f)) for area in areas]
        answers = [held_first(area, person, wanted[", one sensor in one year"]) for area in areas]
        found[f"{kind}, offers for the rest"] = [_timed(lambda a=one: offers(a, person)) for one in answers]
    return found


def _timed(call) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def _person():
    """A member of an organisation that may download everything: all collections are put under its licence."""
    from dinamis.catalogue.models import Collection
    from tests.dinamis.catalogue.cast import entitled_adhesion, member
    from tests.factories.licensing import LicenceFactory, person_signs, published_version

    licence = LicenceFactory()
    version = published_version(licence)
    Collection.objects.update(licence=licence)
    adhesion, _right = entitled_adhesion(licence, version)
    person = member(adhesion)
    person_signs(person, version)
    return person


if __name__ == "__main__":
    main(Path(sys.argv[1]))
