# SPDX-License-Identifier: AGPL-3.0-or-later
"""The quality masks of a delivery, as GML polygons in degrees."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray
from rasterio.features import shapes
from rasterio.transform import from_bounds
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from dinamis.providers.simulator.dimap import MASKS
from dinamis.providers.simulator.frames import Frame
from dinamis.providers.simulator.landscape import Look, cloud_mask

GML = "http://www.opengis.net/gml"
EOP = "http://www.geodms.net/mask"
_CELLS = 96


def masks(frame: Frame, look: Look, inside: NDArray[np.bool_], scene: dict[str, Any]) -> dict[str, list[BaseGeometry]]:
    """Polygons of each mask code; the clouds are where the pixels have them."""
    clouds: list[BaseGeometry] = []
    if scene["cloud"] > 0 and inside.any():
        bounds = frame.ground.bounds
        cloudy = cloud_mask(bounds, (_CELLS, _CELLS), look)
        transform = from_bounds(*bounds, _CELLS, _CELLS)
        found = [shape(g) for g, _ in shapes(cloudy.astype(np.uint8), mask=cloudy, transform=transform)]
        clouds = [part for part in (cloud.intersection(frame.ground) for cloud in found) if part.area > 0]
    return {code: [] for code in MASKS} | {"CLD": clouds, "ROI": [frame.ground]}


def document(code: str, name: str, polygons: list[BaseGeometry]) -> bytes:
    """A GML mask file."""
    ET.register_namespace("gml", GML)
    ET.register_namespace("eop", EOP)
    root = ET.Element(f"{{{EOP}}}Mask", {f"{{{GML}}}id": f"{name}_{code}"})
    ET.SubElement(root, f"{{{GML}}}name").text = MASKS[code]
    members = ET.SubElement(root, f"{{{EOP}}}maskMembers")
    parts = [part for geometry in polygons for part in getattr(geometry, "geoms", [geometry])]
    for rank, part in enumerate(p for p in parts if p.geom_type == "Polygon"):
        feature = ET.SubElement(members, f"{{{EOP}}}MaskFeature", {f"{{{GML}}}id": f"{code}.{rank}"})
        extent = ET.SubElement(feature, f"{{{EOP}}}extentOf")
        polygon = ET.SubElement(extent, f"{{{GML}}}Polygon", {"srsName": "urn:ogc:def:crs:EPSG::4326"})
        for tag, ring in [("exterior", part.exterior), *(("interior", hole) for hole in part.interiors)]:
            linear = ET.SubElement(ET.SubElement(polygon, f"{{{GML}}}{tag}"), f"{{{GML}}}LinearRing")
            ET.SubElement(linear, f"{{{GML}}}posList").text = " ".join(f"{y:.7f} {x:.7f}" for x, y in ring.coords)
    ET.indent(root, "  ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"
