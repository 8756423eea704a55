# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists of links in the forms that programs fetch: one address a line (wget -i), CSV, Metalink 4 (RFC 5854)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from dinamis.core.spreadsheet import table

METALINK = "urn:ietf:params:xml:ns:metalink"
COLUMNS = ("cell", "name", "size", "sha256", "href", "credit")


@dataclass(frozen=True)
class Link:
    """A file behind the gateway; `size` in bytes, `credit` is the line that every use of its image must carry."""

    cell: str
    name: str
    size: int
    sha256: str
    href: str
    credit: str = ""


def as_text(links: Sequence[Link]) -> str:
    """Return one address a line."""
    return "".join(f"{link.href}\n" for link in links)


def as_csv(links: Sequence[Link]) -> str:
    """Return a table with a heading, lines ended as RFC 4180 has it."""
    return table([COLUMNS, *([getattr(link, name) for name in COLUMNS] for link in links)])


def as_metalink(links: Sequence[Link]) -> str:
    """Return a Metalink document with size and SHA-256, by which a client checks what it got, and the credit line."""
    ET.register_namespace("", METALINK)
    root = ET.Element(f"{{{METALINK}}}metalink")
    for link in links:
        file = ET.SubElement(root, f"{{{METALINK}}}file", name=link.name)
        if link.credit:
            ET.SubElement(file, f"{{{METALINK}}}copyright").text = link.credit
        ET.SubElement(file, f"{{{METALINK}}}size").text = str(link.size)
        ET.SubElement(file, f"{{{METALINK}}}hash", type="sha-256").text = link.sha256
        ET.SubElement(file, f"{{{METALINK}}}url").text = link.href
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


@dataclass(frozen=True)
class Format:
    """How a list is written, its media type and the ending of its name."""

    write: Callable[[Sequence[Link]], str]
    media_type: str
    ending: str


FORMATS = {
    "txt": Format(as_text, "text/plain; charset=utf-8", "txt"),
    "csv": Format(as_csv, "text/csv; charset=utf-8", "csv"),
    "metalink": Format(as_metalink, "application/metalink4+xml", "meta4"),
}
