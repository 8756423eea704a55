# SPDX-License-Identifier: AGPL-3.0-or-later
"""DIMAP V1: the scenes of SPOT 1 to 5 (``METADATA.DIM`` and ``IMAGERY.TIF``)."""

from typing import Any

from dinamis.catalogue.dimap import families, fields
from dinamis.catalogue.dimap.model import Angles, DataFile, OrderReferences, Product, Source
from dinamis.catalogue.dimap.xml import Node

_SCENE = "Dataset_Sources/Source_Information"

# Metres of the SENSOR_CODEs: SPOT 5 A, B, T (supermode), J; SPOT 4 M, I; SPOT 1-3 P, X; S is SPOT 5 at 20 m.
_CODE_METRES = {"A": 5.0, "B": 5.0, "T": 2.5, "J": 10.0, "M": 10.0, "I": 20.0, "P": 10.0, "X": 20.0, "S": 20.0}
_PAN_CODES = {"A", "B", "T", "P", "M"}
_DATA_TYPES = {"UNSIGNED": "uint", "SIGNED": "int", "BYTE": "uint", "INTEGER": "uint"}


def read(root: Node) -> Product:
    """The product of a DIMAP V1 document. Raises DimapError naming the element that cannot be read."""
    frame = root.require("Dataset_Frame")
    rings = fields.read_rings(frame, "FRAME_LON", "FRAME_LAT")
    scenes, sources = _sources(root)
    satellite = fields.read_satellite(scenes[0], sources[0])
    instruments = [
        families.instrument(satellite.family, source.instrument, scene.text("INSTRUMENT_INDEX"))
        for scene, source in zip(scenes, sources, strict=True)
    ]
    moments = [source.acquired for source in sources]
    identification = root.require("Metadata_Id")
    form = identification.child("METADATA_FORMAT")
    return Product(
        document=root.file,
        dimap_version=(form.element.get("version") if form else None) or "1",
        profile=identification.text("METADATA_PROFILE") or "",
        family=satellite.family,
        platform=satellite.platform,
        constellation=satellite.constellation,
        instruments=tuple(dict.fromkeys(name for name in instruments if name)),
        start_datetime=min(moments),
        end_datetime=max(moments),
        rings=rings,
        corners=fields.read_corners(frame, "FRAME_"),
        angles=_angles(scenes[0]),
        epsg=fields.read_epsg(root, "Coordinate_Reference_System/Horizontal_CS/HORIZONTAL_CS_CODE"),
        sources=tuple(sources),
        **_identity(root, sources),
        **_processing(root, scenes[0]),
        **_raster(root, satellite.platform),
        **_production(root),
    )


def _sources(root: Node) -> tuple[list[Node], list[Source]]:
    scenes: list[Node] = []
    sources: list[Source] = []
    for information in root.children(_SCENE):
        for scene in information.children("Scene_Source"):
            scenes.append(scene)
            sources.append(fields.read_source(scene, information.text("SOURCE_ID")))
    if not scenes:
        root.require(f"{_SCENE}/Scene_Source")
    return scenes, sources


def _identity(root: Node, sources: list[Source]) -> dict[str, Any]:
    name = root.text("Dataset_Id/DATASET_NAME") or sources[0].identifier
    if not name:
        raise root.error("neither DATASET_NAME nor SOURCE_ID is filled", "Name the dataset", "missing", "Dataset_Id")
    return {
        "name": name,
        "copyright": root.text("Dataset_Id/COPYRIGHT"),
        "preview_href": fields.safe_href(root, root.href("Dataset_Id/DATASET_QL_PATH")),
        "thumbnail_href": fields.safe_href(root, root.href("Dataset_Id/DATASET_TN_PATH")),
    }


def _processing(root: Node, scene: Node) -> dict[str, Any]:
    level = root.text("Data_Processing/PROCESSING_LEVEL") or scene.text("SCENE_PROCESSING_LEVEL")
    code = (scene.text("SENSOR_CODE") or "").upper()
    return {
        "level": f"L{level.upper().removeprefix('L')}" if level else None,
        "level_code": level.upper() if level else None,
        "processing_level": level,
        "spectral_processing": root.text("Data_Processing/SPECTRAL_PROCESSING") or _spectral(code),
        "radiometric_processing": root.text("Data_Processing/RADIOMETRIC_PROCESSING"),
        "gsd": _gsd(root, scene, code),
    }


