# SPDX-License-Identifier: AGPL-3.0-or-later
"""The satellites DIMAP describes: names, collections, instruments and bands.

Platform names follow one scheme: the constellation in capitals, then the satellite, joined by hyphens:
``PLEIADES-1A``, ``PLEIADES-NEO-3``, ``SPOT-6``, ``SPOT-5``. The constellation is the same in small
letters without the satellite (``pleiades``, ``pleiades-neo``, ``spot``). A *family* is what DINAMIS files
together and is the default collection: ``pleiades``, ``pleiades-neo``, ``spot-6-7``,
``spot-world-heritage``.
"""

from dataclasses import dataclass

from dinamis.catalogue.dimap.model import Band

PLEIADES = "pleiades"
PLEIADES_NEO = "pleiades-neo"
SPOT_6_7 = "spot-6-7"
SPOT_WORLD_HERITAGE = "spot-world-heritage"

# COSPAR numbers of the launches.
DESIGNATORS = {
    "PLEIADES-1A": "2011-076F",
    "PLEIADES-1B": "2012-068A",
    "PLEIADES-NEO-3": "2021-034A",
    "SPOT-1": "1986-019A",
    "SPOT-2": "1990-005A",
    "SPOT-3": "1993-061A",
    "SPOT-4": "1998-017A",
    "SPOT-5": "2002-021A",
    "SPOT-6": "2012-047A",
    "SPOT-7": "2014-034A",
}

_MISSIONS = {"PHR": PLEIADES, "PLEIADES": PLEIADES, "PNEO": PLEIADES_NEO, "PLEIADES NEO": PLEIADES_NEO, "SPOT": "spot"}
_INDICES = {PLEIADES: {"1A", "1B"}, PLEIADES_NEO: {"3", "4"}, "spot": {"1", "2", "3", "4", "5", "6", "7"}}

# MISSION names the satellite again where INSTRUMENT should be, on some Pléiades products.
_INSTRUMENTS = {PLEIADES: "hiri", SPOT_6_7: "naomi"}

# Spectral ranges in nanometres (low, high), by family.
_RANGES: dict[str, dict[str, tuple[int, int]]] = {
    PLEIADES: {"pan": (470, 830), "blue": (430, 550), "green": (500, 620), "red": (590, 710), "nir": (740, 940)},
    PLEIADES_NEO: {
        "pan": (450, 800),
        "coastal": (400, 450),
        "blue": (450, 520),
        "green": (490, 610),
        "red": (600, 720),
        "rededge": (700, 750),
        "nir": (750, 830),
    },
    SPOT_6_7: {"pan": (450, 745), "blue": (450, 520), "green": (530, 590), "red": (625, 695), "nir": (760, 890)},
    "SPOT-5": {"pan": (490, 690), "green": (490, 610), "red": (610, 680), "nir": (780, 890), "swir16": (1580, 1750)},
}

# Identifiers of DIMAP V2 (B2, B1, B0, B3 on Pléiades and SPOT 6-7; letters on Pléiades Neo).
_COMMON_V2 = {
    "P": "pan",
    "PAN": "pan",
    "R": "red",
    "B2": "red",
    "RED": "red",
    "G": "green",
    "B1": "green",
    "GREEN": "green",
    "B": "blue",
    "B0": "blue",
    "BLUE": "blue",
    "N": "nir",
    "NIR": "nir",
    "B3": "nir",
    "RE": "rededge",
    "DB": "coastal",
}

# SPOT 1-5: XS1 green, XS2 red, XS3 near infrared, then the short wave infrared of SPOT 4 and 5.
_COMMON_V1 = {
    "PAN": "pan",
    "P": "pan",
    "XS1": "green",
    "B1": "green",
    "XS2": "red",
    "B2": "red",
    "XS3": "nir",
    "B3": "nir",
    "SWIR": "swir16",
    "B4": "swir16",
    "MIR": "swir16",
}

