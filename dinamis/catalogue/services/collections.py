# SPDX-License-Identifier: AGPL-3.0-or-later
"""The collections DINAMIS starts with: what a family holds, and under which licence."""

from dataclasses import asdict, dataclass

from django.db import transaction

from dinamis.catalogue.enums import CollectionKind, ProductFamily
from dinamis.catalogue.models import Collection
from dinamis.core.exceptions import Invalid
from licensing.models import Licence

PLEIADES = ("PLEIADES-1A", "PLEIADES-1B")
SPOT_6_7 = ("SPOT-6", "SPOT-7")


@dataclass(frozen=True, kw_only=True)
class Described:
    """One collection as it is loaded; `licence` is a licence's code."""

    slug: str
    licence: str
    family: ProductFamily
    kind: CollectionKind
    platforms: tuple[str, ...]
    title_fr: str
    title_en: str
    description_fr: str
    description_en: str


COLLECTIONS = (
    Described(
        slug="spot-6-7-coverage",
        licence="spot-6-7-uia",
        family=ProductFamily.SPOT_6_7,
        kind=CollectionKind.COVERAGE,
        platforms=SPOT_6_7,
        title_fr="Couverture annuelle SPOT 6-7",
        title_en="Yearly SPOT 6-7 coverage",
        description_fr="La France métropolitaine en 240 mailles, une fois par an, orthorectifiée à 1,5 m.",
        description_en="Metropolitan France in 240 cells, once a year, orthorectified at 1.5 m.",
    ),
    Described(
        slug="pleiades-coast",
        licence="pleiades-uia",
        family=ProductFamily.PLEIADES,
        kind=CollectionKind.COVERAGE,
        platforms=PLEIADES,
        title_fr="Littoral Pléiades",
        title_en="Pléiades coasts",
        description_fr="Les côtes sableuses de métropole et de Guyane à 0,5 m, pour suivre leur recul.",
        description_en="The sandy coasts of metropolitan France and French Guiana at 0.5 m, to follow their retreat.",
    ),
    Described(
        slug="pleiades-overseas",
        licence="pleiades-uia",
        family=ProductFamily.PLEIADES,
        kind=CollectionKind.COVERAGE,
        platforms=PLEIADES,
        title_fr="Outre-mer Pléiades",
        title_en="Pléiades overseas",
        description_fr="Les territoires d’outre-mer à 0,5 m, par îles et par zones habitées.",
        description_en="The overseas territories at 0.5 m, by islands and inhabited zones.",
    ),
    Described(
        slug="pleiades",
        licence="pleiades-uia",
        family=ProductFamily.PLEIADES,
        kind=CollectionKind.ARCHIVE,
        platforms=PLEIADES,
        title_fr="Pléiades, archives et livraisons",
        title_en="Pléiades, archive and deliveries",
        description_fr="Scènes Pléiades 1A et 1B : ce qui a été livré à un adhérent, et ce qui peut être commandé.",
        description_en="Pléiades 1A and 1B scenes: what was delivered to a member, and what can be ordered.",
    ),
    Described(
        slug="pleiades-neo",
        licence="pleiades-neo-uia",
        family=ProductFamily.PLEIADES_NEO,
        kind=CollectionKind.ARCHIVE,
        platforms=("PLEIADES-NEO-3", "PLEIADES-NEO-4"),
        title_fr="Pléiades Neo, archives et livraisons",
        title_en="Pléiades Neo, archive and deliveries",
        description_fr="Scènes Pléiades Neo à 0,3 m.",
        description_en="Pléiades Neo scenes at 0.3 m.",
    ),
    Described(
        slug="spot-6-7",
        licence="spot-6-7-uia",
        family=ProductFamily.SPOT_6_7,
        kind=CollectionKind.ARCHIVE,
        platforms=SPOT_6_7,
        title_fr="SPOT 6-7, archives et livraisons",
        title_en="SPOT 6-7, archive and deliveries",
        description_fr="Scènes SPOT 6 et SPOT 7 hors des couvertures annuelles.",
        description_en="SPOT 6 and SPOT 7 scenes outside the yearly coverages.",
    ),
    Described(
        slug="spot-world-heritage",
        licence="spot-world-heritage",
        family=ProductFamily.SPOT_1_5,
        kind=CollectionKind.ARCHIVE,
        platforms=("SPOT-1", "SPOT-2", "SPOT-3", "SPOT-4", "SPOT-5"),
        title_fr="SPOT World Heritage",
        title_en="SPOT World Heritage",
        description_fr="Les archives SPOT 1 à 5, de 1986 à 2015, ouvertes par le CNES.",
        description_en="The SPOT 1 to 5 archive, 1986 to 2015, opened by CNES.",
    ),
)


def load_collections() -> list[Collection]:
    """Write the collections, or bring them up to date, and return them in their order.

    Raises Invalid when a licence they name is not there; then nothing is written.
    """
    licences = {licence.code: licence for licence in Licence.objects.all()}
    if missing := sorted({entry.licence for entry in COLLECTIONS} - set(licences)):
        raise Invalid(
            f"No licence is called {', '.join(missing)}.",
            pointer="licence",
            repair="Run manage.py load_licences first.",
        )
    with transaction.atomic():
        return [_save(position, entry, licences[entry.licence]) for position, entry in enumerate(COLLECTIONS, 1)]


def _save(position: int, entry: Described, licence: Licence) -> Collection:
    values = asdict(entry) | {"licence": licence, "position": position, "platforms": list(entry.platforms)}
    saved, _created = Collection.objects.update_or_create(slug=values.pop("slug"), defaults=values)
    return saved