def _spectral(code: str) -> str | None:
    if code not in _CODE_METRES:
        return None
    return "PAN" if code in _PAN_CODES else "MS"


def _gsd(root: Node, scene: Node, code: str) -> float | None:
    """Metres of a pixel: the grid of a map product, else what the scene states, else what its sensor gives."""
    spacing = root.number("Geoposition/Geoposition_Insert/XDIM", 0)
    stated = scene.number("THEORETICAL_RESOLUTION", 0)
    if spacing:
        return fields.ground_metres(spacing, None)
    return stated or _CODE_METRES.get(code)


def _angles(scene: Node) -> Angles:
    """V1 writes the angles with the sign of the side looked at; STAC wants their size."""
    incidence, viewing = scene.number("INCIDENCE_ANGLE", -90, 90), scene.number("VIEWING_ANGLE", -90, 90)
    sun = scene.number("SUN_AZIMUTH", -360, 360)
    return Angles(
        incidence=None if incidence is None else abs(incidence),
        off_nadir=None if viewing is None else abs(viewing),
        sun_azimuth=None if sun is None else sun % 360,
        sun_elevation=scene.number("SUN_ELEVATION", -90, 90),
    )


def _raster(root: Node, platform: str) -> dict[str, Any]:
    rows, columns = (root.integer(f"Raster_Dimensions/{tag}", 1) for tag in ("NROWS", "NCOLS"))
    bits = root.integer("Raster_Encoding/NBITS", 1, 64)
    kind = _DATA_TYPES.get((root.text("Raster_Encoding/DATA_TYPE") or "").upper())
    infos = [
        (node.integer("BAND_INDEX", 1, 64) or 0, node.text("BAND_DESCRIPTION") or "") for node in _band_infos(root)
    ]
    descriptions = [text for _, text in sorted(infos, key=lambda pair: pair[0])]
    centred = (root.text("Raster_CS/PIXEL_ORIGIN") or "1") == "1" and root.text("Raster_CS/RASTER_CS_TYPE") == "POINT"
    return {
        "shape": (rows, columns) if rows and columns else None,
        "transform": fields.read_transform(root, centred=centred),
        "bits_per_sample": bits,
        "data_type": f"{kind}{bits}" if kind and bits in {8, 16, 32} else None,
        "nodata": _nodata(root),
        "data_files": _data_files(root),
        "media_type": "image/tiff" if "TIF" in (root.text("Data_Access/DATA_FILE_FORMAT") or "").upper() else None,
        "bands": families.bands_v1(platform, descriptions, root.integer("Raster_Dimensions/NBANDS", 1, 64)),
    }


def _band_infos(root: Node) -> list[Node]:
    return root.children("Image_Interpretation/Spectral_Band_Info")


def _nodata(root: Node) -> float | None:
    for special in root.children("Image_Display/Special_Value"):
        if (special.text("SPECIAL_VALUE_TEXT") or "").upper().replace(" ", "") == "NODATA":
            return special.number("SPECIAL_VALUE_INDEX")
    return None


def _data_files(root: Node) -> tuple[DataFile, ...]:
    hrefs = [fields.safe_href(node, node.href("DATA_FILE_PATH")) for node in root.children("Data_Access/Data_File")]
    return tuple(DataFile(href=href) for href in hrefs if href)


def _production(root: Node) -> dict[str, Any]:
    production = root.child("Production")
    if production is None:
        return {}
    return {
        "production_date": fields.read_date(production, "DATASET_PRODUCTION_DATE"),
        "job_id": production.text("JOB_ID"),
        "product_type": production.text("PRODUCT_TYPE"),
        "product_code": production.text("PRODUCT_INFO"),
        "facility": production.text("Production_Facility/PROCESSING_CENTER"),
        "order": OrderReferences(customer=production.text("CUSTOMER_REFERENCE")),
    }