# File order, which is not wavelength order: red, green, blue, near infrared.
_ORDER_V2 = {
    "P": ("pan",),
    "PAN": ("pan",),
    "MS": ("red", "green", "blue", "nir"),
    "PMS": ("red", "green", "blue", "nir"),
    "MS-N": ("red", "green", "blue"),
    "PMS-N": ("red", "green", "blue"),
    "MS-X": ("nir", "red", "green"),
    "PMS-X": ("nir", "red", "green"),
    "MS-FS": ("red", "green", "blue", "nir", "rededge", "coastal"),
    "PMS-FS": ("red", "green", "blue", "nir", "rededge", "coastal"),
}


@dataclass(frozen=True, slots=True)
class Satellite:
    """A satellite as the catalogue names it."""

    family: str
    platform: str
    constellation: str


def satellite(mission: str, index: str) -> Satellite | None:
    """The satellite of a MISSION and a MISSION_INDEX (``PHR`` and ``1A``, ``SPOT`` and ``5``); None if unknown."""
    constellation = _MISSIONS.get(mission.upper().replace("_", " ").replace("-", " "))
    index = index.upper()
    if constellation is None or index not in _INDICES[constellation]:
        return None
    family = constellation
    if constellation == "spot":
        family = SPOT_6_7 if index in {"6", "7"} else SPOT_WORLD_HERITAGE
    return Satellite(family, f"{constellation.upper()}-{index}", constellation)


def instrument(family: str, name: str | None, index: str | None = None) -> str | None:
    """The instrument in small letters (``hiri``, ``naomi``, ``hrg1``); None when nobody says."""
    if family in _INSTRUMENTS:
        return _INSTRUMENTS[family]
    if name is None:
        return None
    return f"{name}{index or ''}".lower().replace(" ", "")


def bands_v2(family: str, spectral: str | None, identifiers: list[str], count: int | None) -> tuple[Band, ...]:
    """Bands in file order: from the document's own index when it has one, else from the spectral processing.

    ``identifiers`` are BAND_IDs in file order (may be empty), ``count`` is NBANDS. Bands nobody can
    name are called ``band-1`` and up, without a common name.
    """
    if identifiers and count in {None, len(identifiers)}:
        names = [_COMMON_V2.get(identifier.upper(), identifier.lower()) for identifier in identifiers]
    else:
        names = list(_ORDER_V2.get((spectral or "").upper(), ()))
    if not names or (count is not None and len(names) != count):
        return tuple(Band(name=f"band-{i}") for i in range(1, (count or 0) + 1))
    return tuple(_described(name, _RANGES[family], set(_COMMON_V2.values())) for name in names)


def bands_v1(platform: str, descriptions: list[str], count: int | None) -> tuple[Band, ...]:
    """Bands of SPOT 1-5 in file order, from the BAND_DESCRIPTIONs when the document has them.

    One band without description is panchromatic; several are ``band-1`` and up.
    """
    if not descriptions and count == 1:
        descriptions = ["PAN"]
    if not descriptions or count not in {None, len(descriptions)}:
        return tuple(Band(name=f"band-{i}") for i in range(1, (count or 0) + 1))
    names = [_COMMON_V1.get(text.upper().replace(" ", ""), text.lower().replace(" ", "-")) for text in descriptions]
    return tuple(_described(name, _RANGES.get(platform, {}), set(_COMMON_V1.values())) for name in names)


def _described(name: str, ranges: dict[str, tuple[int, int]], common: set[str]) -> Band:
    if name not in ranges:
        return Band(name=name, common_name=name if name in common else None)
    low, high = ranges[name]
    return Band(
        name=name,
        common_name=name,
        center_wavelength=round((low + high) / 2000, 4),
        full_width_half_max=round((high - low) / 1000, 4),
    )


def common_name_v2(identifier: str) -> str:
    """The common name of a DIMAP V2 BAND_ID (``B0`` → ``blue``); the identifier itself in small letters if unknown."""
    return _COMMON_V2.get(identifier.upper(), identifier.lower())
