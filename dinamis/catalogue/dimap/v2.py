# SPDX-License-Identifier: AGPL-3.0-or-later
"""DIMAP V2: Pléiades, Pléiades Neo, SPOT 6 and 7 (sensor, projected, ortho, mosaic)."""

from typing import Any

from dinamis.catalogue.dimap import families, fields
from dinamis.catalogue.dimap.model import Angles, Band, DataFile, OrderReferences, Product, Source
from dinamis.catalogue.dimap.xml import Node

# PROCESSING_LEVEL or the end of METADATA_PROFILE → (code used in names, level of the STAC item).
_LEVELS = {
    "SENSOR": ("SEN", "L1A"),
    "PROJECTED": ("PRJ", "L2A"),
    "ORTHO": ("ORT", "L3"),
    "MOSAIC": ("MOS", "L3"),
}
_DATA_TYPES = {
    ("INTEGER", True): {8: "uint8", 16: "uint16", 32: "uint32"},
    ("INTEGER", False): {8: "int8", 16: "int16", 32: "int32"},
    ("FLOAT", True): {32: "float32", 64: "float64"},
    ("FLOAT", False): {32: "float32", 64: "float64"},
}
_SETTINGS = "Processing_Information/Product_Settings"
_DELIVERY = "Product_Information/Delivery_Identification"


def read(root: Node) -> Product:
    """The product of a DIMAP V2 document. Raises DimapError naming the element that cannot be read."""
    identification = root.require("Metadata_Identification")
    content = root.require("Dataset_Content")
    extent = content.require("Dataset_Extent")
    rings = fields.read_rings(extent, "LON", "LAT")
    strips, sources = _sources(root)
    satellite = fields.read_satellite(strips[0], sources[0])
    instruments = [families.instrument(satellite.family, source.instrument) for source in sources]
    moments = [source.acquired for source in sources]
    return Product(
        document=root.file,
        dimap_version=_version(identification),
        profile=identification.text("METADATA_PROFILE") or "",
        family=satellite.family,
        platform=satellite.platform,
        constellation=satellite.constellation,
        instruments=tuple(dict.fromkeys(name for name in instruments if name)),
        start_datetime=min(moments),
        end_datetime=max(moments),
        rings=rings,
        corners=fields.read_corners(extent),
        cloud_cover=content.number("CLOUD_COVERAGE", 0, 100),
        snow_cover=content.number("SNOW_COVERAGE", 0, 100),
        area_km2=_area(content),
        angles=_angles(root),
        epsg=fields.read_epsg(
            root,
            "Coordinate_Reference_System/Projected_CRS/PROJECTED_CRS_CODE",
            "Coordinate_Reference_System/Geodetic_CRS/GEODETIC_CRS_CODE",
        ),
        sources=tuple(sources),
        **_identity(root, sources),
        **_processing(root, identification),
        **_raster(root, satellite.family),
        **_delivery(root),
        **_files(root),
    )


def _version(identification: Node) -> str:
    found = identification.child("METADATA_FORMAT")
    return (found.element.get("version") if found else None) or "2"


def _sources(root: Node) -> tuple[list[Node], list[Source]]:
    """Every strip of the product; a mosaic has several."""
    strips: list[Node] = []
    sources: list[Source] = []
    for identification in root.children("Dataset_Sources/Source_Identification"):
        for strip in identification.children("Strip_Source"):
            strips.append(strip)
            sources.append(fields.read_source(strip, identification.text("SOURCE_ID")))
    if not strips:
        root.require("Dataset_Sources/Source_Identification/Strip_Source")
    return strips, sources


def _identity(root: Node, sources: list[Source]) -> dict[str, Any]:
    name = root.text("Dataset_Identification/DATASET_NAME") or sources[0].identifier
    if not name:
        raise root.error(
            "neither DATASET_NAME nor SOURCE_ID is filled", "Name the dataset", "missing", "Dataset_Identification"
        )
    return {"name": name, "copyright": root.text("Dataset_Identification/Legal_Constraints/COPYRIGHT")}


def _area(content: Node) -> float | None:
    area = content.number("SURFACE_AREA", 0)
    node = content.child("SURFACE_AREA")
    unit = (node.element.get("unit") or "").lower() if node else ""
    return area / 1e6 if area is not None and unit in {"m2", "square m", "square meter", "square meters"} else area


