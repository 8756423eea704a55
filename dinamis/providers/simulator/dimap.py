# SPDX-License-Identifier: AGPL-3.0-or-later
"""The XML of a DIMAP V2 product, in the structure of the real files (domain.md §11.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from dinamis.providers.simulator.clock import iso
from dinamis.providers.simulator.products import Sensor

LEVELS = {
    "primary": ("SEN", "SENSOR", "SENSOR"),
    "projected": ("PRJ", "PROJECTED", "PROJECTED"),
    "ortho": ("ORT", "ORTHO", "ORTHO"),
}
RADIOMETRY = {"basic": "BASIC", "reflectance": "REFLECTANCE", "display": "DISPLAY"}
FORMATS = {"JP2": "image/jp2", "TIF": "image/tiff"}
MASKS = {
    "CLD": "Cloud",
    "DET": "Out of order detectors",
    "QTE": "Synthetic technical quality",
    "ROI": "Region of interest",
    "SLT": "Stray light",
    "SNW": "Snow",
    "VIS": "Hidden areas",
}
BAND_IDS = {"blue": "B0", "green": "B1", "red": "B2", "nir": "B3", "pan": "P", "rededge": "RE", "deepblue": "DB"}
IRRADIANCE = {
    "blue": 1915.0,
    "green": 1830.0,
    "red": 1594.0,
    "nir": 1060.0,
    "pan": 1548.0,
    "rededge": 1290.0,
    "deepblue": 1750.0,
}


@dataclass(frozen=True)
class Component:
    """One image of a delivery: a folder IMG_…, its pixels and everything its DIM file says."""

    sensor: Sensor
    spectral: str  # P, MS or PMS
    bands: tuple[str, ...]
    name: str  # PHR1A_P_201910281410119_SEN_PWOI_000000001_1_1_F_1
    dataset: str
    level: str
    shape: tuple[int, int]
    spacing: float
    extent: Sequence[tuple[float, float, int, int]]  # ring of the ordered ground: lon, lat, column, row; not closed
    centre: tuple[float, float]
    area_km2: float
    epsg: int
    origin: tuple[float, float]  # upper left corner of the raster, in the product's CRS
    step: tuple[float, float]
    extension: str
    bits: int
    radiometry: str
    acquired: datetime
    produced: datetime
    scene: dict[str, Any]
    order: dict[str, Any]
    job: str
    extra: dict[str, str] = field(default_factory=dict)


def element(tag: str, *children: ET.Element | str | float, **attributes: str) -> ET.Element:
    """An element with text or children."""
    node = ET.Element(tag, attributes)
    for child in children:
        if isinstance(child, ET.Element):
            node.append(child)
        else:
            node.text = str(child)
    return node


def document(root: ET.Element) -> bytes:
    """A DIMAP file as bytes, indented, UTF-8."""
    ET.indent(root, "  ")
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    style = b'<?xml-stylesheet type="text/xsl" href="LIBRARY/STYLE.XSL"?>\n'
    return head + style + ET.tostring(root, encoding="utf-8") + b"\n"


def identification(profile: str, subprofile: str) -> ET.Element:
    """``Metadata_Identification``."""
    return element(
        "Metadata_Identification",
        element("METADATA_FORMAT", "DIMAP", version="2.15"),
        element("METADATA_PROFILE", profile),
        element("METADATA_SUBPROFILE", subprofile),
        element("METADATA_LANGUAGE", "en"),
    )


def reference(title: str, content: str, href: str) -> ET.Element:
    """A ``Component`` pointing at another file."""
    return element(
        "Component",
        element("COMPONENT_TITLE", title),
        element("COMPONENT_CONTENT", content),
        element("COMPONENT_TYPE", "DIMAP"),
        element("COMPONENT_PATH", href=href),
    )


def product(component: Component) -> bytes:
    """The DIM_*.XML of a component."""
    _, profile, _ = LEVELS[component.level]
    name = component.name
    return document(
        element(
            "Dimap_Document",
            identification(f"{component.sensor.profile}_{profile}", "PRODUCT"),
            element(
                "Dataset_Identification",
                element("DATASET_TYPE", "RASTER_SENSOR" if component.level == "primary" else "RASTER_ORTHO"),
                element("DATASET_NAME", component.dataset, version="1.0"),
                element("DATASET_QL_PATH", href=f"PREVIEW_{name}.JPG"),
                element("DATASET_QL_FORMAT", "image/jpeg"),
                element("DATASET_TN_PATH", href=f"ICON_{name}.JPG"),
                element("DATASET_TN_FORMAT", "image/jpeg"),
                element(
                    "Legal_Constraints",
                    element("COPYRIGHT", _copyright(component)),
                    element("LICENSE", "EULA"),
                ),
            ),
            _content(component),
            _product_information(component),
            _reference_system(component),
            _geoposition(component),
            _processing(component),
            _raster(component),
            _radiometric(component),
            _geometric(component),
            _quality(component),
            _sources(component),
        )
    )


def _copyright(component: Component) -> str:
    owner = "CNES" if component.sensor.constellation == "PHR" else "AIRBUS DS"
    return f"© {owner} {component.acquired.year}, simulated image, not a real acquisition"


def _content(component: Component) -> ET.Element:
    vertices = [element("Vertex", *_place(*vertex)) for vertex in component.extent]
    rows, columns = component.shape
    lon, lat = component.centre
    return element(
        "Dataset_Content",
        element("SURFACE_AREA", round(component.area_km2, 9), unit="square km"),
        element("CLOUD_COVERAGE", component.scene["cloud"], unit="percent"),
        element("SNOW_COVERAGE", component.scene["snow"], unit="percent"),
        element("Dataset_Components", *_components(component)),
        element(
            "Dataset_Extent",
            element("EXTENT_TYPE", "Bounding_Polygon"),
            *vertices,
            element("Center", *_place(lon, lat, columns // 2, rows // 2)),
        ),
    )


def _components(component: Component) -> list[ET.Element]:
    name = component.name
    listed = [
        reference("Processing", "Lineage Information", f"LINEAGE/PROCESSING_{name}.XML"),
        reference("LUT", "Look Up Table", f"LUT_{name}.XML"),
    ]
    if component.level == "primary":
        listed.append(reference("RPC Model", "Geoposition Model", f"RPC_{name}.XML"))
    return listed


def _place(lon: float, lat: float, column: int, row: int) -> list[ET.Element]:
    return [element("LON", lon), element("LAT", lat), element("COL", column), element("ROW", row)]


def _product_information(component: Component) -> ET.Element:
    order = component.order
    return element(
        "Product_Information",
        element(
            "Producer_Information",
            element("PRODUCER_NAME", "DINAMIS provider simulator"),
            element("PRODUCER_CONTACT", "simulator@example.invalid"),
        ),
        element(
            "Delivery_Identification",
            element("PRODUCTION_DATE", iso(component.produced)),
            element("JOB_ID", component.job),
            element("PRODUCT_CODE", "MONO"),
            element("PRODUCT_TYPE", "MONO"),
            element("PRODUCT_INFO", component.sensor.constellation),
            element("DELIVERY_TYPE", "NETWORK"),
            element(
                "Order_Identification",
                element("CUSTOMER_REFERENCE", order["customerReference"]),
                element("INTERNAL_REFERENCE", order["salesOrderId"]),
                element("COMMERCIAL_REFERENCE", order["salesOrderId"][3:]),
                element("COMMERCIAL_ITEM", "1_1"),
                element("COMMENT", order.get("comment", "")),
            ),
        ),
    )


def _reference_system(component: Component) -> ET.Element:
    if component.epsg == 4326:
        body = element(
            "Geodetic_CRS",
            element("CRS_TABLES", "EPSG", version="8.2"),
            element("GEODETIC_CRS_TYPE", "GEOGRAPHIC 2D"),
            element("GEODETIC_CRS_NAME", "WGS 84"),
            element("GEODETIC_CRS_CODE", "urn:ogc:def:crs:EPSG::4326"),
        )
    else:
        body = element(
            "Projected_CRS",
            element("CRS_TABLES", "EPSG", version="8.2"),
            element("PROJECTED_CRS_NAME", f"EPSG {component.epsg}"),
            element("PROJECTED_CRS_CODE", f"urn:ogc:def:crs:EPSG::{component.epsg}"),
        )
    return element("Coordinate_Reference_System", body)


def _geoposition(component: Component) -> ET.Element:
    sensor = component.level == "primary"
    raster_crs = element(
        "Raster_CRS",
        element("RASTER_GEOMETRY", "SENSOR" if sensor else "RECTIFIED"),
        element("PIXEL_CRS_TYPE", "POINT"),
        element("PIXEL_ORIENTATION", "CENTER"),
        element("PIXEL_ORIGIN", 1),
    )
    if sensor:
        rpc = reference("RPC Model", "Geoposition Model", f"RPC_{component.name}.XML")
        model = element("Geoposition_Models", element("Rational_Function_Model", rpc))
        return element("Geoposition", raster_crs, model)
    insert = element(
        "Geoposition_Insert",
        element("ULXMAP", component.origin[0] + component.step[0] / 2),
        element("ULYMAP", component.origin[1] - component.step[1] / 2),
        element("XDIM", component.step[0]),
        element("YDIM", component.step[1]),
    )
    return element("Geoposition", raster_crs, insert)


def _processing(component: Component) -> ET.Element:
    _, _, level = LEVELS[component.level]
    ortho = component.level == "ortho"
    return element(
        "Processing_Information",
        element(
            "Production_Facility",
            element("SOFTWARE", "dinamis.providers.simulator", version="1"),
            element("PROCESSING_CENTER", "FR1"),
        ),
        element(
            "Product_Settings",
            element("PROCESSING_LEVEL", level),
            element("SPECTRAL_PROCESSING", component.spectral),
            element(
                "Geometric_Settings",
                element("GEOMETRIC_PROCESSING", level),
                element("GROUND_SETTING", str(ortho).lower()),
                element("GROUND_DESC", component.extra.get("dem", "") if ortho else ""),
                element("VERTICAL_SETTING", "false"),
                element("VERTICAL_DESC", ""),
            ),
            element(
                "Radiometric_Settings",
                element("RADIOMETRIC_PROCESSING", RADIOMETRY[component.radiometry]),
                element(
                    "ATMOSPHERIC_RADIOMETRIC_SETTING", "RAYLEIGH" if component.radiometry == "reflectance" else "NONE"
                ),
            ),
            element(
                "Sampling_Settings",
                element("RESAMPLING_SPACING", component.spacing, unit="m"),
                element("RESAMPLING_KERNEL", "BILINEAR"),
            ),
        ),
        element(
            "Processing_Lineage",
            reference("Processing", "Lineage Information", f"LINEAGE/PROCESSING_{component.name}.XML"),
        ),
    )


def _data_access(component: Component) -> ET.Element:
    path = f"IMG_{component.name}_R1C1.{component.extension}"
    return element(
        "Data_Access",
        element("DATA_FILE_ORGANISATION", "BAND_COMPOSITE"),
        element("DATA_FILE_FORMAT", FORMATS[component.extension]),
        element("DATA_FILE_TILES", "false"),
        element(
            "Data_Files",
            element(
                "Data_File",
                element("DATA_FILE_PATH", href=path),
                tile_R="1",
                tile_C="1",
            ),
        ),
    )


def _raster(component: Component) -> ET.Element:
    rows, columns = component.shape
    order = [BAND_IDS[band] for band in component.bands]
    colours = [
        element(f"{colour}_CHANNEL", band)
        for colour, band in zip(("RED", "GREEN", "BLUE", "ALPHA"), order, strict=False)
    ]
    saturated = 255 if component.bits == 8 else 4095
    return element(
        "Raster_Data",
        _data_access(component),
        element(
            "Raster_Dimensions",
            element("NROWS", rows),
            element("NCOLS", columns),
            element("NBANDS", len(component.bands)),
        ),
        element(
            "Raster_Encoding",
            element("DATA_TYPE", "INTEGER"),
            element("NBITS", 8 if component.bits == 8 else 16),
            element("SIGN", "UNSIGNED"),
            element("COMPRESSION_TYPE", "LOSSLESS" if component.extension == "JP2" else "DEFLATE"),
        ),
        element(
            "Raster_Display",
            element("Band_Display_Order", *(colours if len(order) > 1 else [element("GRAY_CHANNEL", "P")])),
            _special("NODATA", 0),
            _special("SATURATED", saturated),
        ),
    )


def _special(text: str, count: int) -> ET.Element:
    return element("Special_Value", element("SPECIAL_VALUE_TEXT", text), element("SPECIAL_VALUE_COUNT", count))


def _radiometric(component: Component) -> ET.Element:
    measures = [
        element(
            "Band_Radiance",
            element("BAND_ID", BAND_IDS[band]),
            element("MEASURE_DESC", "Raw radiometric counts to TOA radiance (L). L=DN/GAIN+BIAS"),
            element("MEASURE_UNIT", "W.sr-1.m-2.micrometer-1"),
            element("GAIN", round(4000 * math.pi / IRRADIANCE[band], 6)),
            element("BIAS", 0),
        )
        for band in component.bands
    ]
    measures += [
        element("Band_Solar_Irradiance", element("BAND_ID", BAND_IDS[b]), element("VALUE", IRRADIANCE[b]))
        for b in component.bands
    ]
    return element(
        "Radiometric_Data",
        element("Dynamic_Range", element("ACQUISITION_RANGE", 12), element("PRODUCT_RANGE", component.bits)),
        element(
            "Radiometric_Calibration",
            element("Instrument_Calibration", element("Band_Measurement_List", *measures)),
        ),
    )


def _geometric(component: Component) -> ET.Element:
    rows, columns = component.shape
    middle_row, middle_column = (rows + 1) // 2, (columns + 1) // 2
    named = {
        "TopLeft": (1, 1),
        "TopCenter": (middle_column, 1),
        "TopRight": (columns, 1),
        "BottomLeft": (1, rows),
        "BottomCenter": (middle_column, rows),
        "BottomRight": (columns, rows),
        "CenterLeft": (1, middle_row),
        "Center": (middle_column, middle_row),
        "CenterRight": (columns, middle_row),
    }
    places = [_located(component, name, column, row) for name, (column, row) in named.items()]
    return element("Geometric_Data", element("Use_Area", *places))


def _located(component: Component, name: str, column: int, row: int) -> ET.Element:
    across = 0.4 * (column / component.shape[1] - 0.5)
    along = 0.3 * (row / component.shape[0] - 0.5)
    scene = component.scene
    incidence = max(0.0, scene["incidence_angle"] - across - along) if name != "Center" else scene["incidence_angle"]
    viewing = math.degrees(math.asin(math.sin(math.radians(incidence)) * 6371 / (6371 + component.sensor.altitude_km)))
    stretch = 1 / max(math.cos(math.radians(incidence)), 0.3)
    native = component.sensor.pan_spacing if component.spectral != "MS" else component.sensor.ms_spacing
    seconds = (row - (component.shape[0] + 1) // 2) * component.spacing / 6800.0

    def angle(tag: str, value: float) -> ET.Element:
        return element(tag, round(value, 9), unit="deg")

    return element(
        "Located_Geometric_Values",
        element("LOCATION_TYPE", name),
        element("COL", column),
        element("ROW", row),
        element("TIME", iso(component.acquired + timedelta(seconds=seconds))),
        element(
            "Acquisition_Angles",
            angle("AZIMUTH_ANGLE", scene["azimuth"]),
            angle("VIEWING_ANGLE_ACROSS_TRACK", viewing * 0.9),
            angle("VIEWING_ANGLE_ALONG_TRACK", viewing * 0.43),
            angle("VIEWING_ANGLE", viewing),
            angle("INCIDENCE_ANGLE_ALONG_TRACK", -incidence * 0.43),
            angle("INCIDENCE_ANGLE_ACROSS_TRACK", incidence * 0.9),
            angle("INCIDENCE_ANGLE", incidence),
        ),
        element(
            "Solar_Incidences",
            angle("SUN_AZIMUTH", scene["sun_azimuth"]),
            angle("SUN_ELEVATION", scene["sun_elevation"]),
        ),
        element(
            "Ground_Sample_Distance",
            element("GSD_ACROSS_TRACK", round(native * stretch, 6), unit="m"),
            element("GSD_ALONG_TRACK", round(native * (1 + stretch) / 2, 6), unit="m"),
        ),
    )


def mask_name(component: Component, code: str) -> str:
    """File name of a quality mask, in MASKS/."""
    return f"{component.name}_{code}_MSK.GML"


def _quality(component: Component) -> ET.Element:
    masks = [
        element(
            "Quality_Mask",
            element(
                "Component",
                element("COMPONENT_TITLE", f"{title} mask"),
                element("COMPONENT_TYPE", "GML"),
                element("COMPONENT_PATH", href=f"MASKS/{mask_name(component, code)}"),
            ),
        )
        for code, title in MASKS.items()
    ]
    return element("Quality_Assessment", element("Imaging_Quality_Measurement", *masks))


def _sources(component: Component) -> ET.Element:
    scene, when = component.scene, component.acquired
    moment = when.strftime("%H:%M:%S.") + f"{when.microsecond // 100_000}Z"
    return element(
        "Dataset_Sources",
        element(
            "Source_Identification",
            element("SOURCE_ID", scene["id"]),
            element("SOURCE_TYPE", "Strip_Source"),
            element("SOURCE_DESCRIPTION", f"{component.sensor.name} {scene['id']}"),
            element(
                "Strip_Source",
                element("MISSION", component.sensor.mission),
                element("MISSION_INDEX", component.sensor.index),
                element("INSTRUMENT", component.sensor.instrument),
                element("INSTRUMENT_INDEX", component.sensor.index),
                element("IMAGING_DATE", when.strftime("%Y-%m-%d")),
                element("IMAGING_TIME", moment),
                element("BAND_MODE", "PX"),
            ),
        ),
    )
