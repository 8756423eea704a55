# SPDX-License-Identifier: AGPL-3.0-or-later
"""The properties a filter may name: the column of each, its kind, and how it is described (JSON Schema)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dinamis.catalogue.cql2.fragments import Kind, Sql

COLLECTION = "(SELECT c.slug FROM catalogue_collection c WHERE c.id = catalogue_item.collection_id)"
MOMENT = {"type": "string", "format": "date-time"}


@dataclass(frozen=True)
class Queryable:
    """A property: the SQL that gives it, its kind, its schema."""

    sql: str
    kind: Kind
    schema: Mapping[str, Any]
    nullable: bool = True

    def expression(self) -> Sql:
        """Return the piece of SQL."""
        return Sql(self.sql, self.kind)


def _number(column: str, title: str, unit: str, **schema: Any) -> Queryable:
    return Queryable(
        f"catalogue_item.{column}", Kind.NUMBER, {"title": title, "type": "number", "x-unit": unit, **schema}
    )


def _text(sql: str, title: str, *, nullable: bool = False, **schema: Any) -> Queryable:
    return Queryable(sql, Kind.TEXT, {"title": title, "type": "string", **schema}, nullable=nullable)


def _moment(sql: str, title: str, *, nullable: bool = True) -> Queryable:
    return Queryable(sql, Kind.MOMENT, {"title": title, **MOMENT}, nullable=nullable)


QUERYABLES: dict[str, Queryable] = {
    "id": _text("catalogue_item.stac_id", "Item identifier"),
    "collection": _text(COLLECTION, "Collection identifier"),
    "geometry": Queryable(
        "catalogue_item.footprint",
        Kind.GEOMETRY,
        {"title": "Footprint", "$ref": "https://geojson.org/schema/Geometry.json"},
        nullable=False,
    ),
    "datetime": _moment("catalogue_item.datetime", "Acquisition", nullable=False),
    "start_datetime": _moment("catalogue_item.start_datetime", "Beginning of the acquisition"),
    "end_datetime": _moment("catalogue_item.end_datetime", "End of the acquisition"),
    "created": _moment("catalogue_item.created_at", "Entry in this catalogue", nullable=False),
    "title": _text("catalogue_item.title", "Title"),
    "platform": _text("catalogue_item.platform", "Satellite"),
    "instruments": Queryable(
        "catalogue_item.instruments::text[]",
        Kind.ARRAY,
        {"title": "Instruments", "type": "array", "items": {"type": "string"}},
        nullable=False,
    ),
    "gsd": _number("gsd", "Ground sample distance", "m", exclusiveMinimum=0),
    "eo:cloud_cover": _number("cloud_cover", "Cloud cover", "%", minimum=0, maximum=100),
    "eo:snow_cover": _number("snow_cover", "Snow cover", "%", minimum=0, maximum=100),
    "view:incidence_angle": _number("incidence_angle", "Incidence angle", "°", minimum=0, maximum=90),
    "view:sun_elevation": _number("sun_elevation", "Elevation of the sun", "°", minimum=-90, maximum=90),
    "processing:level": _text("NULLIF(catalogue_item.processing_level, '')", "Processing level", nullable=True),
    "product:type": _text("NULLIF(catalogue_item.spectral, '')", "Spectral composition", nullable=True),
}
MAX_NAME = 100


def queryable(name: str) -> Queryable:
    """Return the property called `name`; one we do not know is whatever the document of the item holds, or null.

    A leading `properties.` is understood, as the sort and fields extensions write it.
    """
    short = name.removeprefix("properties.")
    return QUERYABLES.get(short) or _of_document(short)


def _of_document(name: str) -> Queryable:
    # The name is data: it goes into the SQL as a parameter, see `translate`.
    return Queryable("", Kind.ANY, {"title": name})
