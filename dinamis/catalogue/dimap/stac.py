# SPDX-License-Identifier: AGPL-3.0-or-later
"""A DIMAP product as a STAC 1.1.0 Item."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from dinamis.catalogue.dimap import families
from dinamis.catalogue.dimap.errors import DimapError
from dinamis.catalogue.dimap.model import Band, Product
from dinamis.catalogue.dimap.times import print_moment

STAC_VERSION = "1.1.0"
MAX_ID_LENGTH = 180
ANGLE_DECIMALS = 2

_EXTENSIONS = "https://stac-extensions.github.io"
_VERSIONS = {
    "auth": "v1.1.0",
    "eo": "v2.0.0",
    "file": "v2.1.0",
    "order": "v1.1.0",
    "processing": "v1.2.0",
    "product": "v1.0.0",
    # The last version with proj:epsg, beside proj:code: GDAL 3.6 (Debian 12) finds the projection nowhere else.
    "proj": "v1.2.0",
    "raster": "v2.0.0",
    "sat": "v1.2.0",
    "sci": "v1.0.0",
    "storage": "v2.0.0",
    "timestamps": "v1.1.0",
    "version": "v1.2.0",
    "view": "v1.1.0",
}
_FOLDERS = {"auth": "authentication", "proj": "projection", "sci": "scientific"}
# Members of extensions that have no prefix.
_BARE = {"published": "timestamps", "expires": "timestamps", "version": "version", "deprecated": "version"}
_PAN_CODES = {"P", "PAN"}


def default_collection(product: Product) -> str:
    """The collection of the product's family: ``pleiades``, ``pleiades-neo``, ``spot-6-7``, ``spot-world-heritage``."""
    return product.family


def item_id(product: Product, *, with_job: bool = False) -> str:
    """The id of the item: letters, digits, ``-`` and ``_``.

    The dataset name (or the source id), completed by the spectral processing and the level when the name does not
    say them. A re-order of a scene may carry the same name: on collision the caller asks again ``with_job``, which
    adds the JOB_ID. Raises DimapError when nothing usable is left of the name.
    """
    slug = _slug(product.name)
    if not slug:
        raise DimapError(product.document, "DATASET_NAME", "holds no letter or digit", "Name the dataset", "missing")
    parts = set(re.split(r"[_-]", slug.upper()))
    pieces = [slug]
    spectral = _slug(product.spectral_processing or "")
    if spectral and not _says(slug, parts, spectral):
        pieces.append(spectral)
    if product.level_code and product.level_code not in parts:
        pieces.append(_slug(product.level_code))
    if with_job and product.job_id:
        pieces.append(_slug(product.job_id))
    return _capped("_".join(pieces))


def _says(slug: str, parts: set[str], spectral: str) -> bool:
    if spectral.upper() in _PAN_CODES:
        return bool(parts & _PAN_CODES)
    if "-" in spectral:
        return f"_{spectral.upper()}_" in f"_{slug.upper()}_"
    return spectral.upper() in parts


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")


def _capped(identifier: str) -> str:
    if len(identifier) <= MAX_ID_LENGTH:
        return identifier
    return f"{identifier[: MAX_ID_LENGTH - 9]}_{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


