# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invented archive scenes with believable orbits, swaths, seasons and clouds. Seeded: always the same ones."""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from dinamis.demo.geography.cells import COAST, OVERSEAS, SPOT, Cell, cells_of
from dinamis.providers.simulator.scenes import catalog_id
from dinamis.providers.simulator.sun import sun_position

SEED = "dinamis demo 1"
KM_PER_DEGREE = 111.32
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Satellite:
    """A satellite: the simulator's name, ours, collection, product pixel in metres, swath in km, life in archive."""

    sensor: str
    platform: str
    collection: str
    gsd: float
    swath_km: float
    first: datetime
    last: datetime


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


END = _day(2025, 10, 31)
# Launches and ends: domain facts, section 10.1. SPOT 7 ended in March 2023.
SATELLITES: dict[str, Satellite] = {
    row.sensor: row
    for row in (
        Satellite("PHR1A", "PLEIADES-1A", "pleiades", 0.5, 20, _day(2012, 3, 1), END),
        Satellite("PHR1B", "PLEIADES-1B", "pleiades", 0.5, 20, _day(2013, 2, 1), END),
        Satellite("PNEO3", "PLEIADES-NEO-3", "pleiades-neo", 0.3, 14, _day(2021, 11, 15), END),
        Satellite("PNEO4", "PLEIADES-NEO-4", "pleiades-neo", 0.3, 14, _day(2022, 1, 15), END),
        Satellite("SPOT6", "SPOT-6", "spot-6-7", 1.5, 60, _day(2012, 11, 1), END),
        Satellite("SPOT7", "SPOT-7", "spot-6-7", 1.5, 60, _day(2014, 10, 1), _day(2023, 3, 10)),
    )
}
# How many scenes of each satellite the archive has: 3,000 together.
ARCHIVE = {"PHR1A": 950, "PHR1B": 850, "PNEO3": 250, "PNEO4": 200, "SPOT6": 450, "SPOT7": 300}

# Volcanoes and partner countries' places that a few scenes look at (name, longitude, latitude).
FAR_PLACES: tuple[tuple[str, float, float], ...] = (
    ("Soufrière de Saint-Vincent", -61.18, 13.33),
    ("Cotopaxi", -78.44, -0.68),
    ("Etna", 15.00, 37.75),
    ("Stromboli", 15.21, 38.79),
    ("La Palma", -17.86, 28.60),
    ("Nyiragongo", 29.25, -1.52),
    ("Merapi", 110.45, -7.54),
    ("Delta du Saloum", -16.60, 13.80),
    ("Ouagadougou", -1.52, 12.37),
    ("Lac Tchad", 14.10, 13.10),
    ("Antananarivo", 47.52, -18.88),
    ("Delta du Mékong", 105.80, 9.90),
    ("Altiplano bolivien", -68.10, -16.60),
    ("Tunis", 10.20, 36.80),
    ("Golfe de Gabès", 10.20, 33.90),
)


@dataclass(frozen=True)
class Scene:
    """An image as a provider's archive knows it. Degrees, cloud in percent, `ring` closed, longitude first."""

    id: str
    satellite: Satellite
    place: str
    when: datetime
    ring: Ring
    cloud: float
    incidence: float
    azimuth: float
    sun_azimuth: float
    sun_elevation: float

    @property
    def stereo_count(self) -> int:
        """Images of this place on the same pass: a Pléiades turned back to it in one pass of nine, for 2 or 3."""
        if self.satellite.collection == "spot-6-7":
            return 1
        return {0: 2, 1: 3, 9: 2}.get(zlib.crc32(self.id.encode()) % 18, 1)

    @property
    def geometry(self) -> dict[str, Any]:
        """The footprint as a GeoJSON polygon."""
        return {"type": "Polygon", "coordinates": [[list(point) for point in self.ring]]}


def archive_scenes() -> Iterator[Scene]:
    """Yield the archive: 3,000 scenes over France, its overseas départements and a few places of the world."""
    random = Random(SEED)  # noqa: S311  invented data, not a secret
    places = _places()
    for sensor, count in ARCHIVE.items():
        for _ in range(count):
            yield _scene(random, SATELLITES[sensor], places)


def _places() -> list[tuple[list[tuple[str, float, float]], float]]:
    """Groups of places with the share of scenes each gets."""
    return [
        (_centres(SPOT), 0.50),
        (_centres(COAST), 0.22),
        (_centres(OVERSEAS), 0.18),
        (list(FAR_PLACES), 0.10),
    ]


