# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the facets must tell, found by looking at each image."""

from collections import Counter

from dinamis.catalogue.models import Item
from dinamis.catalogue.models.tally import CLOUD_CLASSES, INCIDENCE_CLASSES, RESOLUTION_CLASSES
from dinamis.catalogue.selectors.facet_choices import FACETS
from dinamis.catalogue.selectors.viewer import with_state, without_delivered_twins
from dinamis.core.clock import PARIS

MAXIMA = {"clouds": "cloud", "incidences": "incidence", "resolutions": "resolution"}


def images_for(viewer):
    """The images there are for a person, with what each has of every facet."""
    items = without_delivered_twins(with_state(Item.objects.all(), viewer), viewer.at)
    images = list(items.select_related("collection__licence"))
    for item in images:
        item.choices = choices_of(item)
    return images


def choices_of(item):
    return {
        "states": item.state,
        "sensors": item.collection.family,
        "platforms": item.platform,
        "collections": item.collection.slug,
        "years": item.datetime.astimezone(PARIS).year,
        "levels": item.processing_level,
        "stereo": item.stereo_count,
        "licences": item.collection.licence.code,
        "clouds": item.cloud_cover,
        "incidences": item.incidence_angle,
        "resolutions": item.gsd,
    }


def fails(item, filters):
    """The facets whose conditions an image does not meet."""
    found = set()
    day = item.datetime.astimezone(PARIS).date()
    if (filters.since and day < filters.since) or (filters.until and day > filters.until):
        found.add("years")
    if any(
        word.lower() not in f"{item.stac_id} {item.source_id} {item.title}".lower() for word in filters.text.split()
    ):
        found.add("text")
    for name, choice in item.choices.items():
        if name in MAXIMA:
            most = getattr(filters, MAXIMA[name])
            if most is not None and (choice is None or choice > most):
                found.add(name)
        elif (wanted := getattr(filters, name)) and choice not in wanted:
            found.add(name)
    return found


def looked_at(filters, images):
    """What the facets must tell of `images`."""
    told = {}
    failed = [(item, fails(item, filters)) for item in images]
    for name, facet in FACETS.items():
        closed = facet.only_shown or filters.without(*facet.ignores).tells_details
        seen = [item.choices[name] for item, why in failed if why <= {name} and (item.shown or not closed)]
        if name in MAXIMA:
            classes = {"clouds": CLOUD_CLASSES, "incidences": INCIDENCE_CLASSES, "resolutions": RESOLUTION_CLASSES}[
                name
            ]
            told[name] = {most: sum(value is not None and value <= most for value in seen) for most in classes}
        else:
            told[name] = dict(Counter(seen))
    return told
