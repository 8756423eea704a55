# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the collections DINAMIS starts with are: titles, licences, sensors, providers, keywords.

The offer as DINAMIS states it: coverages, acquisitions and archive, and what it relays from other programmes (Spot
World Heritage, Sentinel-2, Kalideos). Providers in the words of STAC: who made the images, who processed them, who
licenses them; the host is this site and is added where the document is made.
"""

from dataclasses import dataclass
from typing import Any

from dinamis.catalogue.enums import CollectionKind, ProductFamily

PLEIADES = ("PLEIADES-1A", "PLEIADES-1B")
SPOT_6_7 = ("SPOT-6", "SPOT-7")


@dataclass(frozen=True)
class Provider:
    """Who stands behind a collection, with the STAC roles producer, processor, licensor or host."""

    name: str
    url: str
    roles: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The provider as STAC writes it."""
        return {"name": self.name, "roles": list(self.roles), "url": self.url}


def _cnes(*roles: str) -> Provider:
    return Provider("CNES", "https://cnes.fr/", roles)


def _airbus(*roles: str) -> Provider:
    return Provider("Airbus Defence and Space", "https://www.intelligence-airbusds.com/", roles)


IGN = Provider("IGN", "https://www.ign.fr/", ("processor",))
ESA = Provider("ESA, Copernicus", "https://www.copernicus.eu/", ("producer", "licensor"))
PLANET = Provider("Planet Labs", "https://www.planet.com/", ("producer", "licensor"))
ASI = Provider("Agenzia Spaziale Italiana", "https://www.asi.it/", ("producer", "licensor"))
DLR = Provider("DLR", "https://www.dlr.de/", ("producer",))
NASA = Provider("NASA and METI", "https://terra.nasa.gov/", ("producer", "licensor"))


@dataclass(frozen=True, kw_only=True)
class Described:
    """One collection as it is loaded; `licence` is a licence's code."""

    slug: str
    licence: str
    family: ProductFamily
    kind: CollectionKind
    platforms: tuple[str, ...]
    providers: tuple[Provider, ...]
    title_fr: str
    title_en: str
    description_fr: str
    description_en: str
    keywords_fr: tuple[str, ...]
    keywords_en: tuple[str, ...]


