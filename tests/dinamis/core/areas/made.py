# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of an area, as mapping software writes them, and as nobody should."""

import io
import json
import math
import sqlite3
import struct
import zipfile
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import shapefile
from pyproj import CRS
from shapely.geometry import Polygon

RING = [(3.8, 43.5), (4.0, 43.5), (4.0, 43.6), (3.8, 43.6), (3.8, 43.5)]
BOUNDS = (3.8, 43.5, 4.0, 43.6)
WKT = "POLYGON((3.8 43.5, 4 43.5, 4 43.6, 3.8 43.6, 3.8 43.5))"
GEOJSON = json.dumps({"type": "Polygon", "coordinates": [RING]})
SCHEMA = """
PRAGMA application_id = 1196444487;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
    organization_coordsys_id INTEGER, definition TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER,
    z TINYINT, m TINYINT);
INSERT INTO gpkg_spatial_ref_sys VALUES ('undefined', 0, 'NONE', 0, 'undefined');
"""


def kml(ring=RING, head=""):
    points = " ".join(f"{x},{y},0" for x, y in ring)
    return (
        f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon><outerBoundaryIs><LinearRing>'
        f"<coordinates>{points}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>"
    ).encode()


def gpx(*tracks, kind="trk"):
    """Each track a list of segments, each of them points (longitude, latitude)."""

    def point(x, y):
        return f'<{kind}pt lat="{y}" lon="{x}"><ele>12</ele></{kind}pt>'

    def segment(points):
        written = "".join(point(x, y) for x, y in points)
        return f"<trkseg>{written}</trkseg>" if kind == "trk" else written

    body = "".join(f"<{kind}>{''.join(segment(points) for points in track)}</{kind}>" for track in tracks)
    return f'<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{body}</gpx>'.encode()


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def shapes(rings, epsg=4326, kind=shapefile.POLYGON):
    parts = {"shp": io.BytesIO(), "shx": io.BytesIO(), "dbf": io.BytesIO()}
    with shapefile.Writer(**parts, shapeType=kind) as writer:
        writer.field("id", "N")
        for ring in rings:
            if kind == shapefile.POLYGON:
                writer.poly([ring[::-1]])
            else:
                writer.point(*ring[0])
            writer.record(1)
    members = {f"zone.{name}": stream.getvalue() for name, stream in parts.items()}
    if epsg:
        members["zone.prj"] = CRS.from_epsg(epsg).to_wkt("WKT1_ESRI").encode()
    return members


def wkb(rings, *, extra=0, order="<"):
    """ISO WKB of a Polygon; `extra` 1 adds Z, 2 M, 3 both."""
    tail = (0.0,) * (0, 1, 1, 2)[extra]
    head = struct.pack(f"{order}BII", order == "<", 3 + 1000 * extra, len(rings))
    body = b"".join(
        struct.pack(f"{order}I", len(ring)) + b"".join(struct.pack(f"{order}{2 + len(tail)}d", *p, *tail) for p in ring)
        for ring in rings
    )
    return head + body


def blob(geometry, *, flags=1, envelope=b"", srs=4326):
    """A GeoPackageBinary around WKB."""
    return b"GP\0" + bytes([flags]) + struct.pack("<i", srs) + envelope + geometry


def geopackage(layers=None, *, srs=4326, system=None, kind="POLYGON", also=""):
    """The bytes of a GeoPackage: `layers` are blobs by name; `also` is SQL run at the end."""
    code = CRS.from_epsg(srs) if system is None else None
    row = system or ("epsg", srs, code.to_wkt())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.gpkg"
        with closing(sqlite3.connect(path)) as database:
            database.executescript(SCHEMA)
            database.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('made', ?, ?, ?, ?)", (srs, *row))
            for name, blobs in (layers or {"zone": [blob(wkb([RING]))]}).items():
                database.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT)')
                database.execute("INSERT INTO gpkg_contents VALUES (?, 'features', ?)", (name, srs))
                database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)", (name, kind, srs))
                database.executemany(f'INSERT INTO "{name}" (geom) VALUES (?)', [(one,) for one in blobs])
            database.commit()
            database.executescript(also)
            database.commit()
        return path.read_bytes()


def coast(vertices):
    """A wriggling outline near Montpellier, some 80 km across."""

    def radius(turn):
        return 0.35 + 0.02 * math.sin(23 * turn) + 0.004 * math.sin(211 * turn) + 0.0005 * math.sin(3_001 * turn)

    turns = [2 * math.pi * step / (vertices - 1) for step in range(vertices - 1)]
    points = [(4 + radius(t) * math.cos(t), 43.5 + radius(t) * math.sin(t)) for t in turns]
    return Polygon(points)


def comb(teeth, *, lying=False):
    """A comb of one degree with so many teeth."""
    points = [(0.0, 0.0)]
    for tooth in range(teeth):
        left, right = tooth / teeth, (tooth + 0.5) / teeth
        points += [(left, 0.01), (left, 1), (right, 1), (right, 0.01)]
    points += [(1, 0.01), (1, 0)]
    return Polygon([(y, x) if lying else (x, y) for x, y in points])
