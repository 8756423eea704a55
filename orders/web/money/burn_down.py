# SPDX-License-Identifier: AGPL-3.0-or-later
"""The drawing of what is left of an envelope over its period: a step line, the even pace, axes with words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dinamis.core import clock
from orders.models import Envelope
from orders.selectors.money.statement import Point

# Units of the drawing; the page scales it.
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 240, 120, 32, 16
# The highest number of the axis: this many tenths of a power of ten, and into how many it is divided.
SCALES = {10: 5, 15: 3, 20: 4, 25: 5, 30: 3, 40: 4, 50: 5, 60: 3, 80: 4, 100: 5}
# Months between two words of the axis: the first of which there are few enough.
STEPS = (1, 3, 6, 12, 24, 60)
MOST_STEPS = 4
# Of fewer words on the axis the last, which ends at its edge, has room for its year.
CROWDED = 5


@dataclass(frozen=True)
class _Frame:
    first: date
    last: date
    highest: int
    lines: int

    def x(self, day: date) -> str:
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return f"{LEFT + min(max(share, 0), 1) * (WIDTH - LEFT):.1f}"

    def y(self, value: int) -> str:
        return f"{TOP + (1 - max(value, 0) / self.highest) * (HEIGHT - TOP - BOTTOM):.1f}"


def drawing(envelope: Envelope, points: Sequence[Point], at: datetime, unit: str = "m2") -> dict[str, Any] | None:
    """Return the parts of the SVG of templates/orders/money/_burn_down.html, or None when there is nothing to draw;
    `unit` is m2 or cents. Where only a part of the points has it, the line begins there, on the day `begins`."""
    known = [(point.day, left) for point in points if (left := getattr(point, f"left_{unit}")) is not None]
    most = max((left for _day, left in known), default=0)
    if most <= 0:
        return None
    first = (envelope.period.lower.astimezone(clock.PARIS) if envelope.period.lower else at).date()
    end = envelope.period.upper.astimezone(clock.PARIS).date() if envelope.period.upper else points[-1].day
    first = min(first, points[0].day)
    begins = known[0][0] if len(known) < len(points) else None
    frame = _Frame(first, max(end, first + timedelta(days=1)), *_scale(most))
    return {
        "unit": unit,
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "base": frame.y(0),
        "path": _steps(frame, known),
        "begins": begins,
        "pace": [frame.x(begins or first), frame.y(most), frame.x(frame.last), frame.y(0)],
        "today": frame.x(at.astimezone(clock.PARIS).date()) if at.date() <= frame.last else None,
        "levels": [
            {unit: level, "y": frame.y(level)}
            for level in (frame.highest * step // frame.lines for step in range(frame.lines + 1))
        ],
        "months": _months(frame),
    }


def _steps(frame: _Frame, known: Sequence[tuple[date, int]]) -> str:
    """The level holds until the next entry."""
    steps = [(frame.x(day), frame.y(value)) for day, value in known]
    return "M{} {}".format(*steps[0]) + "".join(f"H{x}V{y}" for x, y in steps[1:])


def _months(frame: _Frame) -> list[dict[str, Any]]:
    """The first day of each month, or of a few of them where there are many: `named` by the month, the `year` said."""
    first = frame.first.year * 12 + frame.first.month - 1
    last = frame.last.year * 12 + frame.last.month - 1
    step = next((step for step in STEPS if (last - first) // step <= MOST_STEPS), STEPS[-1])
    named = step < 12
    # Years are said at their beginning.
    begin = first if named else -(-first // 12) * 12
    days = [date(number // 12, number % 12 + 1, 1) for number in range(begin, last + 1, step)]
    days = [day for day in days if day >= frame.first]
    dated = {day for day in days if day.month == 1 or not named} | set(days[:1])
    if named and len(days) >= CROWDED:
        dated.discard(days[-1])
    return [{"day": day, "x": frame.x(day), "named": named, "year": day in dated} for day in days]


def _scale(most: int) -> tuple[int, int]:
    """The highest number of the axis, round and not below `most`, and into how many round parts it is divided."""
    power = 10 ** (len(str(most)) - 1)
    tenths = next(tenths for tenths in SCALES if power * tenths >= most * 10)
    return power * tenths // 10, SCALES[tenths]
