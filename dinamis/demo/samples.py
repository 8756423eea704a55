# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images whose files are really there: cells of the coverages at a reduced, honest resolution.

The item keeps the nominal resolution of its product; the file says its own, in its transform and in its properties.
"""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import numpy as np
from django.conf import settings
from django.db import transaction
from shapely.geometry import mapping

from dinamis.catalogue.models import Asset, Item
from dinamis.catalogue.services.item_documents import refresh
from dinamis.catalogue.services.publish import NewAsset
from dinamis.core import outbox
from dinamis.core.models import OutboxMessage
from dinamis.demo.geography.coverages import Filled, filled_cells, yearly_coverages
from dinamis.demo.geography.cutting import LAMBERT_93, UTM_20N, UTM_22N, UTM_38S, UTM_40S, projected

TOPIC = "demo.make_sample"
LONGER_SIDE = 560
FIRST = 12
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
BANDS = (("red", 2), ("green", 1), ("blue", 0), ("nir", 3))
PROJECTIONS = {"GF": UTM_22N, "GP": UTM_20N, "MQ": UTM_20N, "MF": UTM_20N, "BL": UTM_20N, "RE": UTM_40S, "YT": UTM_38S}
TITLE = "échantillon de démonstration · demonstration sample"


@dataclass(frozen=True)
class Frame:
    """Where the pixels of a sample lie: EPSG code, west and north edges in metres, pixel in metres, rows, columns."""

    epsg: int
    west: float
    north: float
    pixel: float
    shape: tuple[int, int]

    @property
    def transform(self) -> list[float]:
        """Pixel to metres, in the order of STAC's proj:transform."""
        return [self.pixel, 0.0, self.west, 0.0, -self.pixel, self.north]


@cache
def wanted() -> tuple[Filled, ...]:
    """The cells whose files are to be made, grids in turn so that the first dozen shows all of them."""
    groups: dict[tuple[str, int], list[Filled]] = {}
    for yearly in yearly_coverages():
        for one in filled_cells(yearly) if yearly.year >= 2024 else ():
            if one.held:
                groups.setdefault((yearly.grid, yearly.year), []).append(one)
    longest = max(len(group) for group in groups.values())
    return tuple(group[rank] for rank in range(longest) for group in groups.values() if rank < len(group))


def load_samples() -> int:
    """Make the first samples now and leave the others to the workers; returns how many that were."""
    held = set(Item.objects.filter(held=True).values_list("stac_id", flat=True))
    now = [one for one in wanted()[:FIRST] if one.stac_id not in held]
    for one in now:
        make_sample(one)
    return len(now) + sum(_leave_to_workers(one.stac_id) for one in wanted()[FIRST:])


@transaction.atomic
def _leave_to_workers(stac_id: str) -> bool:
    """Queue one sample, once for ever; tells whether it was queued now."""
    key = f"{TOPIC}:{stac_id}"
    if OutboxMessage.objects.filter(key=key).exists():
        return False
    outbox.put(TOPIC, {"stac_id": stac_id}, key=key)
    return True


def find(stac_id: str) -> Filled:
    """The wanted cell of an image. Raises KeyError."""
    return {one.stac_id: one for one in wanted()}[stac_id]


def make_sample(one: Filled) -> Item:
    """Draw, write and publish the files of one cell. Done again it writes the same files."""
    item = Item.objects.select_related("collection").get(collection__slug=one.yearly.collection, stac_id=one.stac_id)
    if item.held:
        return item
    files = write_files(one)
    with transaction.atomic():
        for new in files:
            values = {name: value for name, value in vars(new).items() if name != "key"}
            values |= {"roles": list(new.roles), "properties": dict(new.properties)}
            Asset.objects.update_or_create(item=item, key=new.key, defaults=values)
        item.held = True
        item.save(update_fields=["held"])
        refresh([item.pk])
    return item


def frame_of(one: Filled) -> Frame:
    """A north-up grid of square pixels over the cell, in the projection of its territory."""
    epsg = PROJECTIONS.get(one.cell.code[:2], LAMBERT_93) if "-" in one.cell.code else LAMBERT_93
    west, south, east, north = projected(one.cell.shape, epsg).bounds
    pixel = float(ceil(max(east - west, north - south) / LONGER_SIDE))
    return Frame(epsg, west, north, pixel, (ceil((north - south) / pixel), ceil((east - west) / pixel)))


def folder_of(one: Filled) -> UUID:
    """The folder of the files: always the same for the same image."""
    return uuid5(NAMESPACE_URL, f"dinamis-demo:{one.stac_id}")


