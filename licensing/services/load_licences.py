# SPDX-License-Identifier: AGPL-3.0-or-later
"""The licences DINAMIS starts with: rows as data, texts from licensing/texts. Running it again changes nothing."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from dinamis.core.actors import SYSTEM
from licensing.enums import Acceptors, Action, EligibilityClass, LicenceKind, Purpose
from licensing.models import Licence
from licensing.services.licence import create_version, publish_version

TEXTS = Path(__file__).resolve().parent.parent / "texts"
ALL_ACTIONS = tuple(Action.values)
ALL_CLASSES = tuple(EligibilityClass.values)
ALL_PURPOSES = tuple(Purpose.values)


@dataclass(frozen=True)
class Seed:
    """One licence to create; its texts are `texts/<code>.fr.md` and `.en.md`."""

    code: str
    name_fr: str
    name_en: str
    acceptors: str
    kind: str = LicenceKind.PRODUCT
    classes: tuple[str, ...] = ALL_CLASSES
    actions: tuple[str, ...] = ALL_ACTIONS
    purposes: tuple[str, ...] = ALL_PURPOSES
    credit_line: str = ""


SEEDS = (
    Seed(
        "charter",
        "Charte d’adhésion à DINAMIS",
        "DINAMIS charter",
        Acceptors.ORGANISATION,
        kind=LicenceKind.CHARTER,
        actions=(),
        purposes=(),
    ),
    Seed(
        "pleiades-uia",
        "Licence Pléiades des utilisateurs institutionnels autorisés",
        "Pléiades licence for authorised institutional users",
        Acceptors.BOTH,
        credit_line="Pléiades © CNES {year}, distribution Airbus DS",
    ),
    Seed(
        "pleiades-neo-uia",
        "Licence Pléiades Neo des utilisateurs institutionnels autorisés",
        "Pléiades Neo licence for authorised institutional users",
        Acceptors.BOTH,
        classes=(EligibilityClass.FRENCH_INSTITUTIONAL, EligibilityClass.PRIVATE),
        credit_line="Pléiades Neo © Airbus DS {year}",
    ),
    Seed(
        "spot-6-7-uia",
        "Licence SPOT 6-7 des utilisateurs institutionnels autorisés",
        "SPOT 6-7 licence for authorised institutional users",
        Acceptors.ORGANISATION,
        credit_line="{sensor} © Airbus DS {year}",
    ),
    Seed(
        "spot-world-heritage",
        "Licence Ouverte 2.0 (Spot World Heritage)",
        "Open Licence 2.0 (Spot World Heritage)",
        Acceptors.NOBODY,
        actions=(Action.DOWNLOAD,),
        credit_line="{sensor} © CNES {year}, Spot World Heritage",
    ),
)


def load_licences() -> list[Licence]:
    """Create the missing licences, each with its first version published; returns all of them in order."""
    with transaction.atomic():
        return [_load(seed, position) for position, seed in enumerate(SEEDS, start=1)]


def _load(seed: Seed, position: int) -> Licence:
    licence, created = Licence.objects.get_or_create(
        code=seed.code,
        defaults={
            "kind": seed.kind,
            "name_fr": seed.name_fr,
            "name_en": seed.name_en,
            "classes": list(seed.classes),
            "actions": list(seed.actions),
            "purposes": list(seed.purposes),
            "acceptors": seed.acceptors,
            "credit_line": seed.credit_line,
            "position": position,
        },
    )
    if created:
        version = create_version(
            licence=licence, text_fr=_text(seed.code, "fr"), text_en=_text(seed.code, "en"), actor=SYSTEM
        )
        publish_version(version=version, actor=SYSTEM)
    return licence


def _text(code: str, language: str) -> str:
    return (TEXTS / f"{code}.{language}.md").read_text(encoding="utf-8")
