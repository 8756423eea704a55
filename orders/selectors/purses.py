# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arithmetic that shares a cost out over purses, taken in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from orders.models import Envelope
from orders.selectors.envelope import Balance


@dataclass(frozen=True)
class Need:
    """What one line costs: billed m2, and attempts of the provider."""

    m2: int
    attempts: int = 0


@dataclass
class Purse:
    """What an envelope (its id) can still give. `attempts` is None where the envelope does not count them."""

    purse: int
    m2: int
    attempts: int | None = None

    @classmethod
    def of(cls, envelope: Envelope, left: Balance) -> Self:
        """Return what is left of an envelope; an overdrawn one gives nothing."""
        attempts = max(left.available_attempts, 0) if envelope.counts_attempts else None
        return cls(envelope.pk, max(left.available, 0), attempts)


@dataclass(frozen=True)
class Part:
    """What one purse (the id of its envelope) gives for one line."""

    purse: int
    m2: int
    attempts: int


class TooLarge(Exception):
    """The purses together do not suffice: what they have, what is asked, in which unit (m2 or attempts)."""

    def __init__(self, available: int, required: int, unit: str) -> None:
        super().__init__(f"{required} {unit} asked, {available} left")
        self.available, self.required, self.unit = available, required, unit


def share_out(needs: Sequence[Need], purses: Iterable[Purse]) -> list[list[Part]]:
    """Return for each need the parts that the purses give, the first purse first, each emptied before the next.

    Square metres may be split; the attempts of a line come out of one purse, the first that has enough of them. Where
    no purse counts attempts they are not limited. Raises TooLarge; the purses given are not changed.
    """
    rooms = [Purse(room.purse, room.m2, room.attempts) for room in purses]
    required, available = sum(need.m2 for need in needs), sum(room.m2 for room in rooms)
    if required > available:
        raise TooLarge(available, required, "m2")
    counted = any(room.attempts is not None for room in rooms)
    tries, left = sum(need.attempts for need in needs), sum(room.attempts or 0 for room in rooms)
    parts = []
    for need in needs:
        gives = {room.purse: [0, 0] for room in rooms}
        if counted and need.attempts:
            payer = next((room for room in rooms if (room.attempts or 0) >= need.attempts), None)
            if payer is None:
                raise TooLarge(left, tries, "attempts")
            payer.attempts = (payer.attempts or 0) - need.attempts
            gives[payer.purse][1] = need.attempts
        _take_m2(need.m2, rooms, gives)
        parts.append([Part(purse, m2, attempts) for purse, (m2, attempts) in gives.items() if m2 or attempts])
    return parts


def _take_m2(required: int, rooms: Iterable[Purse], gives: dict[int, list[int]]) -> None:
    for room in rooms:
        taken = min(required, room.m2)
        room.m2 -= taken
        required -= taken
        gives[room.purse][0] = taken