def _processing(root: Node, identification: Node) -> dict[str, Any]:
    settings = root.child(_SETTINGS)
    level = settings.text("PROCESSING_LEVEL") if settings else None
    suffix = (identification.text("METADATA_PROFILE") or "").upper().rpartition("_")[2]
    code, stac_level = _LEVELS.get((level or "").upper(), _LEVELS.get(suffix, (None, None)))
    return {
        "level": stac_level,
        "level_code": code,
        "processing_level": level,
        "spectral_processing": settings.text("SPECTRAL_PROCESSING") if settings else None,
        "radiometric_processing": settings.text("Radiometric_Settings/RADIOMETRIC_PROCESSING") if settings else None,
        "gsd": _gsd(root, settings),
        "facility": root.text("Processing_Information/Production_Facility/PROCESSING_CENTER"),
        "software": _software(root),
    }


def _software(root: Node) -> tuple[tuple[str, str], ...]:
    node = root.child("Processing_Information/Production_Facility/SOFTWARE")
    name, version = (root.text(node.path.partition("/")[2]), node.element.get("version")) if node else (None, None)
    return ((name, version.strip()),) if name and version and version.strip() else ()


def _gsd(root: Node, settings: Node | None) -> float | None:
    node = settings.child("Sampling_Settings/RESAMPLING_SPACING") if settings else None
    spacing = settings.number("Sampling_Settings/RESAMPLING_SPACING", 0) if settings else None
    if node is not None and spacing:
        return fields.ground_metres(spacing, node.element.get("unit"))
    center = _center(root)
    if center is None:
        return None
    sampled = [center.number(f"Ground_Sample_Distance/GSD_{way}_TRACK", 0) for way in ("ACROSS", "ALONG")]
    known = [value for value in sampled if value]
    return round(sum(known) / len(known), 2) if known else None


def _center(root: Node) -> Node | None:
    """The located values of the scene centre; other places are written with or without a space."""
    located = root.children("Geometric_Data/Use_Area/Located_Geometric_Values")
    return next((node for node in located if (node.text("LOCATION_TYPE") or "").lower() == "center"), None)


def _angles(root: Node) -> Angles:
    center = _center(root)
    if center is None:
        return Angles()
    return Angles(
        incidence=_tilt(center, "INCIDENCE_ANGLE"),
        off_nadir=_tilt(center, "VIEWING_ANGLE"),
        azimuth=_bearing(center, "Acquisition_Angles/AZIMUTH_ANGLE"),
        sun_azimuth=_bearing(center, "Solar_Incidences/SUN_AZIMUTH"),
        sun_elevation=center.number("Solar_Incidences/SUN_ELEVATION", -90, 90),
    )


def _tilt(center: Node, tag: str) -> float | None:
    """The total angle, or the one its signed components make."""
    total = center.number(f"Acquisition_Angles/{tag}", -90, 90)
    along = center.number(f"Acquisition_Angles/{tag}_ALONG_TRACK", -90, 90)
    across = center.number(f"Acquisition_Angles/{tag}_ACROSS_TRACK", -90, 90)
    if total is not None:
        return abs(total)
    return None if along is None or across is None else fields.total_angle(along, across)


def _bearing(center: Node, path: str) -> float | None:
    angle = center.number(path, -360, 360)
    return None if angle is None else angle % 360


def _raster(root: Node, family: str) -> dict[str, Any]:
    raster = root.child("Raster_Data")
    if raster is None:
        return {}
    rows, columns = (raster.integer(f"Raster_Dimensions/{tag}", 1) for tag in ("NROWS", "NCOLS"))
    bits = raster.integer("Raster_Encoding/NBITS", 1, 64)
    data_files, identifiers = _data_files(raster)
    spectral = root.text(f"{_SETTINGS}/SPECTRAL_PROCESSING")
    bands = families.bands_v2(family, spectral, identifiers, raster.integer("Raster_Dimensions/NBANDS", 1, 64))
    centred = (root.text("Geoposition/Raster_CRS/PIXEL_ORIENTATION") or "").upper() == "CENTER"
    return {
        "shape": (rows, columns) if rows and columns else None,
        "transform": fields.read_transform(root, centred=centred),
        "bits_per_sample": bits,
        "data_type": _data_type(raster, bits),
        "media_type": raster.text("Data_Access/DATA_FILE_FORMAT"),
        "nodata": _nodata(raster),
        "data_files": data_files,
        "bands": _calibrated(root, bands),
    }


def _data_type(raster: Node, bits: int | None) -> str | None:
    kind = (raster.text("Raster_Encoding/DATA_TYPE") or "").upper()
    unsigned = (raster.text("Raster_Encoding/SIGN") or "UNSIGNED").upper() == "UNSIGNED"
    sizes = _DATA_TYPES.get((kind, unsigned), {})
    # 12 bits travel in 16.
    return next((name for size, name in sizes.items() if bits is not None and bits <= size), None)


