# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bundles in plain words: what one wants to do with the images sets how they are taken and made.

A bundle is a start: whatever is said beside it wins. The values follow the practice the providers describe (domain
facts, 6.3 and 6.4); a surface model wants a pair seen from two sides, as seen and not corrected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.core.exceptions import Invalid
from orders.enums import AcquisitionMode


@dataclass(frozen=True)
class Bundle:
    """Words, the tasking parameters of an acquisition, and the production options."""

    code: str
    label: Any
    words: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


BUNDLES: dict[str, Bundle] = {
    bundle.code: bundle
    for bundle in (
        Bundle(
            "look",
            gettext_lazy("To look at"),
            gettext_lazy("Natural colours on a map, ready for the eye: reports, presentations, a first glance."),
            {"mode": AcquisitionMode.MONO, "incidence_max": 30.0, "cloud_max": 15, "proposal_threshold": 30},
            {
                "processing_level": "ortho",
                "spectral_processing": "pansharpened_natural_color",
                "radiometric_processing": "display",
                "pixel_coding": "8bits",
                "image_format": "dimap_jpeg2000_optimized",
                "dem": "best_available",
            },
        ),
        Bundle(
            "map",
            gettext_lazy("To map"),
            gettext_lazy("Four bands at the finest detail, seen from above: outlines, land cover, counting."),
            {"mode": AcquisitionMode.MONO, "incidence_max": 20.0, "cloud_max": 10, "proposal_threshold": 20},
            {
                "processing_level": "ortho",
                "spectral_processing": "pansharpened",
                "radiometric_processing": "reflectance",
                "pixel_coding": "12bits",
                "image_format": "dimap_jpeg2000_regular",
                "dem": "best_available",
            },
        ),
        Bundle(
            "measure",
            gettext_lazy("To measure"),
            gettext_lazy("Reflectances of every band, unsharpened: indices, water, vegetation, comparing dates."),
            {"mode": AcquisitionMode.MONO, "incidence_max": 20.0, "cloud_max": 5, "proposal_threshold": 15},
            {
                "processing_level": "ortho",
                "spectral_processing": "bundle",
                "radiometric_processing": "reflectance",
                "pixel_coding": "12bits",
                "image_format": "dimap_geotiff",
                "dem": "best_available",
            },
        ),
        Bundle(
            "surface",
            gettext_lazy("For a surface model"),
            gettext_lazy(
                "A stereo pair as it was seen, to compute heights from: relief, glaciers, volcanoes, buildings."
            ),
            {
                "mode": AcquisitionMode.STEREO,
                "bh_min": 0.25,
                "bh_max": 0.6,
                "incidence_max": 25.0,
                "cloud_max": 5,
                "proposal_threshold": 10,
            },
            {
                "processing_level": "primary",
                "spectral_processing": "bundle",
                "radiometric_processing": "basic",
                "pixel_coding": "12bits",
                "image_format": "dimap_jpeg2000_regular",
            },
        ),
    )
}


def bundle_of(code: str) -> Bundle | None:
    """Return the bundle of a code, None for "". Raises Invalid for a code there is not."""
    if not code:
        return None
    if code not in BUNDLES:
        raise Invalid(
            _("There is no bundle “%(code)s”.") % {"code": code[:60]},
            pointer="bundle",
            repair=_("Choose one of: %(values)s.") % {"values": ", ".join(BUNDLES)},
            code="unknown_bundle",
        )
    return BUNDLES[code]
