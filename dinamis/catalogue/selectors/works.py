# SPDX-License-Identifier: AGPL-3.0-or-later
"""Published works in which images were used: declared on a higher floor, which says here where it knows them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# As many as a collection names, the newest ones.
MOST_WORKS = 100


@dataclass(frozen=True)
class Work:
    """A work by its DOI (without its resolver), with its title and year."""

    doi: str
    title: str
    year: int


Teller = Callable[[datetime], Mapping[int, Sequence[Work]]]
_tellers: list[Teller] = []


def tells_works(teller: Teller) -> Teller:
    """Let `teller` say at a moment which works used images of which collection (by pk), the newest first."""
    _tellers.append(teller)
    return teller


def works_of_collections(at: datetime) -> dict[int, list[Work]]:
    """Return the works that used images of each collection that everybody is told of at `at`."""
    found: dict[int, list[Work]] = {}
    for teller in _tellers:
        for collection, works in teller(at).items():
            found.setdefault(collection, []).extend(works)
    return found
