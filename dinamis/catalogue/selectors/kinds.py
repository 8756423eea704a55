# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers of images by kind, and what they add up to for each facet. Of one kind are images alike for every filter.

The number of a kind is made of its choices (`models.tally`) and never means others: what was read once is kept.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dinamis.catalogue.models import Tally
from dinamis.catalogue.models.tally import GROUPED

# For each condition of a search the facet it is one of, and what it asks of a choice.
Conditions = Mapping[str, Callable[[Any], bool]]


@dataclass(frozen=True)
class Column:
    """The choice of each kind, as a place among `choices`."""

    choices: Sequence[Any]
    places: "NDArray[np.intp]"

    @classmethod
    def of(cls, values: Iterable[Any]) -> "Column":
        """Number the values as they come."""
        numbers: dict[Any, int] = {}
        places = [numbers.setdefault(value, len(numbers)) for value in values]
        return cls(list(numbers), np.array(places, dtype=np.intp))

    def at(self, rows: "NDArray[np.intp]") -> "Column":
        """Return the same for some of the kinds."""
        return Column(self.choices, self.places[rows])

    def told(self, tell: Callable[[Any], Any]) -> "Column":
        """Return what each choice tells."""
        return Column([tell(choice) for choice in self.choices], self.places)


@dataclass(frozen=True)
class Kinds:
    """How many images there are of each kind: its choice of each facet, and whether it is shown to the reader."""

    columns: Mapping[str, Column]
    images: "NDArray[np.int64]"
    shown: "NDArray[np.bool_]"

    def add_up(self, counts: Mapping[str, Counter[Any]], conditions: Conditions, closed: Iterable[str]) -> None:
        """Add to the counts of each facet the images that meet all conditions but its own; if closed, those shown."""
        fails: dict[str, NDArray[np.bool_]] = {}
        for name, passes in conditions.items():
            column = self.columns[name]
            fails[name] = ~np.array([passes(choice) for choice in column.choices], dtype=bool)[column.places]
        failed = np.sum([*fails.values()], axis=0) if fails else np.zeros(len(self.images), dtype=int)
        for name, counter in counts.items():
            among = failed == fails.get(name, 0)
            if name in closed:
                among &= self.shown
            column = self.columns[name]
            sums = np.bincount(column.places[among], weights=self.images[among], minlength=len(column.choices))
            for choice, images in zip(column.choices, sums.tolist(), strict=True):
                counter[choice] += int(images)


@dataclass(frozen=True)
class _Known:
    """The kinds that were read: the row of each, and what it has of GROUPED there."""

    rows: Mapping[int, int]
    columns: Mapping[str, Column]


_known = _Known({}, {name: Column.of([]) for name in GROUPED})


def choices_of(kinds: Counter[int]) -> tuple[dict[str, Column], "NDArray[np.int64]"]:
    """Return the choices of GROUPED of each kind, and its number of images. One query when some were never met."""
    known = _with(kinds)
    # One that no tally has any more was deleted since it was counted.
    found = {known.rows[kind]: images for kind, images in kinds.items() if images and kind in known.rows}
    rows = np.fromiter(found, dtype=np.intp, count=len(found))
    images = np.fromiter(found.values(), dtype=np.int64, count=len(found))
    return {name: column.at(rows) for name, column in known.columns.items()}, images


def _with(kinds: Iterable[int]) -> _Known:
    """What is known, once all of `kinds` are. Threads that read at the same time each find what they ask for."""
    global _known  # noqa: PLW0603  (kept for the process: what a kind means never changes)
    known = _known
    if not (missing := [kind for kind in kinds if kind not in known.rows]):
        return known
    rows = Tally.objects.filter(kind__in=missing).order_by().values_list("kind", *GROUPED).distinct()
    if not (new := list(rows)):
        return known
    numbers = {kind: len(known.rows) + place for place, (kind, *_choices) in enumerate(new)}
    read = zip(GROUPED, list(zip(*new, strict=True))[1:], strict=True)
    columns = {name: _longer(known.columns[name], values) for name, values in read}
    _known = longer = _Known({**known.rows, **numbers}, columns)
    return longer


def _longer(column: Column, values: Iterable[Any]) -> Column:
    numbers = {choice: place for place, choice in enumerate(column.choices)}
    places = [numbers.setdefault(value, len(numbers)) for value in values]
    return Column(list(numbers), np.concatenate([column.places, np.array(places, dtype=np.intp)]))
