# SPDX-License-Identifier: AGPL-3.0-or-later
"""One DIMAP document to one STAC item; the reference is the standard library reading the same bytes as a tree."""

import os
from pathlib import Path
from xml.etree import ElementTree

from dinamis.catalogue.dimap import parse_document, to_stac_item
from tests.bench.measure import Figure, compare

SAMPLE = "data/dimap/DIM_PNEO3_202111071029126_PAN_trimmed.XML"
OURS = Path(__file__).resolve().parents[1] / "data" / "dimap"


def document() -> Path:
    """Return the real sample, or a fixture of ours where the samples are absent."""
    shared = Path(os.environ.get("DINAMIS_SAMPLES", Path(__file__).resolve().parents[3] / "shared"))
    if (real := shared / SAMPLE).exists():
        return real
    return sorted(OURS.rglob("DIM_*.XML"))[0]


def run() -> list[Figure]:
    """Return the figures."""
    path = document()
    data = path.read_bytes()

    def ours() -> None:
        to_stac_item(parse_document(data, name=path.name))

    return compare("DIMAP XML to STAC item", ours, "ElementTree alone", lambda: ElementTree.fromstring(data), runs=100)
