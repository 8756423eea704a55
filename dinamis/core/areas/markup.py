# SPDX-License-Identifier: AGPL-3.0-or-later
"""KML and GPX, the two kinds of area in XML. Document type declarations are refused, and with them all entities."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.core.areas.errors import invalid, unknown_kind
from dinamis.core.areas.gpx import gpx_rings
from dinamis.core.areas.kml import kml_polygons
from dinamis.core.areas.names import local
from dinamis.core.areas.union import gathered


def read_xml(data: bytes) -> list[BaseGeometry]:
    """Return the polygons of a KML or GPX document. Raises Invalid."""
    root = _root(data)
    kind = local(root)
    if kind == "kml":
        return gathered(kml_polygons(root))
    if kind == "gpx":
        return gathered(gpx_rings(root))
    raise unknown_kind()


def read_kmls(documents: Iterable[bytes]) -> list[BaseGeometry]:
    """Return the polygons of the documents of one archive: a folder may keep each layer in its own. Raises Invalid."""
    return gathered(polygon for data in documents for polygon in kml_polygons(_root(data)))


def _root(data: bytes) -> Element:
    try:
        return fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise invalid(
            "unsafe_xml",
            _("The file declares entities, which are never read."),
            _("Export it again from your mapping software."),
        ) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise invalid("not_xml", _("The XML of the file cannot be read."), _("Check that it is complete.")) from error
