# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas of the forms of requests: named by an address, drawn on a map."""

import json

from shapely.geometry import box

from dinamis.catalogue.area_text import token_named
from dinamis.catalogue.services.areas import kept_area
from dinamis.core import geo
from dinamis.core.areas import read_areas
from dinamis.core.exceptions import Invalid


def area_named(text):
    """Return the area of an address, as the field holds it: kept under a name, or written out."""
    token = token_named(text)
    if token is None:
        return text
    kept = kept_area(token)
    return json.dumps(geo.to_geojson(geo.to_shapely(kept))) if kept is not None else ""


def box_named(text):
    """Return the box "west,south,east,north" of an address as the field of areas holds it; empty when it is none."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return ""
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        return ""
    return json.dumps(geo.to_geojson(box(west, south, east, north)))


def drawn(form):
    """Return the areas of a form for the map as GeoJSON, as far as they can be read."""
    text = form.data.get("aoi") if form.is_bound else form.initial.get("aoi")
    try:
        return collected([area.geometry for area in read_areas(str(text))]) if text else None
    except Invalid:
        return None


def collected(areas):
    """Return areas as GeoJSON: one as it is, several as features, so that they stay apart when they are read again."""
    if len(areas) == 1:
        return geo.to_geojson(areas[0])
    features = [{"type": "Feature", "properties": {}, "geometry": geo.to_geojson(area)} for area in areas]
    return {"type": "FeatureCollection", "features": features}
