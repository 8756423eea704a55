# SPDX-License-Identifier: AGPL-3.0-or-later
"""Timing of one call, in turn with another, so that a drift of the machine touches both alike."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Times of one subject in milliseconds, and the median of the pairwise ratios to its reference."""

    name: str
    runs: int
    p50_ms: float
    p95_ms: float
    ratio: float | None = None
    reference: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return a plain mapping."""
        return asdict(self)


def once(call: Callable[[], Any]) -> float:
    """Return the milliseconds of one call."""
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1000


def compare(name: str, call: Callable[[], Any], reference: str, other: Callable[[], Any], *, runs: int) -> list[Figure]:
    """Run the two in turn and return both figures, the first with its ratio to the second."""
    once(call), once(other)
    pairs = [(once(call), once(other)) for _ in range(runs)]
    mine, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    ratio = statistics.median(a / b for a, b in pairs)
    return [figure(name, mine, ratio, reference), figure(reference, theirs)]


def alone(name: str, call: Callable[[], Any], *, runs: int) -> Figure:
    """Run one subject by itself, after one warm-up."""
    once(call)
    return figure(name, [once(call) for _ in range(runs)])


def figure(name: str, times: list[float], ratio: float | None = None, reference: str = "") -> Figure:
    """Return the figure of times in milliseconds."""
    p95 = statistics.quantiles(times, n=20)[-1]
    rounded = None if ratio is None else round(ratio, 2)
    return Figure(name, len(times), round(statistics.median(times), 3), round(p95, 3), rounded, reference)
