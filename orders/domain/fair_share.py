# SPDX-License-Identifier: AGPL-3.0-or-later
"""The place of an order in the queue: five factors between 0 and 1, each times a published weight (docs/adr/0039).

The form is that of the multifactor priority of Slurm (slurm.schedmd.com/priority_multifactor.html): a sum of weighted
factors, an age that saturates, and past use that halves with time, against an equal share of each
(slurm.schedmd.com/classic_fair_share.html: F = 2^(-use / share)). `orders/selectors/reviewing/queue.py` says the same
in SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from licensing.enums import Purpose

FACTORS = ("need", "age", "use", "reuse", "emergency")

# The need class is the purpose of the project: rights rest on it, so that nobody changes it for a better place.
NEED: Mapping[str, float] = MappingProxyType(
    {
        Purpose.PUBLIC_SERVICE: 1.0,
        Purpose.PUBLIC_ORDER: 0.75,
        Purpose.SCIENTIFIC_COOPERATION: 0.75,
        Purpose.OWN_RESEARCH: 0.25,
    }
)
# Beyond so many equal shares, 2^-64 is nothing; a database refuses much smaller numbers.
MOST_SHARES = 64.0


@dataclass(frozen=True)
class Formula:
    """The numbers of the formula: points of each factor at 1, days until an age counts in full, days in which past use
    halves, and how many other organisations make the reuse full."""

    weights: Mapping[str, int] = field(
        default_factory=lambda: {"need": 25, "age": 30, "use": 30, "reuse": 15, "emergency": 1000}
    )
    age_days: int = 60
    half_life_days: int = 180
    reuse_full: int = 5


@dataclass(frozen=True)
class Facts:
    """What is known of an order: the purpose of its project, how long it has waited, what its organisation was given of
    late and what each was on average (m2), how many other organisations need the place, whether it is an emergency."""

    purpose: str
    waited: timedelta
    used_m2: float
    mean_m2: float
    organisations: int
    emergency: bool = False


def need(purpose: str) -> float:
    """Return what a purpose counts; 0 for one that is not known."""
    return NEED.get(purpose, 0.0)


def age(waited: timedelta, age_days: int) -> float:
    """Return the share of `age_days` that an order has waited, 1 at most."""
    return min(1.0, max(0.0, waited / timedelta(days=age_days)))


def decayed(m2: float, given_at: datetime, at: datetime, half_life_days: int) -> float:
    """Return what an area given at a moment counts at `at`: half of it after each half-life, all of it until then."""
    since = max(timedelta(0), at - given_at)
    return float(m2 * 0.5 ** (since / timedelta(days=half_life_days)))


def past_use(used_m2: float, mean_m2: float) -> float:
    """Return 2^(-use / share), the share being the same for all: 1 for who was given nothing, 0.5 for the average."""
    return float(2 ** -min(used_m2 / mean_m2, MOST_SHARES)) if mean_m2 > 0 else 1.0


def reuse(organisations: int, reuse_full: int) -> float:
    """Return the share of `reuse_full` other organisations that need the place, 1 at most."""
    return min(1.0, organisations / reuse_full)


def emergency(lane: bool) -> float:
    """Return 1 for an order of the emergency lane, which goes before all others."""
    return 1.0 if lane else 0.0


def factors(facts: Facts, formula: Formula) -> dict[str, float]:
    """Return the five factors of an order, each between 0 and 1, in the order of FACTORS."""
    return {
        "need": need(facts.purpose),
        "age": age(facts.waited, formula.age_days),
        "use": past_use(facts.used_m2, facts.mean_m2),
        "reuse": reuse(facts.organisations, formula.reuse_full),
        "emergency": emergency(facts.emergency),
    }


def points(values: Mapping[str, float], weights: Mapping[str, int]) -> dict[str, int]:
    """Return the hundredths of a point that each factor brings. They are whole, so that a sum is what its parts are."""
    return {name: round(100 * weights[name] * values[name]) for name in FACTORS}
