# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables of footprints, written as other programs write them."""

import sqlite3
import struct

import shapely

MAPPING = """
delimiter = ";"
[columns]
id = "IDENT"
datetime = "DATE_ACQ"
platform = "SAT"
"eo:cloud_cover" = "NUAGES"
"view:incidence_angle" = "INCID"
quicklook = "URL_QL"
geometry = "EMPRISE"
[constants]
gsd = 0.5
instruments = ["hiri"]
[dates]
format = "%d/%m/%Y %H:%M"
zone = "Europe/Paris"
[factors]
"eo:cloud_cover" = 100
[values.platform]
"1A" = "PHR1A"
"""
HEAD = "IDENT;DATE_ACQ;SAT;NUAGES;INCID;URL_QL;EMPRISE"
ROW = "{id};14/06/2024 12:30;1A;0,05;12.5;https://example.org/{id}.jpg;POLYGON((3 43,4 43,4 44,3 44,3 43))"


def csv_file(folder, *rows):
    path = folder / "table.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n")
    return path


def gp(geometry, srid=2154, envelope=True):
    """A GeoPackageBinary (OGC 12-128r18, 2.1.3)."""
    wkb = geometry if isinstance(geometry, bytes) else shapely.to_wkb(geometry)
    box = struct.pack("<4d", *geometry.bounds) if envelope and not isinstance(geometry, bytes) else b""
    return b"GP\0" + bytes([1 | (2 if box else 0)]) + struct.pack("<i", srid) + box + wkb


def geopackage(path, rows, *, layers=("scenes",), extra=()):
    """A GeoPackage in Lambert-93; `rows` are (ident, date, blob)."""
    with sqlite3.connect(path) as database:
        database.executescript("""
            CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
                organization_coordsys_id INTEGER, definition TEXT, description TEXT);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
                srs_id INTEGER, z TINYINT, m TINYINT);
            INSERT INTO gpkg_spatial_ref_sys VALUES ('Lambert-93', 2154, 'EPSG', 2154, '', '');
        """)
        for layer in layers:
            quoted = layer.replace('"', '""')
            database.execute(
                f'CREATE TABLE "{quoted}" (fid INTEGER PRIMARY KEY, "IDENT" TEXT, "DATE_ACQ" TEXT, geom BLOB)'
            )
            database.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POLYGON', 2154, 0, 0)", [layer])
            database.executemany(f'INSERT INTO "{quoted}" ("IDENT", "DATE_ACQ", geom) VALUES (?, ?, ?)', rows)
        for statement in extra:
            database.execute(statement)
    return path