def _centres(grid: str) -> list[tuple[str, float, float]]:
    found = []
    for cell in cells_of(grid):
        point = cell.shape.representative_point()
        found.append((cell.name or cell.code, point.x, point.y))
    return found


def _scene(random: Random, satellite: Satellite, places: list[tuple[list[tuple[str, float, float]], float]]) -> Scene:
    group = random.choices([part for part, _ in places], [share for _, share in places])[0]
    place, lon, lat = random.choice(group)
    squeeze = math.cos(math.radians(lat))
    lon += random.uniform(-0.18, 0.18) / squeeze
    lat += random.uniform(-0.18, 0.18)
    length = satellite.swath_km * random.choice((1, 1, 1, 1.3, 1.8))
    ring = footprint(lon, lat, satellite.swath_km * random.uniform(0.97, 1.06), length)
    when = overpass(random, lon, lat, satellite.first, satellite.last)
    return described(random, satellite, place, when, ring, cloud=min(100.0, 100 * random.betavariate(0.55, 2.4)))


def described(
    random: Random, satellite: Satellite, place: str, when: datetime, ring: Ring, *, cloud: float, widest: float = 30.0
) -> Scene:
    """A scene with the angles that its place and instant give; `widest` bounds the incidence."""
    lon, lat = _middle(ring)
    sun_azimuth, sun_elevation = sun_position(when, lon, lat)
    return Scene(
        id=catalog_id(satellite.sensor, when, lon, lat),
        satellite=satellite,
        place=place,
        when=when,
        ring=ring,
        cloud=round(cloud, 1),
        incidence=round(min(widest, abs(random.gauss(13, 8)) + 1.5), 2),
        azimuth=round(random.choice((100, 180, 190, 280)) + random.uniform(-8, 8), 2),
        sun_azimuth=round(sun_azimuth, 2),
        sun_elevation=round(sun_elevation, 2),
    )


def _middle(ring: Ring) -> tuple[float, float]:
    corners = ring[:-1]
    return sum(p[0] for p in corners) / len(corners), sum(p[1] for p in corners) / len(corners)


def footprint(lon: float, lat: float, width_km: float, length_km: float) -> Ring:
    """The closed ring of a strip along a descending, sun-synchronous track (inclination 98.2 degrees)."""
    lean = math.asin(min(1.0, 0.1426 / math.cos(math.radians(lat)))) + math.radians(2.0)
    along = (math.sin(lean), math.cos(lean))
    across = (math.cos(lean), -math.sin(lean))
    squeeze = math.cos(math.radians(lat))

    def corner(right: float, up: float) -> tuple[float, float]:
        east = across[0] * right * width_km / 2 + along[0] * up * length_km / 2
        north = across[1] * right * width_km / 2 + along[1] * up * length_km / 2
        return round(lon + east / KM_PER_DEGREE / squeeze, 6), round(lat + north / KM_PER_DEGREE, 6)

    # Counter-clockwise, as RFC 7946 has it.
    corners = (corner(-1, 1), corner(-1, -1), corner(1, -1), corner(1, 1))
    return (*corners, corners[0])


def overpass(random: Random, lon: float, lat: float, first: datetime, last: datetime) -> datetime:
    """An instant about 10:40 of local solar time between two days, with the sun at least 15 degrees high."""
    for _ in range(40):
        day = first + timedelta(days=random.randrange(max(1, (last - first).days)))
        seconds = 10.65 * 3600 - lon / 15 * 3600 + random.gauss(0, 700)
        tenths = random.randrange(10)
        when = day.replace(hour=0, minute=0, second=0) + timedelta(seconds=int(seconds), milliseconds=100 * tenths)
        if sun_position(when, lon, lat)[1] > 15 and first <= when <= last:
            return when
    return first.replace(month=6, day=15) + timedelta(hours=10)


def scene_of_cell(random: Random, cell: Cell, satellite: Satellite, first: datetime, last: datetime) -> Scene:
    """The image chosen for a cell of a coverage: few clouds, a small angle."""
    west, south, east, north = cell.shape.bounds
    ring: Ring = ((west, north), (west, south), (east, south), (east, north), (west, north))
    when = overpass(random, (west + east) / 2, (south + north) / 2, first, last)
    cloud = min(10.0, random.expovariate(0.8))
    return described(random, satellite, cell.name or cell.code, when, ring, cloud=cloud, widest=20.0)
