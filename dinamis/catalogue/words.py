# SPDX-License-Identifier: AGPL-3.0-or-later
"""How an image is called in a sentence: satellite, level, resolution."""

from datetime import datetime

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.models import Item
from dinamis.catalogue.sensors import NAMES, NBSP

# By platform.
SATELLITES = NAMES
# Levels as STAC names them (SEN, PRJ, ORT of DIMAP).
LEVELS = {"L1A": _("primary"), "L1B": _("system corrected"), "L2A": _("projected"), "L3": _("ortho")}
SPECTRALS = {
    "P": _("panchromatic"),
    "PAN": _("panchromatic"),
    "MS": _("multispectral"),
    "PMS": _("pansharpened"),
    "BUNDLE": _("panchromatic and multispectral"),
}


def satellite_name(platform: str) -> str:
    """Return the public name of a satellite ("Pléiades 1B"), the platform itself when it is unknown."""
    return SATELLITES.get(platform, platform)


def level_words(level: str) -> str:
    """Return what a processing level means, the level itself when it is unknown."""
    return str(LEVELS.get(level, level))


def spectral_words(spectral: str) -> str:
    """Return what a spectral processing means; variants such as PMS-FS by their first part."""
    return str(SPECTRALS.get(spectral.upper().partition("-")[0], spectral))


def metres(value: float | None) -> str:
    """Return a resolution, "0,5 m"; empty when it is not known."""
    if not value:
        return ""
    return f"{number_format(round(value, 2)).rstrip('0').rstrip('.,') if value % 1 else int(value)}{NBSP}m"


def image_title(item: Item) -> str:
    """Return "Pléiades 1B · ortho 0,5 m"; of a withheld image only that it is one."""
    if not getattr(item, "shown", True):
        return str(_("Reserved image"))
    detail = " ".join(filter(None, [level_words(item.processing_level), metres(item.gsd)]))
    return " · ".join(filter(None, [satellite_name(item.platform), detail]))


def credit_line(item: Item) -> str:
    """Return the mention a user of the image must print, with the year of acquisition and the sensor's name."""
    collection = item.collection
    return credit_of(collection.licence.credit_line, item.datetime, collection.get_family_display())


def credit_of(pattern: str, acquired: datetime, sensor: str) -> str:
    """Return the mention of a licence for images of that year and sensor, empty where there is none."""
    return credit_in(pattern, str(acquired.year), sensor)


def credit_in(pattern: str, years: str, sensor: str) -> str:
    """Return the mention of a licence for a year or years, as they are written, empty where there is none."""
    return pattern.replace("{year}", years).replace("{sensor}", sensor)