def _nodata(raster: Node) -> float | None:
    displays = [*raster.children("Raster_Display"), *raster.children("Data_Access/Data_Files/Raster_Display")]
    for special in (special for display in displays for special in display.children("Special_Value")):
        if (special.text("SPECIAL_VALUE_TEXT") or "").upper() == "NODATA":
            return special.number("SPECIAL_VALUE_COUNT")
    return None


def _data_files(raster: Node) -> tuple[tuple[DataFile, ...], list[str]]:
    """Tiles of every Data_Files group, and all BAND_IDs in file order (Pléiades Neo splits six bands in two groups)."""
    files: list[DataFile] = []
    identifiers: list[str] = []
    for group in raster.children("Data_Access/Data_Files"):
        display = group.child("Raster_Display")
        inside = _band_index(display) if display else []
        identifiers += inside
        files += [_data_file(node, inside) for node in group.children("Data_File")]
    display = raster.child("Raster_Display")
    return tuple(files), identifiers or (_band_index(display) if display else [])


def _band_index(display: Node) -> list[str]:
    indexed = [
        (node.integer("BAND_INDEX", 0, 64) or 0, node.text("BAND_ID") or "")
        for node in display.children("Raster_Index_List/Raster_Index")
    ]
    return [identifier for _, identifier in sorted(indexed, key=lambda pair: pair[0])]


def _data_file(node: Node, identifiers: list[str]) -> DataFile:
    href = fields.safe_href(node, node.href("DATA_FILE_PATH"))
    if href is None:
        raise node.error("the data file has no path", "Ask for a corrected document", "missing", "DATA_FILE_PATH/@href")
    row, column = (_tile_index(node, name) for name in ("tile_R", "tile_C"))
    return DataFile(
        href=href, row=row, column=column, bands=tuple(families.common_name_v2(name) for name in identifiers)
    )


def _tile_index(node: Node, name: str) -> int:
    text = node.element.get(name, "1").strip()
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 9999):
        raise node.error(f"{text!r} is not a tile number", "Ask for a corrected document", "not_a_number", f"@{name}")
    return int(text)


def _calibrated(root: Node, bands: tuple[Band, ...]) -> tuple[Band, ...]:
    """The bands with the gain and bias of their Band_Radiance (L = DN / GAIN + BIAS)."""
    path = "Radiometric_Data/Radiometric_Calibration/Instrument_Calibration/Band_Measurement_List/Band_Radiance"
    measures = {
        families.common_name_v2(node.text("BAND_ID") or ""): (node.number("GAIN"), node.number("BIAS"))
        for node in root.children(path)
    }
    return tuple(_with_measure(band, *measures.get(band.name, (None, None))) for band in bands)


def _with_measure(band: Band, gain: float | None, bias: float | None) -> Band:
    return Band(
        name=band.name,
        common_name=band.common_name,
        center_wavelength=band.center_wavelength,
        full_width_half_max=band.full_width_half_max,
        gain=gain,
        bias=bias,
    )


def _delivery(root: Node) -> dict[str, Any]:
    delivery = root.child(_DELIVERY)
    if delivery is None:
        return {}
    order = f"{_DELIVERY}/Order_Identification"
    return {
        "production_date": fields.read_date(delivery, "PRODUCTION_DATE"),
        "job_id": delivery.text("JOB_ID"),
        "product_code": delivery.text("PRODUCT_CODE"),
        "product_type": delivery.text("PRODUCT_TYPE"),
        "order": OrderReferences(
            customer=root.text(f"{order}/CUSTOMER_REFERENCE"),
            internal=root.text(f"{order}/INTERNAL_REFERENCE"),
            commercial=root.text(f"{order}/COMMERCIAL_REFERENCE"),
            commercial_item=root.text(f"{order}/COMMERCIAL_ITEM"),
            comment=root.text(f"{order}/COMMENT"),
        ),
    }


def _files(root: Node) -> dict[str, Any]:
    """Side files: quicklook, RPC model, and the masks of the quality assessment."""
    rpc = "Geoposition/Geoposition_Models/Rational_Function_Model/Component/COMPONENT_PATH"
    masks = [
        fields.safe_href(node, node.href("COMPONENT_PATH"))
        for node in root.children("Quality_Assessment/Imaging_Quality_Measurement/Quality_Mask/Component")
    ]
    return {
        "preview_href": fields.safe_href(root, root.href("Dataset_Identification/DATASET_QL_PATH")),
        "thumbnail_href": fields.safe_href(root, root.href("Dataset_Identification/DATASET_TN_PATH")),
        "rpc_href": fields.safe_href(root, root.href(rpc)),
        "masks": tuple(mask for mask in masks if mask),
    }
