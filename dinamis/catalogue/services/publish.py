# SPDX-License-Identifier: AGPL-3.0-or-later
"""A product that was read, with its files, becomes an image of the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from shapely.geometry import shape

from dinamis.catalogue.dimap import Product, item_id, to_stac_item
from dinamis.catalogue.models import Asset, Collection, Item, ItemDocument
from dinamis.catalogue.services.item_documents import refresh

# Members of the STAC properties that have a column of their own.
COLUMNS = {
    "datetime": "datetime",
    "start_datetime": "start_datetime",
    "end_datetime": "end_datetime",
    "platform": "platform",
    "instruments": "instruments",
    "gsd": "gsd",
    "eo:cloud_cover": "cloud_cover",
    "eo:snow_cover": "snow_cover",
    "view:incidence_angle": "incidence_angle",
    "view:sun_elevation": "sun_elevation",
    "processing:level": "processing_level",
    "product:type": "spectral",
    "title": "title",
}


@dataclass(frozen=True, kw_only=True)
class NewAsset:
    """A file to publish. `storage_key` is its path below the protected folder, `size` in bytes, `sha256` in hex.

    A quicklook is `public`, lies below the public folder and has the role "overview" or "thumbnail".
    """

    key: str
    file_name: str
    storage_key: str
    media_type: str
    size: int
    sha256: str
    title: str = ""
    roles: tuple[str, ...] = ("data",)
    public: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HoldBack:
    """Until when an image is reserved for the organisation that asked for it."""

    until: datetime
    organisation_id: int


def publish_product(
    *,
    product: Product,
    collection: Collection,
    files: Sequence[NewAsset] = (),
    source_id: str = "",
    extra_properties: Mapping[str, Any] | None = None,
    held: bool = True,
    hold_back: HoldBack | None = None,
) -> Item:
    """Write the image of a product and its files, whole or not at all, and return it.

    The same product (same name and same provider job) published again changes nothing but what differs; another job
    under the same name gets the job in its id (domain facts, 11.3) and is the next version of what is held of it.
    `source_id` is the provider's name of the scene, by default the product's first source. A file of a key that is
    there already takes its place; none is removed, since download tickets name them. Raises DimapError when no id can
    be made.
    """
    with transaction.atomic():
        # One publication at a time in a collection: two deliveries of one name must see each other.
        Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
        item = _find(product, collection)
        properties = to_stac_item(product, collection=collection.slug, assets={})["properties"]
        values = _values(product, properties, source_id, extra_properties or {})
        values["held"] = held or item.held
        # What is held already is never taken back from anybody.
        if hold_back and not item.held:
            values |= {"hold_back_until": hold_back.until, "hold_back_organisation_id": hold_back.organisation_id}
        _save_changes(item, values)
        for new in files:
            _save_file(item, new)
        others = {name: value for name, value in properties.items() if name not in COLUMNS}
        _save_document(item, others | dict(extra_properties or {}))
    return item


def _find(product: Product, collection: Collection) -> Item:
    """Return the row of this product, saved or new."""
    same_scene = {"collection": collection, "job_id": product.job_id or ""}
    plain, with_job = item_id(product), item_id(product, with_job=True)
    rows = {item.stac_id: item for item in Item.objects.filter(collection=collection, stac_id__in=[plain, with_job])}
    found = rows.get(plain)
    if found is None or found.job_id == same_scene["job_id"]:
        return found or Item(stac_id=plain, **same_scene)
    return rows.get(with_job) or Item(stac_id=with_job, version_of=_first_version(found), **same_scene)


def _first_version(delivered: Item) -> Item | None:
    """Return the first delivery of a product, which from now on names itself; None where no file of it was."""
    if delivered.held and delivered.version_of_id is None:
        delivered.version_of = delivered
        delivered.save(update_fields=["version_of"])
    return delivered.version_of


def _values(
    product: Product, properties: Mapping[str, Any], source_id: str, extra: Mapping[str, Any]
) -> dict[str, Any]:
    values = {column: properties[name] for name, column in COLUMNS.items() if name in properties}
    return {
        **values,
        "datetime": product.start_datetime,
        "start_datetime": product.start_datetime if product.end_datetime != product.start_datetime else None,
        "end_datetime": product.end_datetime if product.end_datetime != product.start_datetime else None,
        "footprint": GEOSGeometry(memoryview(shape(product.geometry).wkb), srid=4326),
        "source_id": source_id or next(iter(product.source_ids), ""),
        "stereo_count": int(extra.get("stereo-img:count", 1)),
    }


def _save_document(item: Item, properties: Mapping[str, Any]) -> None:
    document, new = ItemDocument.objects.get_or_create(item=item, defaults={"properties": properties})
    if not new and document.properties != properties:
        document.properties, document.body = properties, None
        document.save(update_fields=["properties", "body"])
    if document.body is None:
        refresh([item.pk])


def _save_changes(row: Item | Asset, values: Mapping[str, Any]) -> None:
    """Set `values` and save what really changed; a new row is written whole."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if row.pk is None:
        row.save(force_insert=True)
    elif changed:
        row.save(update_fields=changed)


def _save_file(item: Item, new: NewAsset) -> None:
    found = Asset.objects.filter(item=item, key=new.key).first() or Asset(item=item, key=new.key)
    values = {
        "title": new.title,
        "file_name": new.file_name,
        "storage_key": new.storage_key,
        "media_type": new.media_type,
        "roles": list(new.roles),
        "size": new.size,
        "sha256": new.sha256,
        "public": new.public,
        "properties": dict(new.properties),
    }
    _save_changes(found, values)
