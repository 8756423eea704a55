# SPDX-License-Identifier: AGPL-3.0-or-later
"""The arithmetic that shares a cost out over purses, taken in their order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from orders.models import Envelope
from orders.selectors.money.envelope import Balance


@dataclass(frozen=True)
class Need:
    """What one line costs: billed m2, attempts of the provider, and cents."""

    m2: int
    attempts: int = 0
    cents: int = 0


@dataclass
class Purse:
    """What an envelope (its id) can still give. `attempts` and `cents` are None where the envelope does not count
    them."""

    purse: int
    m2: int
    attempts: int | None = None
    cents: int | None = None

    @classmethod
    def of(cls, envelope: Envelope, left: Balance) -> Self:
        """Return what is left of an envelope; an overdrawn one gives nothing."""
        attempts = max(left.available_attempts, 0) if envelope.counts_attempts else None
        cents = max(left.available_cents, 0) if envelope.counts_euros else None
        return cls(envelope.pk, max(left.available, 0), attempts, cents)


@dataclass(frozen=True)
class Part:
    """What one purse (the id of its envelope) gives for one line."""

    purse: int
    m2: int
    attempts: int
    cents: int = 0


class TooLarge(Exception):
    """The purses together do not suffice: what they have, what is asked, in which unit (m2, attempts or cents)."""

    def __init__(self, available: int, required: int, unit: str) -> None:
        super().__init__(f"{required} {unit} asked, {available} left")
        self.available, self.required, self.unit = available, required, unit


def share_out(needs: Sequence[Need], purses: Iterable[Purse]) -> list[list[Part]]:
    """Return for each need the parts that the purses give, the first purse first, each emptied before the next.

    Square metres may be split, and the cents with them: the parts of a need add up to both. The attempts of a line come
    out of one purse, the first that has enough of them. Where no purse counts attempts they are not limited. Raises
    TooLarge; the purses given are not changed.
    """
    rooms = [Purse(room.purse, room.m2, room.attempts, room.cents) for room in purses]
    required, available = sum(need.m2 for need in needs), sum(room.m2 for room in rooms)
    if required > available:
        raise TooLarge(available, required, "m2")
    counted = any(room.attempts is not None for room in rooms)
    tries, left = sum(need.attempts for need in needs), sum(room.attempts or 0 for room in rooms)
    price, money = sum(need.cents for need in needs), sum(room.cents or 0 for room in rooms)
    parts = []
    for need in needs:
        gives = {room.purse: [0, 0, 0] for room in rooms}
        if counted and need.attempts:
            payer = next((room for room in rooms if (room.attempts or 0) >= need.attempts), None)
            if payer is None:
                raise TooLarge(left, tries, "attempts")
            payer.attempts = (payer.attempts or 0) - need.attempts
            gives[payer.purse][1] = need.attempts
        if not _take(need, rooms, gives):
            raise TooLarge(money, price, "cents")
        parts.append([Part(purse, *given) for purse, given in gives.items() if any(given)])
    return parts


def _take(need: Need, rooms: Iterable[Purse], gives: dict[int, list[int]]) -> bool:
    """Take the area of a need from the rooms, each as far as its m2 and its cents reach; whether all of it was taken.

    Cents follow the area: where `m2` of it are taken, `need.cents * m2 // need.m2` cents are.
    """
    m2 = cents = 0
    for room in rooms:
        if room.cents == 0 and need.cents:
            continue
        upto = min(m2 + room.m2, need.m2)
        if room.cents is not None and need.cents and need.m2:
            # The last m2 of which the cents, rounded down, are still within the room.
            upto = min(upto, ((cents + room.cents + 1) * need.m2 - 1) // need.cents)
        paid = need.cents * upto // need.m2 if need.m2 else 0
        gives[room.purse][0], gives[room.purse][2] = upto - m2, paid - cents
        room.m2 -= upto - m2
        room.cents = None if room.cents is None else room.cents - (paid - cents)
        m2, cents = upto, paid
    return m2 == need.m2