def write_files(one: Filled) -> Sequence[NewAsset]:
    """Write the COG, the quicklook and the thumbnail of a cell in their final place and describe them."""
    # GDAL is loaded only where images are made.
    from dinamis.catalogue.imagery.cog import make_cog

    frame, folder = frame_of(one), folder_of(one)
    private, public = f"private/products/{folder}", f"{settings.PUBLIC_FILES_FOLDER}/products/{folder}"
    root = settings.FILES_ROOT
    name = f"{one.stac_id}.tif"
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / name
        pixels = _pixels(frame, one)
        _write_geotiff(source, frame, pixels)
        make_cog(source, root / private / name, nodata=0, band_names=[band for band, _ in BANDS])
    _write_pictures(pixels, root / public)
    picture = {"media_type": "image/jpeg", "public": True}
    return (
        _asset(root, f"{private}/{name}", key="pms", media_type=COG, title=TITLE, properties=_facts(frame)),
        _asset(root, f"{public}/quicklook.jpg", key="quicklook", title="quicklook", roles=("overview",), **picture),
        _asset(root, f"{public}/thumbnail.jpg", key="thumbnail", title="thumbnail", roles=("thumbnail",), **picture),
    )


def _asset(root: Path, storage_key: str, **facts: Any) -> NewAsset:
    from dinamis.catalogue.imagery.files import sha256_file

    path = root / storage_key
    return NewAsset(
        file_name=path.name, storage_key=storage_key, size=path.stat().st_size, sha256=sha256_file(path), **facts
    )


def _facts(frame: Frame) -> dict[str, Any]:
    bands = [
        {"name": name, "eo:common_name": name, "raster:spatial_resolution": frame.pixel, "data_type": "uint16"}
        for name, _ in BANDS
    ]
    return {
        "gsd": frame.pixel,
        "raster:spatial_resolution": frame.pixel,
        "proj:code": f"EPSG:{frame.epsg}",
        "proj:epsg": frame.epsg,
        "proj:shape": list(frame.shape),
        "proj:transform": frame.transform,
        "bands": bands,
    }


def _write_pictures(pixels: np.ndarray[Any, Any], folder: Path) -> None:
    """Quicklook and thumbnail with the stretch of the simulator's quicklooks, so that all pictures look alike."""
    from PIL import Image

    from dinamis.catalogue.imagery.files import replacing
    from dinamis.catalogue.imagery.quicklook import THUMBNAIL_SIZE
    from dinamis.providers.simulator.landscape import to_display

    picture = Image.fromarray(to_display(pixels[[2, 1, 0]]))
    for name, size in (("quicklook.jpg", max(picture.size)), ("thumbnail.jpg", THUMBNAIL_SIZE)):
        smaller = picture.copy()
        smaller.thumbnail((size, size))
        with replacing(folder / name) as temporary:
            smaller.save(temporary, "JPEG", quality=85, optimize=True)


def _write_geotiff(path: Path, frame: Frame, pixels: np.ndarray[Any, Any]) -> None:
    import rasterio
    from affine import Affine

    profile = {
        "driver": "GTiff",
        "width": frame.shape[1],
        "height": frame.shape[0],
        "count": len(BANDS),
        "dtype": "uint16",
        "crs": f"EPSG:{frame.epsg}",
        "transform": Affine(*frame.transform),
        "nodata": 0,
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels)


def _pixels(frame: Frame, one: Filled) -> np.ndarray[Any, Any]:
    """The landscape on the grid, nothing outside the cell."""
    from affine import Affine
    from pyproj import Transformer
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.features import geometry_mask

    from dinamis.providers.simulator.landscape import Look, render_at, scene_seed

    scene = one.scene
    if scene is None:
        raise ValueError(f"{one.stac_id} has no scene")
    rows, columns = frame.shape
    x = frame.west + (np.arange(columns) + 0.5) * frame.pixel
    y = frame.north - (np.arange(rows) + 0.5) * frame.pixel
    back = Transformer.from_crs(frame.epsg, 4326, always_xy=True)
    lon, lat = back.transform(*np.meshgrid(x, y))
    look = Look(scene.when, scene.sun_azimuth, scene.sun_elevation, scene.cloud, scene_seed(scene.id))
    outline = mapping(projected(one.cell.shape, frame.epsg))
    with warnings.catch_warnings():
        # rasterio says of its own scratch arrays that they have no georeference.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        values = render_at(lon, lat, look)[[index for _, index in BANDS]]
        outside = geometry_mask([outline], frame.shape, Affine(*frame.transform))
    values[:, outside] = 0
    return np.asarray(values)
