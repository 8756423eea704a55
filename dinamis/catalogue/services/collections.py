# SPDX-License-Identifier: AGPL-3.0-or-later
"""The collections and sensors DINAMIS starts with: what each holds, under which licence, from whom."""

from dataclasses import asdict

from django.db import transaction

from dinamis.catalogue.described import COLLECTIONS, Described
from dinamis.catalogue.models import Collection, Sensor
from dinamis.catalogue.sensors import SENSORS
from dinamis.core.exceptions import Invalid
from licensing.models import Licence


def load_collections() -> list[Collection]:
    """Write the collections and their sensors, or bring them up to date, and return the collections in their order.

    Raises Invalid when a licence they name is not there; then nothing is written.
    """
    licences = {licence.code: licence for licence in Licence.objects.all()}
    if missing := sorted({entry.licence for entry in COLLECTIONS} - set(licences)):
        raise Invalid(
            f"No licence is called {', '.join(missing)}.",
            pointer="licence",
            repair="Run manage.py load_licences first.",
        )
    with transaction.atomic():
        sensors = _save_sensors()
        return [
            _save(position, entry, licences[entry.licence], sensors) for position, entry in enumerate(COLLECTIONS, 1)
        ]


def _save_sensors() -> dict[str, Sensor]:
    """Write the sensors and return them by platform."""
    found = {}
    for position, known in enumerate(SENSORS, 1):
        values = asdict(known) | {"position": position}
        platform = values.pop("platform")
        found[platform], _created = Sensor.objects.update_or_create(platform=platform, defaults=values)
    return found


def _save(position: int, entry: Described, licence: Licence, sensors: dict[str, Sensor]) -> Collection:
    values = asdict(entry) | {
        "licence": licence,
        "position": position,
        "providers": [provider.document for provider in entry.providers],
        "keywords_fr": list(entry.keywords_fr),
        "keywords_en": list(entry.keywords_en),
    }
    platforms = values.pop("platforms")
    saved, _created = Collection.objects.update_or_create(slug=values.pop("slug"), defaults=values)
    saved.sensors.set([sensors[platform] for platform in platforms])
    return saved
