# SPDX-License-Identifier: AGPL-3.0-or-later
"""The options of OneAtlas products as they are documented (domain facts, 6.4): a form exists before the first fetch."""

from collections.abc import Iterable, Mapping

from dinamis.providers.base import Option, OptionValue

SPECTRAL = (
    *("bundle", "panchromatic", "multispectral", "pansharpened"),
    *("pansharpened_natural_color", "pansharpened_false_color"),
)
SPECTRAL_NEO = (*SPECTRAL, "full_bundle", "full_pms", "full_ms")
EIGHT_BITS = {"radiometric_processing": ("display",)}
TWELVE_BITS = {"radiometric_processing": ("basic", "reflectance")}


def shipped(product_type: str) -> tuple[Option, ...]:
    """Return the documented options of a product type."""
    spectral = SPECTRAL_NEO if product_type.startswith("PleiadesNeo") else SPECTRAL
    return (
        _list("processing_level", "primary", ("primary", "projected", "ortho")),
        _list("spectral_processing", "bundle", spectral),
        _list("radiometric_processing", "basic", ("basic", "reflectance", "display")),
        _list("pixel_coding", "12bits", ("12bits", "8bits"), given={"8bits": EIGHT_BITS, "12bits": TWELVE_BITS}),
        _list(
            "image_format",
            "dimap_jpeg2000_regular",
            ("dimap_jpeg2000_regular", "dimap_jpeg2000_optimized", "dimap_geotiff"),
        ),
        _list("projection", None, ("2154", "4326", "3857"), when=("projected", "ortho")),
        _list("dem", "best_available", ("best_available",), when=("ortho",)),
        Option(
            name="elevation",
            label="Elevation",
            mandatory=False,
            default=None,
            kind="double",
            minimum=-100,
            maximum=10_000,
            conditions={"processing_level": ("projected",)},
        ),
    )


def _list(
    name: str,
    default: str | None,
    values: Iterable[str],
    *,
    when: tuple[str, ...] = (),
    given: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
) -> Option:
    return Option(
        name=name,
        label=name.replace("_", " ").title(),
        mandatory=not when,
        default=default,
        values=tuple(OptionValue(id=value, label=value, conditions=(given or {}).get(value, {})) for value in values),
        conditions={"processing_level": when} if when else {},
    )
