# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scenes of the simulated catalogue: identifiers, footprints, quicklooks."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from rasterio.features import shapes
from rasterio.transform import from_bounds
from shapely import transform
from shapely.geometry import Polygon, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from dinamis.providers.simulator import geometry
from dinamis.providers.simulator.clock import iso, parse
from dinamis.providers.simulator.landscape import Look, cloud_mask, quicklook, scene_seed
from dinamis.providers.simulator.noise import mercator_x, mercator_y
from dinamis.providers.simulator.products import SENSORS
from dinamis.providers.simulator.store import Document
from dinamis.providers.simulator.sun import sun_position

Ring = list[tuple[float, float]]
_CELLS = 64


def stamp(when: datetime) -> str:
    """The fifteen digits of product names: YYYYMMDDHHMMSS and the tenth of a second."""
    return when.astimezone(UTC).strftime("%Y%m%d%H%M%S") + str(when.microsecond // 100_000)


def catalog_id(sensor: str, when: datetime, lon: float, lat: float) -> str:
    """``DS_PHR1A_202212111112398_FR1_PX_E001N43_0615_01665`` (domain.md §11.1); the column and frame numbers are
    drawn from place and date, so the same scene always has the same name."""
    seed = scene_seed(f"{sensor}{stamp(when)}{lon:.4f}{lat:.4f}")
    cell = geometry.cell_name(lon, lat)
    return f"DS_{sensor}_{stamp(when)}_FR1_PX_{cell}_{seed % 900 + 100:04d}_{seed // 900 % 4000 + 900:05d}"


def footprint_over(sensor: str, area: BaseGeometry) -> Polygon:
    """A scene of the sensor's swath that covers an area (at least as much of it as a swath can)."""
    centre = area.centroid
    west, south, east, north = area.bounds
    swath = SENSORS[sensor].swath_km
    squeeze = math.cos(math.radians(centre.y))
    half_x = max(swath / 2, min((east - west) * 111.3 * squeeze / 2 + 1, swath)) / 111.3 / squeeze
    half_y = max(swath / 2, (north - south) * 111.3 / 2 + 1) / 111.3
    lean = half_y * 0.19 / squeeze
    return Polygon(
        [
            (centre.x - half_x + lean, centre.y + half_y),
            (centre.x + half_x + lean, centre.y + half_y - half_x * 0.03),
            (centre.x + half_x - lean, centre.y - half_y - half_x * 0.03),
            (centre.x - half_x - lean, centre.y - half_y),
        ]
    )


def make_scene(
    sensor: str,
    area: BaseGeometry,
    when: datetime,
    incidence: float,
    cloud: float,
    *,
    outline: BaseGeometry | None = None,
    clouds: BaseGeometry | None = None,
) -> Document:
    """A catalogue scene over an area; ``outline`` and ``clouds`` (degrees) are drawn by chance unless told."""
    ring = footprint_over(sensor, area) if outline is None else outline
    return complete(
        {
            "id": catalog_id(sensor, when, ring.centroid.x, ring.centroid.y),
            "sensor": sensor,
            "datetime": iso(when),
            "footprint": geometry.geojson(ring),
            "incidence_angle": incidence,
            "cloud": cloud,
            "clouds": None if clouds is None else geometry.geojson(clouds),
        }
    )


def complete(given: dict[str, Any]) -> Document:
    """A registered scene with what was not said: bounds, sun, angles. Raises ``ValueError`` naming what is wrong."""
    scene_id = str(given.get("id") or "")
    sensor = str(given.get("sensor") or scene_id.split("_")[1:2][0] if "_" in scene_id else given.get("sensor") or "")
    if not scene_id or "/" in scene_id or sensor not in SENSORS:
        raise ValueError(f"scene '{scene_id}': id and sensor ({', '.join(SENSORS)}) are expected")
    outline = geometry.polygon(given.get("footprint"))
    clouds = given.get("clouds")
    when = parse(str(given.get("datetime")))
    centre = outline.centroid
    azimuth, elevation = sun_position(when, centre.x, centre.y)
    return {
        "id": scene_id,
        "sensor": sensor,
        "datetime": iso(when),
        "footprint": geometry.geojson(outline),
        "bounds": list(outline.bounds),
        "incidence_angle": float(given.get("incidence_angle", 12.0)),
        "azimuth": float(given.get("azimuth", 180.0 + scene_seed(scene_id) % 2 * 12)),
        "sun_azimuth": float(given.get("sun_azimuth", azimuth)),
        "sun_elevation": float(given.get("sun_elevation", max(elevation, 12.0))),
        "cloud": float(given.get("cloud", 0.0)),
        "snow": float(given.get("snow", 0.0)),
        "clouds": None if clouds is None else geometry.geojson(geometry.polygon(clouds)),
    }


def ring_of(scene: Document) -> Ring:
    """The outer ring of a scene's footprint."""
    outline = geometry.polygon(scene["footprint"])
    largest = max(getattr(outline, "geoms", [outline]), key=lambda part: part.area)
    return [(float(x), float(y)) for x, y in largest.exterior.coords]


def look_of(scene: Document) -> Look:
    """The conditions of a scene; its clouds belong to the bounds of its footprint."""
    west, south, east, north = scene["bounds"]
    told = scene.get("clouds")
    return Look(
        when=parse(scene["datetime"]),
        sun_azimuth=scene["sun_azimuth"],
        sun_elevation=scene["sun_elevation"],
        cloud=scene["cloud"],
        seed=scene_seed(scene["id"]),
        extent=(west, south, east, north),
        clouds=None if told is None else _in_mercator(geometry.polygon(told)),
    )


def _in_mercator(area: BaseGeometry) -> BaseGeometry:
    return transform(area, lambda x, y: (mercator_x(x), mercator_y(y)), interleaved=False)


def clouds_of(scene: Document) -> BaseGeometry:
    """Where a scene is cloudy, in degrees: what was told, else what its picture shows, in cells of a 64th of it."""
    if scene.get("clouds") is not None:
        return geometry.surface(geometry.polygon(scene["clouds"]).intersection(geometry.polygon(scene["footprint"])))
    west, south, east, north = scene["bounds"]
    cloudy = cloud_mask((west, south, east, north), (_CELLS, _CELLS), look_of(scene))
    affine = from_bounds(west, south, east, north, _CELLS, _CELLS)
    cells = [shape(found) for found, _ in shapes(cloudy.astype("uint8"), mask=cloudy, transform=affine)]
    return geometry.surface(unary_union(cells).intersection(geometry.polygon(scene["footprint"])))


def scene_quicklook(scene: Document, size: int) -> bytes:
    """The JPEG of a scene, its longer side ``size`` pixels."""
    return quicklook(ring_of(scene), look_of(scene), size)


def feature(scene: Document, public_url: str) -> dict[str, Any]:
    """A scene as the catalogue search returns it."""
    sensor = SENSORS[scene["sensor"]]
    quicklook_url = f"{public_url}/quicklooks/{scene['id']}.jpg"
    return {
        "type": "Feature",
        "id": scene["id"],
        "geometry": scene["footprint"],
        "properties": {
            "id": scene["id"],
            "catalogId": scene["id"],
            "sourceIdentifier": scene["id"],
            "acquisitionDate": scene["datetime"],
            "constellation": sensor.constellation,
            "platform": sensor.name,
            "satellite": sensor.name,
            "resolution": sensor.pan_spacing,
            "cloudCover": scene["cloud"],
            "snowCover": scene["snow"],
            "incidenceAngle": scene["incidence_angle"],
            "azimuthAngle": scene["azimuth"],
            "illuminationAzimuthAngle": round(scene["sun_azimuth"], 4),
            "illuminationElevationAngle": round(scene["sun_elevation"], 4),
            "processingLevel": "ALBUM",
            "productionStatus": "ARCHIVED",
        },
        "_links": {
            "quicklook": [{"href": f"{quicklook_url}?size=512", "type": "image/jpeg"}],
            "thumbnail": [{"href": f"{quicklook_url}?size=256", "type": "image/jpeg"}],
        },
    }
