# SPDX-License-Identifier: AGPL-3.0-or-later
"""The licences DINAMIS starts with: rows and texts from data files. Running it again changes nothing."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from dinamis.core.actors import SYSTEM
from dinamis.core.validation import checked
from licensing.models import Licence
from licensing.services.licence import create_version, publish_version

APP = Path(__file__).resolve().parent.parent
FACTS = APP / "licences.toml"
TEXTS = APP / "texts"


def load_licences() -> list[Licence]:
    """Create the missing licences, each with its first version published where there is a text.

    Returns all of them in order. A licence that exists is left as the office made it. Raises Invalid when the facts
    are not those of a licence.
    """
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))["licence"]
    with transaction.atomic():
        return [_load(fact, position) for position, fact in enumerate(facts, start=1)]


def _load(fact: Mapping[str, Any], position: int) -> Licence:
    existing = Licence.objects.filter(code=fact["code"]).first()
    if existing:
        return existing
    licence = checked(Licence(**fact, position=position))
    licence.save()
    if (TEXTS / f"{licence.code}.fr.md").exists():
        version = create_version(
            licence=licence, text_fr=_text(licence.code, "fr"), text_en=_text(licence.code, "en"), actor=SYSTEM
        )
        publish_version(version=version, actor=SYSTEM)
    return licence


def _text(code: str, language: str) -> str:
    return (TEXTS / f"{code}.{language}.md").read_text(encoding="utf-8")
