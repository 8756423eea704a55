# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a DIMAP document says, as plain frozen values."""

import posixpath
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dinamis.catalogue.dimap.footprint import Ring
from dinamis.catalogue.dimap.footprint import bbox as bbox_of
from dinamis.catalogue.dimap.footprint import geometry as geometry_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Angles:
    """Geometry of view and sun at the centre of the scene, in degrees; None when the document is silent.

    ``incidence`` and ``off_nadir`` are in [0, 90], azimuths clockwise from north in [0, 360).
    """

    incidence: float | None = None
    off_nadir: float | None = None
    azimuth: float | None = None
    sun_azimuth: float | None = None
    sun_elevation: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band, in file order. Wavelengths in micrometres; L = DN / gain + bias in W/m²/sr/µm."""

    name: str
    common_name: str | None = None
    center_wavelength: float | None = None
    full_width_half_max: float | None = None
    gain: float | None = None
    bias: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One raster file: its href beside the document, and its tile row and column (from 1)."""

    href: str
    row: int = 1
    column: int = 1
    bands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReferences:
    """The Order_Identification block: how a delivery is joined to what was ordered."""

    customer: str | None = None
    internal: str | None = None
    commercial: str | None = None
    commercial_item: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One acquired strip or scene a product was made from. ``acquired`` is in UTC."""

    identifier: str | None
    mission: str
    mission_index: str
    instrument: str | None
    acquired: datetime
    band_mode: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corner:
    """A vertex and its pixel: lon, lat in degrees; column, row counted from 1 at the middle of the first pixel."""

    lon: float
    lat: float
    column: float
    row: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One DIMAP product, V1 or V2.

    Lengths are in metres, angles in degrees, coverages in percent, ``area_km2`` in km²; moments are in
    UTC. ``rings`` are closed, counter-clockwise, in WGS 84 lon, lat. ``shape`` is (rows, columns),
    ``transform`` the six affine coefficients (pixel to CRS, row-major as rasterio and STAC write them).
    Hrefs are as written in the document, relative to the folder of ``document`` (itself relative to the
    delivery); ``locate`` turns one into a path inside the delivery.
    """

    document: str
    dimap_version: str
    name: str
    profile: str
    family: str
    platform: str
    constellation: str
    instruments: tuple[str, ...]
    start_datetime: datetime
    end_datetime: datetime
    rings: tuple[Ring, ...]
    corners: tuple[Corner, ...] = ()
    gsd: float | None = None
    cloud_cover: float | None = None
    snow_cover: float | None = None
    area_km2: float | None = None
    angles: Angles = Angles()
    epsg: int | None = None
    shape: tuple[int, int] | None = None
    transform: tuple[float, float, float, float, float, float] | None = None
    bands: tuple[Band, ...] = ()
    bits_per_sample: int | None = None
    data_type: str | None = None
    nodata: float | None = None
    media_type: str | None = None
    level: str | None = None
    level_code: str | None = None
    processing_level: str | None = None
    spectral_processing: str | None = None
    radiometric_processing: str | None = None
    production_date: datetime | None = None
    facility: str | None = None
    software: tuple[tuple[str, str], ...] = ()
    job_id: str | None = None
    product_code: str | None = None
    product_type: str | None = None
    order: OrderReferences = OrderReferences()
    sources: tuple[Source, ...] = ()
    data_files: tuple[DataFile, ...] = ()
    preview_href: str | None = None
    thumbnail_href: str | None = None
    rpc_href: str | None = None
    masks: tuple[str, ...] = ()
    copyright: str | None = None

    @property
    def geometry(self) -> dict[str, Any]:
        """GeoJSON Polygon, or MultiPolygon when the footprint crosses the antimeridian."""
        return geometry_of(self.rings)

    @property
    def bbox(self) -> list[float]:
        """[west, south, east, north] in degrees; west > east across the antimeridian."""
        return bbox_of(self.rings)

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Identifiers of the acquisitions, in document order."""
        return tuple(source.identifier for source in self.sources if source.identifier)

    @property
    def file_groups(self) -> dict[tuple[str, ...], tuple[DataFile, ...]]:
        """Raster files that tile one image, by their bands; Pléiades Neo delivers six bands as two images."""
        groups: dict[tuple[str, ...], tuple[DataFile, ...]] = {}
        for data_file in self.data_files:
            groups[data_file.bands] = (*groups.get(data_file.bands, ()), data_file)
        return groups

    @property
    def is_georeferenced(self) -> bool:
        """True when the pixels are on a map grid; False for sensor geometry (Primary, SPOT 1A and 1B)."""
        return self.level not in {None, "L1A", "L1B"}

    def locate(self, href: str) -> str:
        """The path inside the delivery of an href of this document (POSIX, normalised)."""
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.document), href))

    def at(self, document: str) -> "Product":
        """The same product with its document at another place of the delivery."""
        return replace(self, document=document)
