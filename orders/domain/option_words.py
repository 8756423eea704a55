# SPDX-License-Identifier: AGPL-3.0-or-later
"""Production options and their values in words. What is not here is called as the provider calls it.

A select box of a phone shows some 44 letters of a value.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

OPTIONS: dict[str, Any] = {
    "processing_level": _("processing level"),
    "spectral_processing": _("spectral bands"),
    "radiometric_processing": _("radiometry"),
    "pixel_coding": _("bit depth"),
    "image_format": _("file format"),
    "projection": _("projection"),
    "dem": _("elevation model"),
    "elevation": _("elevation"),
}
VALUES: dict[tuple[str, str], Any] = {
    ("processing_level", "primary"): _("primary: as seen, for stereo"),
    ("processing_level", "projected"): _("projected on a plane at one elevation"),
    ("processing_level", "ortho"): _("ortho: relief corrected, lies on a map"),
    ("spectral_processing", "panchromatic"): _("panchromatic alone, finest detail"),
    ("spectral_processing", "multispectral"): _("four colour bands"),
    ("spectral_processing", "bundle"): _("panchromatic and colour bands, as two images"),
    ("spectral_processing", "pansharpened"): _("pansharpened: four bands, finest detail"),
    ("spectral_processing", "pansharpened_natural_color"): _("natural colour at the finest detail"),
    ("spectral_processing", "pansharpened_false_color"): _("false colour (infrared) at the finest detail"),
    ("spectral_processing", "full_bundle"): _("panchromatic and six bands, as two images"),
    ("spectral_processing", "full_pms"): _("pansharpened: six bands, finest detail"),
    ("spectral_processing", "full_ms"): _("six colour bands"),
    ("radiometric_processing", "basic"): _("basic: digital counts"),
    ("radiometric_processing", "reflectance"): _("reflectance: compare dates, compute indices"),
    ("radiometric_processing", "display"): _("display: stretched for the eye"),
    ("pixel_coding", "8bits"): _("8 bits, for the eye"),
    ("pixel_coding", "12bits"): _("12 bits, all that was measured"),
    ("image_format", "dimap_jpeg2000_regular"): _("JPEG 2000, without loss to the eye"),
    ("image_format", "dimap_jpeg2000_optimized"): _("JPEG 2000, smaller files"),
    ("image_format", "dimap_geotiff"): _("GeoTIFF, larger files"),
    ("projection", "2154"): _("Lambert-93 (EPSG:2154)"),
    ("projection", "4326"): _("longitude and latitude (EPSG:4326)"),
    ("projection", "3857"): _("Web Mercator (EPSG:3857)"),
    ("dem", "best_available"): _("the best available"),
}
