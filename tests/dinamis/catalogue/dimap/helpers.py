# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixture documents of our own, whole or with one piece changed."""

from pathlib import Path

from dinamis.catalogue.dimap import Product, parse_document

DATA = Path(__file__).parents[3] / "data" / "dimap"
ORTHO = DATA / "phr_ortho/IMG_PHR1B_PMS_001/DIM_PHR1B_PMS_202602141103207_ORT_FIXTURE-1.XML"
PRIMARY = DATA / "spot6_bundle/IMG_SPOT6_P_001/DIM_SPOT6_P_202505111031189_SEN_FIXTURE-2.XML"
FULL_SPECTRUM = DATA / "pneo_fs/DIM_PNEO4_202509301012345_MS-FS_ORT_FIXTURE-3.XML"
MOSAIC = DATA / "phr_mosaic/DIM_PHR1A_PMS_202504012215000_MOS_FIXTURE-4.XML"
V1 = DATA / "spot4_v1/SCENE01/METADATA.DIM"


def changed(path: Path, old: str, new: str) -> bytes:
    """The document with every ``old`` replaced; fails when there is none to replace."""
    text = path.read_bytes()
    assert old.encode() in text
    return text.replace(old.encode(), new.encode())


def parse(path: Path, old: str = "", new: str = "") -> Product:
    return parse_document(changed(path, old, new) if old else path.read_bytes(), name=path.name)


def with_vertices(path: Path, vertices: str) -> bytes:
    """The document with the inside of its extent replaced."""
    text = path.read_text()
    start, end = text.index("<EXTENT_TYPE>"), text.index("</Dataset_Extent>")
    return (text[:start] + vertices + text[end:]).encode()


def vertex(lon: object, lat: object) -> str:
    return f"<Vertex><LON>{lon}</LON><LAT>{lat}</LAT></Vertex>"
