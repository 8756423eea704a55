# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the simulated contract sells: product types, sensors, options, prices (invented), cross-field rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sensor:
    """Ground sampling of the delivered product in metres, swath in km, DIMAP words (domain.md §10.1, §11.2)."""

    name: str
    constellation: str
    mission: str
    index: str
    instrument: str
    profile: str
    volume: str
    pan_spacing: float
    ms_spacing: float
    swath_km: float
    altitude_km: float


SENSORS: dict[str, Sensor] = {
    name: Sensor(name, *values)
    for name, values in {
        "PHR1A": ("PHR", "PHR", "1A", "PHR", "PHR", "VOL_PHR.XML", 0.5, 2.0, 20.0, 694.0),
        "PHR1B": ("PHR", "PHR", "1B", "PHR", "PHR", "VOL_PHR.XML", 0.5, 2.0, 20.0, 694.0),
        "SPOT6": ("SPOT", "SPOT", "6", "NAOMI", "S6", "SPOT_VOL.XML", 1.5, 6.0, 60.0, 694.0),
        "SPOT7": ("SPOT", "SPOT", "7", "NAOMI", "S7", "SPOT_VOL.XML", 1.5, 6.0, 60.0, 694.0),
        "PNEO3": ("PNEO", "PNEO", "3", "NEO", "PNEO", "VOL_PNEO.XML", 0.3, 1.2, 14.0, 630.0),
        "PNEO4": ("PNEO", "PNEO", "4", "NEO", "PNEO", "VOL_PNEO.XML", 0.3, 1.2, 14.0, 630.0),
    }.items()
}


@dataclass(frozen=True)
class Product:
    """An orderable type; price in euros per km²."""

    id: str
    label: str
    source: str
    mission: str
    constellation: str
    target: str
    min_area_km2: float
    euros_per_km2: float


def _products() -> dict[str, Product]:
    sold = [
        Product("PleiadesArchiveMono", "Pléiades Archive", "archive", "PLEIADES", "PHR", "mono", 25, 10.0),
        Product("SpotArchiveMono", "SPOT Archive", "archive", "SPOT", "SPOT", "mono", 100, 3.8),
        Product("SPOTArchive1.5Mono", "SPOT Archive 1.5 m", "archive", "SPOT", "SPOT", "mono", 100, 3.8),
        Product("PleiadesNeoArchiveMono", "Pléiades Neo Archive", "archive", "PLEIADESNEO", "PNEO", "mono", 25, 15.0),
    ]
    families = (
        ("Pleiades", "Pléiades", "PLEIADES", "PHR", 100.0, 17.0),
        ("Spot", "SPOT", "SPOT", "SPOT", 500.0, 4.75),
        ("PleiadesNeo", "Pléiades Neo", "PLEIADESNEO", "PNEO", 100.0, 22.5),
    )
    programmes = (("OneDay", 3.0), ("OnePlan", 1.0), ("OneNow", 1.6), ("OneSeries", 0.9))
    for prefix, label, mission, constellation, minimum, price in families:
        for programme, factor in programmes:
            product_id = f"{prefix}Tasking{programme}"
            name = f"{label} {programme}"
            sold.append(
                Product(product_id, name, "tasking", mission, constellation, programme.lower(), minimum, price * factor)
            )
    return {product.id: product for product in sold}


PRODUCTS = _products()
PROGRAMMES = ("ONEDAY", "ONEPLAN", "ONENOW", "ONESERIES")
MISSIONS = ("PLEIADES", "SPOT", "PLEIADESNEO")
MARKETS = {
    "AGRI": "Agriculture",
    "GENIE": "Civil engineering",
    "GDPUBLIC": "General public",
    "DEFSEC": "Defence and security",
    "RISQUE": "Risk",
    "ENV": "Environment",
    "FORET": "Forestry",
    "CARTO": "Mapping",
    "MARITIME": "Maritime",
    "NQUAL": "Not qualified",
    "AUTRE": "Other",
}
ACQUISITION_MODES = ("MONO", "STEREO", "TRISTEREO")

CHOICES: dict[str, tuple[str, dict[str, str]]] = {
    "processing_level": ("primary", {"ortho": "Ortho", "projected": "Projected", "primary": "Primary"}),
    "spectral_processing": (
        "bundle",
        {
            "panchromatic": "Panchromatic",
            "multispectral": "Multispectral 4-band",
            "bundle": "Bundle: Panchromatic + Multispectral 4-band",
            "pansharpened": "Pansharpened 4-band",
            "pansharpened_natural_color": "Pansharpened natural colour",
            "pansharpened_false_color": "Pansharpened false colour",
        },
    ),
    "image_format": (
        "dimap_jpeg2000_regular",
        {
            "dimap_jpeg2000_regular": "DIMAP - Regular JPEG 2000",
            "dimap_jpeg2000_optimized": "DIMAP - Optimized JPEG 2000",
            "dimap_geotiff": "DIMAP - GeoTIFF",
        },
    ),
    "pixel_coding": ("12bits", {"8bits": "8 bits", "12bits": "12 bits (JPEG 2000) / 16 bits (GeoTIFF)"}),
    "radiometric_processing": ("basic", {"basic": "Basic", "reflectance": "Reflectance", "display": "Display"}),
    "priority": ("standard", {"standard": "Standard", "rush": "Rush (No Quality Checking)"}),
    "fullStrip": ("false", {"true": "true", "false": "false"}),
    "delivery_method": ("on_the_flow", {"on_the_flow": "OnTheFlow", "at_the_end": "AtTheEnd"}),
    "licence": (
        "standard",
        {
            "standard": "Standard Licence Agreement",
            "background_layer": "Background Layer Licence Agreement",
            "stand_background_layer": "Standard and Background Layer Licence Agreement",
        },
    ),
}
PNEO_SPECTRAL = {
    "full_bundle": "Full Bundle: Panchromatic + Multispectral 6-band",
    "full_pms": "Pansharpened 6-band",
    "full_ms": "Full MS: Multispectral 6-band",
}
DEMS = ("best_available", "SRTMV4", "REF3D-DEM", "WorldDEM4Ortho")
CONDITIONS = {
    "8bits": "radiometric_processing:(display)",
    "12bits": "radiometric_processing:(basic|reflectance)",
}


