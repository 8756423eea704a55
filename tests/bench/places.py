# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people type to name a place, over all communes, EPCI, départements and régions: 200 beginnings of names, as they
are, without accents, without hyphens, with a letter left out, with two exchanged. The aim is a p95 of 30 ms."""

from collections.abc import Callable
from itertools import cycle
from random import Random

from django.db import transaction
from django.test import Client

from dinamis.catalogue.models import AdminUnit
from dinamis.catalogue.selectors.places import plain, suggest_places
from dinamis.catalogue.services.places import load_places
from tests.bench.measure import Figure, alone

TYPED = 200
Typing = Callable[[str, Random], str]


def run() -> list[Figure]:
    """Return the times of the query alone and of the whole answer; nothing is kept."""
    with transaction.atomic():
        places = sum(load_places().values())
        asked = _typed(list(AdminUnit.objects.order_by("kind", "code").values_list("name", flat=True)))
        meant = sum(any(place.name == name for place in suggest_places(text)) for text, name in asked)
        client = Client(HTTP_HOST="localhost")
        texts = cycle(text for text, _name in asked)
        figures = [
            alone(f"places: query, {places:,} places", lambda: suggest_places(next(texts)), runs=TYPED),
            alone(
                f"places: answer ({meant} of {TYPED} in the first 8)",
                lambda: client.get("/catalogue/places.json", {"q": next(texts)}),
                runs=TYPED,
            ),
        ]
        transaction.set_rollback(True)
    return figures


def _typed(names: list[str]) -> list[tuple[str, str]]:
    """Beginnings of names chosen by chance, the same each time, each with the name that is meant."""
    chance = Random(34_875)
    ways: tuple[Typing, ...] = (_begun, _without_accents, _without_hyphens, _letter_left_out, _letters_exchanged)
    chosen = [(name, ways[number % len(ways)]) for number, name in enumerate(chance.choices(names, k=TYPED))]
    return [(way(name, chance), name) for name, way in chosen]


def _begun(name: str, chance: Random) -> str:
    return name[: chance.randint(2, len(name))]


def _without_accents(name: str, chance: Random) -> str:
    return plain(name)[: chance.randint(3, max(3, len(name)))]


def _without_hyphens(name: str, chance: Random) -> str:
    return _begun(name.replace("-", " ").replace("’", " "), chance)


def _letter_left_out(name: str, chance: Random) -> str:
    at = chance.randint(1, max(1, len(name) - 2))
    return name[:at] + name[at + 1 :]


def _letters_exchanged(name: str, chance: Random) -> str:
    at = chance.randint(1, max(1, len(name) - 2))
    return (name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :]).upper()
