# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes the zip of an order: a DIMAP V2 tree with pixels of the landscape (domain.md §11.1)."""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dinamis.providers.simulator import dimap, gml, raster
from dinamis.providers.simulator import dimap_companions as companions
from dinamis.providers.simulator.clock import parse, utc_now
from dinamis.providers.simulator.dimap import Component
from dinamis.providers.simulator.frames import Frame, ortho_frame, sensor_frame
from dinamis.providers.simulator.geometry import area_km2, polygon, utm_code
from dinamis.providers.simulator.landscape import Look, render_at
from dinamis.providers.simulator.products import SENSORS, Sensor
from dinamis.providers.simulator.scenes import look_of, ring_of, stamp
from dinamis.providers.simulator.store import Document

MS = ("red", "green", "blue", "nir")
FULL = (*MS, "rededge", "deepblue")
SPECTRAL: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "panchromatic": (("P", ("pan",)),),
    "multispectral": (("MS", MS),),
    "bundle": (("P", ("pan",)), ("MS", MS)),
    "pansharpened": (("PMS", MS),),
    "pansharpened_natural_color": (("PMS-N", ("red", "green", "blue")),),
    "pansharpened_false_color": (("PMS-X", ("nir", "red", "green")),),
    "full_bundle": (("P", ("pan",)), ("MS-FS", FULL)),
    "full_pms": (("PMS-FS", FULL),),
    "full_ms": (("MS-FS", FULL),),
}
XSL = b"""<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><html><body><pre><xsl:value-of select="."/></pre></body></html></xsl:template>
</xsl:stylesheet>
"""


@dataclass(frozen=True)
class Made:
    """A written delivery: its file, bytes and SHA-256."""

    name: str
    size: int
    sha256: str

    def as_document(self) -> Document:
        """As kept with the production."""
        return {"name": self.name, "size": self.size, "sha256": self.sha256, "media_type": "application/zip"}


def make(order: Document, production: Document, scenes: list[Document], folder: Path, max_pixels: int) -> Made:
    """Write the zip of a production under ``folder``; it appears under its name only when complete."""
    folder.mkdir(parents=True, exist_ok=True)
    first = scenes[0]
    name = f"{first['sensor']}_{stamp(parse(first['datetime']))}_{order['salesOrderId']}_{production['rank']}.zip"
    part = folder / f".{name}.{os.getpid()}.part"
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            _fill(archive, order, production, scenes, max_pixels)
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
        size = part.stat().st_size
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)
    return Made(name, size, digest)


@dataclass(frozen=True)
class Job:
    """One image to make: a production's part of a scene, in one spectral form."""

    order: Document
    production: Document
    scene: Document
    spectral: str
    bands: tuple[str, ...]
    produced: datetime
    max_pixels: int

    @property
    def sensor(self) -> Sensor:
        """The satellite."""
        return SENSORS[self.scene["sensor"]]

    @property
    def ground(self) -> BaseGeometry:
        """What is delivered of the scene, in degrees."""
        return polygon(self.production["area"]).intersection(polygon(self.scene["footprint"]))