def to_stac_item(
    product: Product,
    *,
    collection: str | None = None,
    assets: Mapping[str, Mapping[str, Any]] | None = None,
    identifier: str | None = None,
    links: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The STAC 1.1.0 Item of a product (core 1.1.0, extensions eo, processing, product, projection, raster, sat, view).

    ``collection`` defaults to the family's; ``assets`` to the files the document names, with hrefs relative to the
    delivery; ``identifier`` to ``item_id(product)``; ``links`` to one relative collection link. Assets with the role
    ``data`` get the bands. Angles are rounded to 2 decimals, gsd is in metres. Raises DimapError when no id can be
    made.
    """
    collection = collection or default_collection(product)
    given = assets if assets is not None else delivered_assets(product)
    chosen = {key: with_bands(product, key, asset) for key, asset in given.items()}
    properties = _drop_none(
        {**_times(product), **_platform(product), **_coverage(product), **_view(product), **_projection(product)}
        | {**_processing(product), **_dimap(product)}
    )
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": used_extensions(properties, chosen),
        "id": identifier or item_id(product),
        "collection": collection,
        "geometry": product.geometry,
        "bbox": product.bbox,
        "properties": properties,
        "links": [dict(link) for link in links] if links is not None else _links(),
        "assets": chosen,
    }


def _links() -> list[dict[str, Any]]:
    return [{"rel": "collection", "href": "./collection.json", "type": "application/json"}]


def _drop_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def tidy(value: float | None, decimals: int | None = None) -> float | int | None:
    """A number as people write it: 0 instead of 0.0, at most ``decimals`` decimals."""
    if value is None:
        return None
    rounded = value if decimals is None else round(value, decimals)
    return int(rounded) if rounded == int(rounded) else rounded


def _times(product: Product) -> dict[str, Any]:
    """``datetime`` is the start; a product of several strips adds the range."""
    times = {"datetime": print_moment(product.start_datetime)}
    if product.start_datetime != product.end_datetime:
        times["start_datetime"] = print_moment(product.start_datetime)
        times["end_datetime"] = print_moment(product.end_datetime)
    return times


def _platform(product: Product) -> dict[str, Any]:
    return {
        "title": product.name,
        "platform": product.platform,
        "constellation": product.constellation,
        "instruments": list(product.instruments) or None,
        "gsd": tidy(product.gsd) or None,
        "sat:platform_international_designator": families.DESIGNATORS.get(product.platform),
    }


def _coverage(product: Product) -> dict[str, Any]:
    return {
        "eo:cloud_cover": tidy(product.cloud_cover, 2),
        "eo:snow_cover": tidy(product.snow_cover, 2),
        "dimap:area_km2": tidy(product.area_km2, 4),
    }


def _view(product: Product) -> dict[str, Any]:
    angles = product.angles
    values = {
        "view:incidence_angle": angles.incidence,
        "view:off_nadir": angles.off_nadir,
        "view:azimuth": angles.azimuth,
        "view:sun_azimuth": angles.sun_azimuth,
        "view:sun_elevation": angles.sun_elevation,
    }
    return {key: tidy(value, ANGLE_DECIMALS) for key, value in values.items()}


def _projection(product: Product) -> dict[str, Any]:
    """A sensor image has no map grid: its CRS is the one of its footprint and of its RPC model."""
    return {
        "proj:code": f"EPSG:{product.epsg}" if product.epsg else None,
        "proj:epsg": product.epsg,
        "proj:shape": list(product.shape) if product.shape else None,
        "proj:transform": list(product.transform) if product.transform else None,
    }


def _processing(product: Product) -> dict[str, Any]:
    return {
        "processing:level": product.level,
        "processing:facility": product.facility,
        "processing:software": dict(product.software) or None,
        "processing:datetime": print_moment(product.production_date) if product.production_date else None,
        "product:type": product.spectral_processing,
    }


def _dimap(product: Product) -> dict[str, Any]:
    """Facts no extension has a field for. The order block and job are left out: items are public, orders private."""
    return {
        "dimap:version": product.dimap_version,
        "dimap:profile": product.profile or None,
        "dimap:radiometric_processing": product.radiometric_processing,
        "dimap:source_ids": list(product.source_ids) or None,
    }


def band_objects(product: Product, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The STAC 1.1 ``bands`` of a data asset, in file order; only those called ``names`` when given."""
    return [_band(product, band) for band in product.bands if not names or band.name in names]


def with_bands(product: Product, key: str, asset: Mapping[str, Any]) -> dict[str, Any]:
    """An asset with its ``bands``: a data asset that has none gets the product's.

    STAC 1.1 wants bands on assets, properties only repeat them. Where a product has several images (Pléiades Neo
    full spectrum), the asset's key starts with the names of its bands, as ``red_green_blue``.
    """
    if "bands" in asset or "data" not in asset.get("roles", ()):
        return dict(asset)
    groups = [bands for bands in product.file_groups if bands and key.startswith("_".join(bands))]
    bands = band_objects(product, groups[0] if groups and len(product.file_groups) > 1 else ())
    return {**asset, "bands": bands} if bands else dict(asset)


def _band(product: Product, band: Band) -> dict[str, Any]:
    values = {
        "name": band.name,
        "eo:common_name": band.common_name,
        "eo:center_wavelength": band.center_wavelength,
        "eo:full_width_half_max": band.full_width_half_max,
        "data_type": product.data_type,
        "nodata": tidy(product.nodata),
        "raster:bits_per_sample": product.bits_per_sample,
        "raster:spatial_resolution": tidy(product.gsd) or None,
    }
    # Only BASIC counts turn into radiance by this formula (L = DN / GAIN + BIAS).
    if (product.radiometric_processing or "").upper() == "BASIC" and band.gain:
        values |= {"raster:scale": 1 / band.gain, "raster:offset": band.bias or 0, "unit": "W/m2/sr/um"}
    return _drop_none(values)


def delivered_assets(product: Product) -> dict[str, dict[str, Any]]:
    """Assets of the files the document names, with hrefs relative to the delivery."""
    assets: dict[str, dict[str, Any]] = {
        "metadata": _asset(product.document, "application/xml", "metadata", title="DIMAP")
    }
    for data_file in product.data_files:
        media = product.media_type or ("image/jp2" if data_file.href.upper().endswith(".JP2") else "image/tiff")
        key = _data_key(product, data_file.href)
        assets[key] = _asset(product.locate(data_file.href), media, "data")
    for key, href, role, media in (
        ("preview", product.preview_href, "overview", "image/jpeg"),
        ("thumbnail", product.thumbnail_href, "thumbnail", "image/jpeg"),
        ("rpc", product.rpc_href, "metadata", "application/xml"),
    ):
        if href:
            assets[key] = _asset(product.locate(href), media, role)
    for number, href in enumerate(product.masks, 1):
        assets[f"mask_{number}"] = _asset(
            product.locate(href), "application/gml+xml", "metadata", title=href.rpartition("/")[2]
        )
    return assets


def _data_key(product: Product, href: str) -> str:
    if len(product.data_files) == 1:
        return "data"
    groups = {data_file.bands for data_file in product.data_files}
    found = next(data_file for data_file in product.data_files if data_file.href == href)
    prefix = "_".join(found.bands) if len(groups) > 1 and found.bands else "data"
    return f"{prefix}_r{found.row}c{found.column}"


def _asset(href: str, media: str, role: str, *, title: str | None = None) -> dict[str, Any]:
    return _drop_none({"href": href, "type": media, "title": title, "roles": [role]})


def used_extensions(properties: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The schemas of the prefixes really used, in properties, bands and assets."""
    fields = set(properties)
    for holder in (properties, *assets.values()):
        fields |= set(holder) if holder is not properties else set()
        for band in holder.get("bands", ()):
            fields |= set(band)
    named = {field.partition(":")[0] if ":" in field else _BARE.get(field, "") for field in fields}
    prefixes = sorted(named & set(_VERSIONS))
    return [f"{_EXTENSIONS}/{_FOLDERS.get(prefix, prefix)}/{_VERSIONS[prefix]}/schema.json" for prefix in prefixes]