def spectral_choices(product: Product) -> dict[str, str]:
    """The spectral options of a product; Pléiades Neo has three more."""
    extra = PNEO_SPECTRAL if product.constellation == "PNEO" else {}
    return CHOICES["spectral_processing"][1] | extra


def option_list(product: Product, aoi_ids: list[int], utm: int) -> list[dict[str, Any]]:
    """The ``availableOptions`` of a product over areas; ``utm`` is the EPSG code proposed for the projection."""
    options = []
    for name, (default, choices) in CHOICES.items():
        values = spectral_choices(product) if name == "spectral_processing" else choices
        options.append(_choice(name, default, values))
    options.append(
        _entry("elevation", "false", None, "processing_level:(projected)") | {"range": [-100, 10000], "type": "double"}
    )
    for aoi_id in aoi_ids:
        codes = {str(code): f"{code}" for code in (utm, 4326, 3857, 2154)}
        options.append(
            _choice(f"dem_{aoi_id}", DEMS[0], {d: d for d in DEMS}, "processing_level:(ortho)", "constraint")
        )
        options.append(
            _choice(f"projection_{aoi_id}", str(utm), codes, "processing_level:(ortho|projected)", "constraint")
        )
    return options


def _entry(name: str, mandatory: str, default: str | None, condition: str | None) -> dict[str, Any]:
    return {
        "category": "production_option",
        "label": name.replace("_", " ").title(),
        "name": name,
        "mandatory": mandatory,
        "defaultValue": default,
        "constraint": {"condition": condition} if condition else None,
        "hidden": False,
        "property": True,
    }


def _choice(
    name: str, default: str, values: dict[str, str], condition: str | None = None, mandatory: str = "true"
) -> dict[str, Any]:
    listed = []
    for value, label in values.items():
        entry: dict[str, Any] = {"id": value, "label": label}
        if value in CONDITIONS:
            entry["constraint"] = {"condition": CONDITIONS[value]}
        listed.append(entry)
    return _entry(name, mandatory, default, condition) | {"values": listed, "type": "list"}


def complete_options(product: Product, given: dict[str, str]) -> dict[str, str]:
    """The options asked, with defaults for the rest (8 bits follows display)."""
    options = {name: default for name, (default, _) in CHOICES.items()} | given
    if "pixel_coding" not in given and options["radiometric_processing"] == "display":
        options["pixel_coding"] = "8bits"
    return options


def option_errors(product: Product, options: dict[str, str]) -> list[str]:
    """What is wrong with a complete set of options (domain.md §6.4, cross-field rules)."""
    errors = []
    for name, (_, choices) in CHOICES.items():
        allowed = spectral_choices(product) if name == "spectral_processing" else choices
        if options.get(name) not in allowed:
            errors.append(f"option {name}: '{options.get(name)}' is not one of {', '.join(allowed)}")
    display, eight = options.get("radiometric_processing") == "display", options.get("pixel_coding") == "8bits"
    if display != eight:
        errors.append("option pixel_coding: 8bits goes with radiometric_processing display, 12bits with the others")
    level = options.get("processing_level")
    if options.get("elevation") is not None and level != "projected":
        errors.append("option elevation: only with processing_level projected")
    if level == "primary" and any(name.startswith("projection") for name in options):
        errors.append("option projection: not with processing_level primary")
    return errors


def tasking_errors(properties: dict[str, str]) -> list[str]:
    """What is wrong with the parameters of an acquisition (domain.md §6.3)."""
    errors = []
    mode = properties.get("acquisitionMode", "MONO")
    if mode not in ACQUISITION_MODES:
        errors.append(f"acquisitionMode: '{mode}' is not one of {', '.join(ACQUISITION_MODES)}")
    has_bh = any(name in properties for name in ("acquisitionModeMinBH", "acquisitionModeMaxBH"))
    if has_bh and mode == "MONO":
        errors.append("acquisitionModeMinBH, acquisitionModeMaxBH: only with STEREO or TRISTEREO")
    cloud, notified = _number(properties, "maxCloudCover", 10), _number(properties, "notificationThreshold", None)
    errors += [f"{name}: outside 0-100" for name, value in (("maxCloudCover", cloud),) if not 0 <= (value or 0) <= 100]
    if notified is not None and cloud is not None and notified < cloud:
        errors.append("notificationThreshold: below maxCloudCover")
    incidence = _number(properties, "maxIncidenceAngle", 30)
    if incidence is None or not 0 <= incidence <= 90:
        errors.append("maxIncidenceAngle: outside 0-90")
    return errors


def _number(properties: dict[str, str], name: str, default: float | None) -> float | None:
    try:
        return float(properties[name]) if name in properties else default
    except ValueError:
        return None