COLLECTIONS = (
    Described(
        slug="spot-6-7-coverage",
        licence="spot-6-7-uia",
        family=ProductFamily.SPOT_6_7,
        kind=CollectionKind.COVERAGE,
        platforms=SPOT_6_7,
        providers=(_airbus("producer", "licensor"), IGN),
        title_fr="Couverture annuelle SPOT 6-7",
        title_en="Yearly SPOT 6-7 coverage",
        description_fr="La France métropolitaine en 240 mailles, une fois par an, orthorectifiée à 1,5\u00a0m.",
        description_en="Metropolitan France in 240 cells, once a year, orthorectified at 1.5\u00a0m.",
        keywords_fr=("DINAMIS", "SPOT 6-7", "couverture annuelle", "orthoimage", "France métropolitaine"),
        keywords_en=("DINAMIS", "SPOT 6-7", "yearly coverage", "orthoimage", "metropolitan France"),
    ),
    Described(
        slug="pleiades-coast",
        licence="pleiades-uia",
        family=ProductFamily.PLEIADES,
        kind=CollectionKind.COVERAGE,
        platforms=PLEIADES,
        providers=(_cnes("producer"), _airbus("processor", "licensor")),
        title_fr="Littoral Pléiades",
        title_en="Pléiades coasts",
        description_fr="Les côtes sableuses de métropole et de Guyane à 0,5\u00a0m, pour suivre leur recul.",
        description_en="Sandy coasts of metropolitan France and French Guiana at 0.5\u00a0m, to follow their retreat.",
        keywords_fr=("DINAMIS", "Pléiades", "littoral", "trait de côte", "orthoimage"),
        keywords_en=("DINAMIS", "Pléiades", "coast", "shoreline", "orthoimage"),
    ),
    Described(
        slug="pleiades-overseas",
        licence="pleiades-uia",
        family=ProductFamily.PLEIADES,
        kind=CollectionKind.COVERAGE,
        platforms=PLEIADES,
        providers=(_cnes("producer"), _airbus("processor", "licensor")),
        title_fr="Outre-mer Pléiades",
        title_en="Pléiades overseas",
        description_fr="Les territoires d’outre-mer à 0,5\u00a0m, par îles et par zones habitées.",
        description_en="The overseas territories at 0.5\u00a0m, by islands and inhabited zones.",
        keywords_fr=("DINAMIS", "Pléiades", "outre-mer", "orthoimage"),
        keywords_en=("DINAMIS", "Pléiades", "overseas France", "orthoimage"),
    ),
    Described(
        slug="pleiades",
        licence="pleiades-uia",
        family=ProductFamily.PLEIADES,
        kind=CollectionKind.ARCHIVE,
        platforms=PLEIADES,
        providers=(_cnes("producer"), _airbus("processor", "licensor")),
        title_fr="Pléiades, archives et livraisons",
        title_en="Pléiades, archive and deliveries",
        description_fr="Scènes Pléiades 1A et 1B : ce qui a été livré à un adhérent, et ce qui peut être commandé.",
        description_en="Pléiades 1A and 1B scenes: what was delivered to a member, and what can be ordered.",
        keywords_fr=("DINAMIS", "Pléiades", "archives", "très haute résolution", "stéréo"),
        keywords_en=("DINAMIS", "Pléiades", "archive", "very high resolution", "stereo"),
    ),
    Described(
        slug="pleiades-ciest2",
        licence="pleiades-uia",
        family=ProductFamily.PLEIADES,
        kind=CollectionKind.ARCHIVE,
        platforms=PLEIADES,
        providers=(_cnes("producer"), _airbus("processor", "licensor")),
        title_fr="CIEST², images Pléiades d’urgence",
        title_en="CIEST², Pléiades emergency images",
        description_fr="Les images des activations CIEST² : un lieu chaque jour, dix jours durant, nuages compris.",
        description_en="What activations of CIEST² acquired: one place every day for ten days, clouds and all.",
        keywords_fr=("DINAMIS", "CIEST²", "Pléiades", "urgence", "stéréo"),
        keywords_en=("DINAMIS", "CIEST²", "Pléiades", "emergency", "stereo"),
    ),
    Described(
        slug="pleiades-neo",
        licence="pleiades-neo-uia",
        family=ProductFamily.PLEIADES_NEO,
        kind=CollectionKind.ARCHIVE,
        platforms=("PLEIADES-NEO-3", "PLEIADES-NEO-4"),
        providers=(_airbus("producer", "licensor"),),
        title_fr="Pléiades Neo, archives et livraisons",
        title_en="Pléiades Neo, archive and deliveries",
        description_fr="Scènes Pléiades Neo à 0,3\u00a0m.",
        description_en="Pléiades Neo scenes at 0.3\u00a0m.",
        keywords_fr=("DINAMIS", "Pléiades Neo", "archives", "très haute résolution"),
        keywords_en=("DINAMIS", "Pléiades Neo", "archive", "very high resolution"),
    ),
    Described(
        slug="spot-6-7",
        licence="spot-6-7-uia",
        family=ProductFamily.SPOT_6_7,
        kind=CollectionKind.ARCHIVE,
        platforms=SPOT_6_7,
        providers=(_airbus("producer", "licensor"),),
        title_fr="SPOT 6-7, archives et livraisons",
        title_en="SPOT 6-7, archive and deliveries",
        description_fr="Scènes SPOT 6 et SPOT 7 hors des couvertures annuelles ; SPOT 7 jusqu’au 17 mars 2023.",
        description_en="SPOT 6 and SPOT 7 scenes outside the yearly coverages; SPOT 7 until 17 March 2023.",
        keywords_fr=("DINAMIS", "SPOT 6-7", "archives", "haute résolution"),
        keywords_en=("DINAMIS", "SPOT 6-7", "archive", "high resolution"),
    ),
    Described(
        slug="spot-world-heritage",
        licence="spot-world-heritage",
        family=ProductFamily.SPOT_1_5,
        kind=CollectionKind.RELAY,
        platforms=("SPOT-1", "SPOT-2", "SPOT-3", "SPOT-4", "SPOT-5"),
        providers=(_cnes("producer", "processor", "licensor"),),
        title_fr="SPOT World Heritage",
        title_en="SPOT World Heritage",
        description_fr="Les archives SPOT 1 à 5, de 1986 à 2015, ouvertes par le CNES.",
        description_en="The SPOT 1 to 5 archive, 1986 to 2015, opened by CNES.",
        keywords_fr=("DINAMIS", "SPOT 1-5", "patrimoine", "données ouvertes"),
        keywords_en=("DINAMIS", "SPOT 1-5", "heritage", "open data"),
    ),
    Described(
        slug="sentinel-2",
        licence="copernicus",
        family=ProductFamily.SENTINEL_2,
        kind=CollectionKind.RELAY,
        platforms=("sentinel-2a", "sentinel-2b", "sentinel-2c"),
        providers=(ESA, _cnes("processor")),
        title_fr="Sentinel-2",
        title_en="Sentinel-2",
        description_fr="Tuiles Sentinel-2 de 100 km à 10\u00a0m, relayées depuis le CNES.",
        description_en="Sentinel-2 tiles of 100 km at 10\u00a0m, relayed from CNES.",
        keywords_fr=("DINAMIS", "Sentinel-2", "Copernicus", "données ouvertes"),
        keywords_en=("DINAMIS", "Sentinel-2", "Copernicus", "open data"),
    ),
    Described(
        slug="kalideos-rapideye",
        licence="kalideos-rapideye",
        family=ProductFamily.RAPIDEYE,
        kind=CollectionKind.RELAY,
        platforms=tuple(f"RAPIDEYE-{number}" for number in range(1, 6)),
        providers=(PLANET, _cnes("processor")),
        title_fr="Kalideos RapidEye",
        title_en="Kalideos RapidEye",
        description_fr="Images RapidEye à 5\u00a0m des sites Kalideos : Alpes, Alsace, Bretagne, Réunion.",
        description_en="RapidEye images at 5\u00a0m of the Kalideos sites: Alps, Alsace, Brittany, Réunion.",
        keywords_fr=("DINAMIS", "Kalideos", "RapidEye", "optique"),
        keywords_en=("DINAMIS", "Kalideos", "RapidEye", "optical"),
    ),
    Described(
        slug="kalideos-aster",
        licence="kalideos-aster",
        family=ProductFamily.ASTER,
        kind=CollectionKind.RELAY,
        platforms=("TERRA",),
        providers=(NASA, _cnes("processor")),
        title_fr="Kalideos ASTER",
        title_en="Kalideos ASTER",
        description_fr="Images ASTER des sites Kalideos, du visible à l’infrarouge thermique, de 15 à 90\u00a0m.",
        description_en="ASTER images of the Kalideos sites, from the visible to the thermal infrared, 15 to 90\u00a0m.",
        keywords_fr=("DINAMIS", "Kalideos", "ASTER", "infrarouge thermique"),
        keywords_en=("DINAMIS", "Kalideos", "ASTER", "thermal infrared"),
    ),
    Described(
        slug="kalideos-cosmo-skymed",
        licence="kalideos-cosmo-skymed",
        family=ProductFamily.COSMO_SKYMED,
        kind=CollectionKind.RELAY,
        platforms=tuple(f"COSMO-SKYMED-{number}" for number in range(1, 5)),
        providers=(ASI, _cnes("processor")),
        title_fr="Kalideos COSMO-SkyMed",
        title_en="Kalideos COSMO-SkyMed",
        description_fr="Images radar COSMO-SkyMed en bande X des sites Kalideos, de 1 à 100\u00a0m.",
        description_en="COSMO-SkyMed X-band radar images of the Kalideos sites, 1 to 100\u00a0m.",
        keywords_fr=("DINAMIS", "Kalideos", "COSMO-SkyMed", "radar", "bande X"),
        keywords_en=("DINAMIS", "Kalideos", "COSMO-SkyMed", "radar", "X band"),
    ),
    Described(
        slug="kalideos-terrasar-x",
        licence="kalideos-terrasar-x",
        family=ProductFamily.TERRASAR_X,
        kind=CollectionKind.RELAY,
        platforms=("TERRASAR-X",),
        providers=(DLR, _airbus("licensor"), _cnes("processor")),
        title_fr="Kalideos TerraSAR-X",
        title_en="Kalideos TerraSAR-X",
        description_fr="Images radar TerraSAR-X en bande X des sites Kalideos, de 1 à 18\u00a0m.",
        description_en="TerraSAR-X X-band radar images of the Kalideos sites, 1 to 18\u00a0m.",
        keywords_fr=("DINAMIS", "Kalideos", "TerraSAR-X", "radar", "bande X"),
        keywords_en=("DINAMIS", "Kalideos", "TerraSAR-X", "radar", "X band"),
    ),
)
