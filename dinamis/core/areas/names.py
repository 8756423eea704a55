# SPDX-License-Identifier: AGPL-3.0-or-later
from xml.etree.ElementTree import Element


def local(element: Element) -> str:
    """Return the name of an element without its namespace: KML and GPX are written with several, or none."""
    return str(element.tag).rpartition("}")[2]
