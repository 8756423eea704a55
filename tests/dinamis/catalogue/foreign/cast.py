# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items of somebody else."""

from copy import deepcopy

ITEM = {
    "type": "Feature",
    "stac_version": "1.1.0",
    "stac_extensions": ["https://stac-extensions.github.io/eo/v2.0.0/schema.json"],
    "id": "PHR1A_1",
    "collection": "archive",
    "geometry": {"type": "Polygon", "coordinates": [[[3, 43], [4, 43], [4, 44], [3, 44], [3, 43]]]},
    "bbox": [3, 43, 4, 44],
    "properties": {
        "datetime": "2024-06-14T10:30:00.25Z",
        "created": "2024-06-15T00:00:00Z",
        "title": 'A “scene” \\ with a "quote"',
        "platform": "PHR1A",
        "instruments": ["hiri"],
        "gsd": 0.5,
        "eo:cloud_cover": 5.41,
        "view:incidence_angle": 12.345,
        "sat:relative_orbit": 12,
        "order:status": "shipping",
        "dinamis:state": "held",
    },
    "assets": {"thumbnail": {"href": "https://example.org/1.jpg", "roles": ["thumbnail"]}},
    "links": [
        {"rel": "self", "href": "https://example.org/1.json"},
        {"rel": "via", "href": "https://example.org/scene/1"},
    ],
}


def item(identifier="PHR1A_1", **members):
    """An item; members of `properties` by their name with `__` for a colon, others by theirs."""
    made = deepcopy(ITEM) | {"id": identifier}
    for name, value in members.items():
        if name in made:
            made[name] = value
        else:
            made["properties"][name.replace("__", ":")] = value
    return made
