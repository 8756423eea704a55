# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the numbers of an image mean for whoever will use it, in sentences."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.catalogue.models import Item
from dinamis.catalogue.words import metres, satellite_name
from dinamis.core.templatetags.ui import datetime_words, percent

CLEAR, CLOUDY = 1, 20  # percent of clouds
UPRIGHT, OBLIQUE = 10, 25  # degrees from the vertical
# Geometries by level, as STAC names them (SEN, PRJ, ORT of DIMAP).
GEOMETRIES = {
    "L1A": gettext_lazy("It is in the geometry of the sensor: orthorectify it before you lay it over a map."),
    "L1B": gettext_lazy("It is in the geometry of the sensor: orthorectify it before you lay it over a map."),
    "L2A": gettext_lazy(
        "It is projected on a plane, relief is not corrected: in mountains it does not lie exactly over a map."
    ),
    "L3": gettext_lazy("It is orthorectified: it lies over a map as it is."),
}


def in_words(image: Item) -> list[str]:
    """Return the sentences about an image; of a withheld one only when it was taken."""
    taken = {"when": datetime_words(image.datetime), "satellite": satellite_name(image.platform)}
    if not image.shown:
        return [_("Taken on %(when)s.") % taken]
    said = [_("Taken by %(satellite)s on %(when)s.") % taken, _clouds(image), _angle(image), _pixel(image)]
    return [*filter(None, said), *filter(None, [_relief(image), str(GEOMETRIES.get(image.processing_level, ""))])]


def _clouds(image: Item) -> str:
    if image.cloud_cover is None:
        return _("Nobody measured its clouds: look at the quicklook.")
    if image.cloud_cover < CLEAR:
        return _("The sky was clear.")
    share = {"share": percent(image.cloud_cover)}
    if image.cloud_cover >= CLOUDY:
        return _("Clouds hide %(share)s of it: look at the quicklook first.") % share
    return _("Clouds hide %(share)s of it.") % share


def _angle(image: Item) -> str:
    if image.incidence_angle is None:
        return ""
    angle = {"angle": f"{number_format(round(image.incidence_angle))}°"}
    if image.incidence_angle < UPRIGHT:
        return _("It was seen from almost straight above (%(angle)s).") % angle
    if image.incidence_angle < OBLIQUE:
        return _("It was seen at %(angle)s from the vertical.") % angle
    return _("It was seen at %(angle)s from the vertical: high buildings and slopes lean.") % angle


def _pixel(image: Item) -> str:
    return _("A pixel is %(size)s wide on the ground.") % {"size": metres(image.gsd)} if image.gsd else ""


def _relief(image: Item) -> str:
    if image.stereo_count < 2:
        return ""
    if image.stereo_count == 2:
        return _("It is one of two images of the same pass, from which relief can be computed.")
    return _("It is one of three images of the same pass, from which relief can be computed, in steep places too.")