def _fill(
    archive: zipfile.ZipFile, order: Document, production: Document, scenes: list[Document], max_pixels: int
) -> None:
    listed, produced = [], utc_now()
    for rank, scene in enumerate(scenes, start=1):
        for spectral, bands in SPECTRAL[order["options"]["spectral_processing"]]:
            job = Job(order, production, scene, spectral, bands, produced, max_pixels)
            if job.ground.is_empty:
                continue
            folder = f"IMG_{job.sensor.name}_{spectral}_{rank:03d}"
            name = _add_image(archive, folder, job)
            listed.append((f"{job.sensor.name} {spectral}", f"{folder}/DIM_{name}.XML"))
    sensor = SENSORS[scenes[0]["sensor"]]
    _put(archive, sensor.volume, companions.volume(sensor, order["jobId"], listed))


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    stored = name.upper().endswith((".JP2", ".TIF", ".JPG"))
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def _add_image(archive: zipfile.ZipFile, folder: str, job: Job) -> str:
    """Write one component; returns its name."""
    frame = _frame(job)
    component = _component(job, frame)
    look, bands = look_of(job.scene), job.bands
    values = _pixels(frame, bands, look)
    inside = frame.mask()
    data = raster.coded(values, bands, component.bits) * inside.astype(np.uint8)
    name = component.name
    _put(archive, f"{folder}/DIM_{name}.XML", dimap.product(component))
    image = raster.encoded(data, frame, component.extension, component.bits)
    _put(archive, f"{folder}/IMG_{name}_R1C1.{component.extension}", image)
    if not frame.georeferenced:
        _put(archive, f"{folder}/RPC_{name}.XML", companions.rational_model(component, *frame.rational()))
    _put(archive, f"{folder}/LUT_{name}.XML", companions.look_up_table(component))
    picture = raster.picture(values, bands) * inside[..., None].astype(np.uint8)
    _put(archive, f"{folder}/PREVIEW_{name}.JPG", raster.shrunk(picture, 768))
    _put(archive, f"{folder}/ICON_{name}.JPG", raster.shrunk(picture, 128))
    for code, shapes in gml.masks(frame, look, inside, job.scene).items():
        _put(archive, f"{folder}/MASKS/{dimap.mask_name(component, code)}", gml.document(code, component.name, shapes))
    _put(archive, f"{folder}/LINEAGE/PROCESSING_{name}.XML", companions.lineage(component))
    _put(archive, f"{folder}/LIBRARY/STYLE.XSL", XSL)
    return component.name


def _frame(job: Job) -> Frame:
    options, ground, native = job.order["options"], job.ground, job.sensor.pan_spacing
    ratio = 4 if job.spectral.startswith("MS") else 1
    if options["processing_level"] == "primary":
        return sensor_frame(ground, ring_of(job.scene), native, job.max_pixels, ratio)
    given = options.get(f"projection_{job.order['aoiId']}", "")
    epsg = int(given) if given.isdigit() else utm_code(ground.centroid.x, ground.centroid.y)
    return ortho_frame(ground, epsg, native, job.max_pixels, ratio)


def _component(job: Job, frame: Frame) -> Component:
    order, scene, rank = job.order, job.scene, job.production["rank"]
    options: dict[str, Any] = order["options"]
    code = dimap.LEVELS[options["processing_level"]][0]
    acquired = parse(scene["datetime"])
    dataset = f"{job.sensor.name}_{job.spectral}_{stamp(acquired)}_{code}"
    number = order["jobId"] if rank == 1 else f"{order['jobId']}_{rank}"
    return Component(
        sensor=job.sensor,
        spectral=job.spectral,
        bands=job.bands,
        name=f"{dataset}_{number}",
        dataset=dataset,
        level=options["processing_level"],
        shape=frame.shape,
        spacing=frame.spacing,
        extent=frame.extent(),
        centre=frame.centre(),
        area_km2=area_km2(frame.ground),
        epsg=frame.epsg,
        origin=frame.origin,
        step=frame.step,
        extension="TIF" if options["image_format"] == "dimap_geotiff" else "JP2",
        bits=8 if options["pixel_coding"] == "8bits" else 12,
        radiometry=options["radiometric_processing"],
        acquired=acquired,
        produced=job.produced,
        scene=scene,
        order=order,
        job=number,
        extra={"dem": options.get(f"dem_{order['aoiId']}", "best_available")},
    )


def _pixels(frame: Frame, bands: tuple[str, ...], look: Look) -> NDArray[np.uint16]:
    """The asked bands, [n, rows, columns]; red edge and deep blue are interpolated from their neighbours."""
    lon, lat = frame.positions()
    blue, green, red, nir, pan = render_at(lon, lat, look)
    made = {"blue": blue, "green": green, "red": red, "nir": nir, "pan": pan}
    if "rededge" in bands:
        made["rededge"] = ((red.astype(np.uint32) * 2 + nir) // 3).astype(np.uint16)
        made["deepblue"] = np.minimum(blue.astype(np.uint32) * 21 // 20, 4094).astype(np.uint16)
    return np.stack([made[band] for band in bands])
