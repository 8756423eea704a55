# SPDX-License-Identifier: AGPL-3.0-or-later
"""The catalogue of the demonstration: yearly coverages, and an archive whose scenes can be ordered.

Nothing here is held: the files that are at hand come from `samples`, with the mark.
"""

import os
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from shapely.geometry import shape

from dinamis.catalogue.enums import CellStatus, CollectionKind
from dinamis.catalogue.models import Collection, Coverage, CoverageCell, Item, ItemDocument
from dinamis.catalogue.selectors.item_body import stored
from dinamis.catalogue.services.item_documents import learn_dictionary, refresh_empty
from dinamis.demo.geography.coverages import UNFINISHED_YEAR, Filled, Yearly, filled_cells, yearly_coverages
from dinamis.demo.geography.scenes import ARCHIVE, Scene, archive_scenes

BATCH = 500
SAMPLES = 2_000
QUICKLOOK_PIXELS = 384
INSTRUMENTS = {"pleiades": ["hiri"], "spot-6-7": ["naomi"]}
UNFINISHED_FR = "Campagne d’acquisition en cours : toutes les mailles ne sont pas livrées."
UNFINISHED_EN = "Acquisition is under way: not every cell has been delivered."


def load_archive() -> int:
    """Write the scenes that can be ordered; returns how many are new."""
    archive = Item.objects.filter(collection__kind=CollectionKind.ARCHIVE, quicklook_url__gt="")
    if archive.count() == sum(ARCHIVE.values()):
        return 0
    known = set(archive.values_list("source_id", flat=True))
    collections = Collection.objects.in_bulk(field_name="slug")
    scenes = [scene for scene in archive_scenes() if scene.id not in known]
    _save([_archive_item(scene, collections) for scene in scenes], map(_others, scenes))
    return len(scenes)


def _save(rows: list[Item], others: Iterable[dict[str, Any]]) -> None:
    """Write images with the properties that have no column; their documents are made afterwards."""
    Item.objects.bulk_create(rows, batch_size=BATCH)
    documents = [ItemDocument(item=row, properties=properties) for row, properties in zip(rows, others, strict=True)]
    ItemDocument.objects.bulk_create(documents, batch_size=BATCH)


def write_documents() -> int:
    """Make the documents of the images that have none, all at once; returns how many."""
    some = Item.objects.select_related("collection", "document").prefetch_related("assets")[:SAMPLES]
    learn_dictionary([stored(item) for item in some])
    written = 0
    while done := refresh_empty():
        written += done
    return written


def _archive_item(scene: Scene, collections: dict[str, Collection]) -> Item:
    place = scene.place
    return Item(
        collection=collections[scene.satellite.collection],
        stac_id=scene.id,
        title=f"{scene.satellite.platform} {scene.when:%Y-%m-%d} {place}"[:200],
        footprint=_geos(scene.geometry),
        **_described(scene),
    )


def _described(scene: Scene) -> dict[str, Any]:
    satellite = scene.satellite
    return {
        "source_id": scene.id,
        "datetime": scene.when,
        "platform": satellite.platform,
        "instruments": INSTRUMENTS.get(satellite.collection, []),
        "gsd": satellite.gsd,
        "cloud_cover": scene.cloud,
        "incidence_angle": scene.incidence,
        "sun_elevation": scene.sun_elevation,
        "stereo_count": scene.stereo_count,
        "quicklook_url": quicklook_url(scene.id),
    }


def _others(scene: Scene) -> dict[str, Any]:
    collection = scene.satellite.collection
    return {
        "constellation": "spot" if collection == "spot-6-7" else collection,
        "view:azimuth": scene.azimuth,
        "view:sun_azimuth": scene.sun_azimuth,
    }


def quicklook_url(scene_id: str) -> str:
    """The picture the simulator gives of a scene, below the site itself so that another port changes nothing."""
    return f"{quicklook_prefix()}/quicklooks/{scene_id}.jpg?size={QUICKLOOK_PIXELS}"


def quicklook_prefix() -> str:
    """The path the simulator is shown under."""
    return urlsplit(os.environ.get("SIMULATOR_PUBLIC_URL", "")).path.rstrip("/") or "/simulator"


def _geos(geometry: dict[str, Any]) -> Any:
    return GEOSGeometry(memoryview(shape(geometry).wkb), srid=4326)


def load_coverages() -> int:
    """Write every yearly coverage that is not there; returns how many are new."""
    collections = Collection.objects.in_bulk(field_name="slug")
    known = set(Coverage.objects.values_list("collection__slug", "year"))
    missing = [yearly for yearly in yearly_coverages() if (yearly.collection, yearly.year) not in known]
    for yearly in missing:
        _load_coverage(yearly, collections[yearly.collection])
    return len(missing)


@transaction.atomic
def _load_coverage(yearly: Yearly, collection: Collection) -> None:
    unfinished = yearly.year == UNFINISHED_YEAR and yearly.grid == "spot"
    coverage = Coverage.objects.create(
        collection=collection,
        year=yearly.year,
        note_fr=UNFINISHED_FR if unfinished else "",
        note_en=UNFINISHED_EN if unfinished else "",
    )
    filled = list(filled_cells(yearly))
    images = _save_images(filled, collection)
    cells = [
        CoverageCell(
            coverage=coverage,
            code=one.cell.code,
            geometry=_geos(one.cell.geometry),
            status=one.status,
            item=images.get(one.cell.code),
            scene_ids=[one.scene.id] if one.scene else [],
            **_dates(one),
        )
        for one in filled
    ]
    CoverageCell.objects.bulk_create(cells, batch_size=BATCH)


def _dates(one: Filled) -> dict[str, date]:
    """Acquired on the day of the scene, produced three weeks and delivered six weeks later; as far as the cell is."""
    if one.scene is None:
        return {}
    day = one.scene.when.date()
    found = {"acquired_on": day}
    if one.status in {CellStatus.PRODUCED, CellStatus.DELIVERED}:
        found["produced_on"] = day + timedelta(days=21)
    if one.status == CellStatus.DELIVERED:
        found["delivered_on"] = day + timedelta(days=42)
    return found


def _save_images(filled: Iterable[Filled], collection: Collection) -> dict[str, Item]:
    rows = {one.cell.code: _cell_item(one, one.scene, collection) for one in filled if one.scene}
    _save(
        list(rows.values()),
        [_others(one.scene) | {"grid:code": f"DINAMIS-{one.cell.code}"} for one in filled if one.scene],
    )
    return rows


def _cell_item(one: Filled, scene: Scene, collection: Collection) -> Item:
    return Item(
        collection=collection,
        stac_id=one.stac_id,
        title=f"{scene.satellite.platform} {one.yearly.year} · {one.cell.code} {one.cell.name}".strip(),
        footprint=_geos(one.cell.geometry),
        processing_level="L3",
        spectral="PMS",
        **_described(scene),
    )
