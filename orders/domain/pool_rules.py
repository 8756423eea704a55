# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which acquisition requests may be bought as one, on what terms, and who pays what. No database here.

Terms are the strictest of all: what satisfies them satisfies everybody. Money is in cents, areas in m2, clouds in
percent, incidences in degrees; windows are half-open, [begin, end).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.core import geo
from dinamis.core.periods import last_day
from dinamis.core.templatetags.ui import date_words
from orders.enums import AcquisitionMode, Programme, SplitRule

# What a mode also gives: a triplet has a pair in it, a pair has one view in it.
VIEWS: dict[str, int] = {AcquisitionMode.MONO: 1, AcquisitionMode.STEREO: 2, AcquisitionMode.TRISTEREO: 3}
Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Ask:
    """What one line asks of the provider, and what it would cost alone (`billed_m2`, `cents`; None = not priced)."""

    line: int
    order: int
    name: str
    area: BaseGeometry
    window: Window
    family: str
    collection: int
    billed_m2: int
    cents: int | None = None
    programme: str = Programme.ONEPLAN
    mode: str = AcquisitionMode.MONO
    bh_min: float | None = None
    bh_max: float | None = None
    cloud_max: int | None = None
    threshold: int | None = None
    incidence_max: float = 30.0
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def area_m2(self) -> int:
        """The geodesic surface of the area."""
        return geo.area_m2(self.area)

    @property
    def fingerprint(self) -> str:
        """Changes as soon as anything that the others agreed to changes."""
        told = [self.window, self.family, self.collection, self.programme, self.mode, self.bh_min, self.bh_max]
        told += [self.cloud_max, self.threshold, self.incidence_max, sorted(self.options.items()), self.area.wkb_hex]
        return sha256(repr(told).encode()).hexdigest()


@dataclass(frozen=True)
class Terms:
    """How the images of several requests are taken together: the strictest of each constraint."""

    programme: str
    mode: str
    incidence_max: float
    bh_min: float | None = None
    bh_max: float | None = None
    cloud_max: int | None = None
    threshold: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return plain members, as `Pool.terms` keeps them."""
        return {**asdict(self), "programme": str(self.programme), "mode": str(self.mode)}


@dataclass(frozen=True)
class Limits:
    """What is worth a grouping (settings POOL_*), minimum areas in m2 by family, how often a mode counts by family (the
    tariff of the day), defaults of options."""

    overlap_percent: float = 20
    window_days: int = 21
    members_max: int = 8
    stereo_serves_mono: bool = False
    minimum_m2: Mapping[str, int] = field(default_factory=dict)
    factors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    option_defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Clash:
    """Why requests cannot be bought as one; `code` is stable."""

    code: str
    words: str


@dataclass(frozen=True)
class Share:
    """One line's part: the m2 only it asked for, its part of what several asked for, and what it pays."""

    own_m2: int
    shared_m2: int
    m2: int
    cents: int


@dataclass(frozen=True)
class Together:
    """Requests bought as one: the merged request, its cost, and a share for each of `asks`, in their order."""

    asks: tuple[Ask, ...]
    terms: Terms
    window: Window
    area: BaseGeometry
    area_m2: int
    billed_m2: int
    cents: int
    rule: SplitRule
    shares: tuple[Share, ...]

    @property
    def saved_m2(self) -> int:
        """What is billed less than for separate orders."""
        return sum(ask.billed_m2 for ask in self.asks) - self.billed_m2

    @property
    def saved_cents(self) -> int:
        """What is paid less than for separate orders."""
        return sum(ask.cents or 0 for ask in self.asks) - self.cents


def together(
    asks: Sequence[Ask], limits: Limits, *, rule: SplitRule | None = None, sponsor: int | None = None
) -> Together | list[Clash]:
    """Merge requests into one, or say in words everything that stands against it.

    Without `rule` the cost is split by km2, or by purse where by km2 somebody would pay more than alone. `sponsor` is
    the index of who pays all under SplitRule.SPONSOR.
    """
    merged = merge(asks, limits)
    if isinstance(merged, list):
        return merged
    terms, window = merged
    area = shapely.union_all([ask.area for ask in asks])
    size = geo.area_m2(area)
    family = asks[0].family
    billed = max(size, limits.minimum_m2.get(family, 0)) * limits.factors.get(family, VIEWS)[terms.mode]
    cents = _price(asks, billed)
    separate = sum(ask.billed_m2 for ask in asks)
    if billed >= separate or cents > sum(ask.cents or 0 for ask in asks):
        return [Clash("no_gain", _("Bought as one they would cost as much as alone, or more."))]
    chosen, shares = _shares(asks, billed, cents, rule, sponsor)
    return Together(tuple(asks), terms, window, area, size, billed, cents, chosen, shares)


def merge(asks: Sequence[Ask], limits: Limits) -> tuple[Terms, Window] | list[Clash]:
    """Return the strictest terms and the common window of requests, or every reason why there are none."""
    checks = (_orders, _family, _collection, _programme, _mode, _bh, _window, _options)
    if clashes := [clash for check in checks if (clash := check(asks, limits))]:
        return clashes
    clouds = [ask.cloud_max for ask in asks if ask.cloud_max is not None]
    cloud = min(clouds, default=None)
    # Who names no threshold wants no proposals: images up to the largest cloud cover, and no more.
    proposed = min((_threshold(ask) for ask in asks if ask.cloud_max is not None), default=None)
    low, high = _bh_range(asks)
    terms = Terms(
        programme=asks[0].programme,
        mode=max((ask.mode for ask in asks), key=lambda mode: VIEWS[mode]),
        incidence_max=min(ask.incidence_max for ask in asks),
        bh_min=low,
        bh_max=high,
        cloud_max=cloud,
        threshold=proposed if proposed != cloud else None,
        options={**limits.option_defaults, **{key: value for ask in asks for key, value in ask.options.items()}},
    )
    return terms, _common(asks)


def groups(asks: Sequence[Ask], limits: Limits, *, apart: Collection[frozenset[int]] = ()) -> list[tuple[Ask, ...]]:
    """Return the groupings worth proposing among open requests, each request in one at most; `together` prices them.

    `apart` names pairs of lines that are not put together (again). Greedy: the pair with most in common opens a group,
    and a further request that fits one of its members joins it as long as the window stays long enough and it adds
    less to the whole than it would cost alone.
    """
    taken: dict[int, _Group] = {}
    for left, right in _pairs(asks, limits, apart):
        mine, theirs = taken.get(left.line), taken.get(right.line)
        if mine and theirs:
            continue
        group = mine or theirs
        if group is None:
            taken[left.line] = taken[right.line] = _Group([left, right], left.area.union(right.area))
        elif group.joined(newcomer := right if mine else left, limits, apart):
            taken[newcomer.line] = group
    return [tuple(group.asks) for group in dict.fromkeys(taken.values())]


@dataclass(eq=False)
class _Group:
    """A group in the making; who was refused once is not looked at again, since terms only become stricter."""

    asks: list[Ask]
    area: BaseGeometry
    refused: set[int] = field(default_factory=set)

    def joined(self, newcomer: Ask, limits: Limits, apart: Collection[frozenset[int]]) -> bool:
        """Take a request in if it may and is worth it."""
        if len(self.asks) >= limits.members_max or newcomer.line in self.refused:
            return False
        members = [*self.asks, newcomer]
        area = None
        if not (_orders(members, limits) or _window(members, limits) or _bh(members, limits)):
            area = None if _kept_apart(members, apart) else self.area.union(newcomer.area)
        # Degrees are compared, of neighbours: what it adds to the whole is less than itself.
        if area is None or area.area >= self.area.area + newcomer.area.area * (1 - limits.overlap_percent / 100):
            self.refused.add(newcomer.line)
            return False
        self.asks, self.area = members, area
        return True


def overlap_clash(left: Ask, right: Ask, limits: Limits) -> Clash | None:
    """Say that two areas have too little in common to be worth it, or nothing."""
    common = left.area.intersection(right.area).area
    percent = 100 * common / min(left.area.area, right.area.area)
    if percent >= limits.overlap_percent:
        return None
    words = _(
        "The areas of %(one)s and %(other)s have %(percent)d %% of the smaller one in common; %(least)d %% are due."
    )
    facts = {"one": left.name, "other": right.name, "percent": percent, "least": limits.overlap_percent}
    return Clash("overlap", words % facts)


def allot(total: int, weights: Sequence[Fraction | int]) -> list[int]:
    """Split an integer in proportion to weights ≥ 0, exactly: the largest remainders get the units that are left.

    Each part is its exact share rounded down or up; ties go to the first. Weights that are all zero split equally.
    """
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    exact = [Fraction(total) * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


def _price(asks: Sequence[Ask], billed_m2: int) -> int:
    """The strictest terms cost what the dearest of the requests costs for each m2."""
    rate = max(Fraction(ask.cents or 0, ask.billed_m2) for ask in asks)
    return -int(-billed_m2 * rate // 1)


def _shares(
    asks: Sequence[Ask], billed: int, cents: int, rule: SplitRule | None, sponsor: int | None
) -> tuple[SplitRule, tuple[Share, ...]]:
    own, parts = _areas(asks)
    chosen = rule or SplitRule.KM2
    weights: dict[SplitRule, Callable[[], tuple[Sequence[Fraction | int], Sequence[Fraction | int]]]] = {
        SplitRule.KM2: lambda: (parts, parts),
        SplitRule.PURSE: lambda: ([ask.billed_m2 for ask in asks], [ask.cents or 0 for ask in asks]),
        SplitRule.SPONSOR: lambda: ([int(place == sponsor) for place in range(len(asks))],) * 2,
    }
    of_m2, of_cents = weights[chosen]()
    m2, money = allot(billed, of_m2), allot(cents, of_cents)
    alone = [(ask.billed_m2, ask.cents or 0) for ask in asks]
    if rule is None and any(a > b or c > d for (b, d), a, c in zip(alone, m2, money, strict=True)):
        return _shares(asks, billed, cents, SplitRule.PURSE, sponsor)
    whole = allot(int(sum(parts)), parts)
    shares = (
        Share(mine, max(0, part - mine), area, paid)
        for mine, part, area, paid in zip(own, whole, m2, money, strict=True)
    )
    return chosen, tuple(shares)


def _areas(asks: Sequence[Ask]) -> tuple[list[int], list[Fraction]]:
    """For each request: the m2 that only it asked for, and with them its equal part of every overlap."""
    pieces: list[tuple[BaseGeometry, frozenset[int]]] = []
    for place, ask in enumerate(asks):
        rest, cut = ask.area, []
        for piece, who in pieces:
            common = piece.intersection(ask.area)
            if common.area:
                cut += [(common, who | {place}), (piece.difference(ask.area), who)]
                rest = rest.difference(piece)
            else:
                cut.append((piece, who))
        pieces = [*cut, (rest, frozenset({place}))]
    own, parts = [0] * len(asks), [Fraction(0)] * len(asks)
    for piece, who in pieces:
        size = geo.area_m2(piece) if piece.area else 0
        for place in who:
            parts[place] += Fraction(size, len(who))
            own[place] += size if len(who) == 1 else 0
    return own, parts


def _pairs(asks: Sequence[Ask], limits: Limits, apart: Collection[frozenset[int]]) -> list[tuple[Ask, Ask]]:
    """Pairs that overlap enough and have common terms, those with most in common first."""
    areas = np.array([ask.area for ask in asks], dtype=object)
    left, right = shapely.STRtree(areas).query(areas, predicate="intersects")
    left, right = left[left < right], right[left < right]
    fit = _windows_meet(asks, left, right, limits) & _same_kind(asks, left, right, limits)
    left, right = left[fit], right[fit]
    common = shapely.area(shapely.intersection(areas[left], areas[right]))
    sizes = shapely.area(areas)
    worth = 100 * common >= limits.overlap_percent * np.minimum(sizes[left], sizes[right])
    # Of the same overlap in degrees the one nearer to the equator has more m2.
    middle = np.radians([area.bounds[1] for area in areas])
    order = np.argsort(-(common * np.cos(middle[left])), kind="stable")
    pairs = ((asks[left[at]], asks[right[at]]) for at in order if worth[at])
    return [
        (one, other)
        for one, other in pairs
        if one.order != other.order and frozenset((one.line, other.line)) not in apart and not _bh((one, other), limits)
    ]


def _windows_meet(asks: Sequence[Ask], left: Any, right: Any, limits: Limits) -> Any:
    begins = np.array([ask.window[0].timestamp() for ask in asks])
    ends = np.array([ask.window[1].timestamp() for ask in asks])
    common = np.minimum(ends[left], ends[right]) - np.maximum(begins[left], begins[right])
    return common >= limits.window_days * 86_400


def _same_kind(asks: Sequence[Ask], left: Any, right: Any, limits: Limits) -> Any:
    """Compare what must be the same, by the number of each kind in a list of them."""
    numbers: dict[Any, int] = {}
    kinds = np.array([numbers.setdefault(_kind(ask, limits), len(numbers)) for ask in asks], dtype=int)
    return kinds[left] == kinds[right]


def _kind(ask: Ask, limits: Limits) -> Any:
    options = {**limits.option_defaults, **ask.options}
    mode = "" if limits.stereo_serves_mono else ask.mode
    return (
        ask.family,
        ask.collection,
        ask.programme,
        mode,
        tuple(sorted((name, str(value)) for name, value in options.items())),
    )


def _kept_apart(members: Iterable[Ask], apart: Collection[frozenset[int]]) -> bool:
    lines = [ask.line for ask in members]
    return any(frozenset((lines[-1], line)) in apart for line in lines[:-1])


def _differ(asks: Sequence[Ask], value: Callable[[Ask], Any]) -> tuple[Ask, Ask] | None:
    return next(((asks[0], ask) for ask in asks[1:] if value(ask) != value(asks[0])), None)


def _orders(asks: Sequence[Ask], _limits: Limits) -> Clash | None:
    if len(asks) < 2:
        return Clash("alone", _("A grouping has at least two requests."))
    if len({ask.order for ask in asks}) < len(asks):
        return Clash("same_order", _("Two of the lines belong to the same request."))
    return None


def _family(asks: Sequence[Ask], _limits: Limits) -> Clash | None:
    if pair := _differ(asks, lambda ask: ask.family):
        words = _("%(one)s and %(other)s ask for different sensors.")
        return Clash("family", words % {"one": pair[0].name, "other": pair[1].name})
    return None


def _collection(asks: Sequence[Ask], _limits: Limits) -> Clash | None:
    if pair := _differ(asks, lambda ask: ask.collection):
        words = _("The images of %(one)s and %(other)s would come under different licences.")
        return Clash("collection", words % {"one": pair[0].name, "other": pair[1].name})
    return None


def _programme(asks: Sequence[Ask], _limits: Limits) -> Clash | None:
    if pair := _differ(asks, lambda ask: ask.programme):
        labels = {"mine": Programme(pair[0].programme).label, "theirs": Programme(pair[1].programme).label}
        words = _("“%(mine)s” (%(one)s) against “%(theirs)s” (%(other)s).")
        return Clash("programme", words % {"one": pair[0].name, "other": pair[1].name, **labels})
    return None


def _mode(asks: Sequence[Ask], limits: Limits) -> Clash | None:
    pair = _differ(asks, lambda ask: ask.mode)
    if pair is None or limits.stereo_serves_mono:
        return None
    few, many = sorted(pair, key=lambda ask: VIEWS[ask.mode])
    labels = {"few": AcquisitionMode(few.mode).label, "many": AcquisitionMode(many.mode).label}
    words = _(
        "“%(many)s” (%(other)s) against “%(few)s” (%(one)s): the views would be more oblique, and whoever asks for "
        "fewer would pay for more."
    )
    return Clash("mode", words % {"one": few.name, "other": many.name, **labels})


def _bh_range(asks: Sequence[Ask]) -> tuple[float | None, float | None]:
    """The strictest of the B/H that are named; who names none takes what the others need."""
    low = max((ask.bh_min for ask in asks if ask.bh_min is not None), default=None)
    high = min((ask.bh_max for ask in asks if ask.bh_max is not None), default=None)
    return low, high


def _bh(asks: Sequence[Ask], _limits: Limits) -> Clash | None:
    low, high = _bh_range(asks)
    if low is None or high is None or low <= high:
        return None
    first = next(ask for ask in asks if ask.bh_max == high)
    then = next(ask for ask in asks if ask.bh_min == low)
    words = _("The B/H of %(one)s ends at %(high)s, that of %(other)s begins at %(low)s.")
    return Clash("bh", words % {"one": first.name, "other": then.name, "low": low, "high": high})


def _threshold(ask: Ask) -> int:
    return ask.threshold if ask.threshold is not None else int(ask.cloud_max or 0)


def _common(asks: Sequence[Ask]) -> Window:
    return max(ask.window[0] for ask in asks), min(ask.window[1] for ask in asks)


def _window(asks: Sequence[Ask], limits: Limits) -> Clash | None:
    begin, end = _common(asks)
    if end - begin >= timedelta(days=limits.window_days):
        return None
    names = {
        "one": next(ask.name for ask in asks if ask.window[1] == end),
        "other": next(ask.name for ask in asks if ask.window[0] == begin),
        "end": date_words(last_day(end)),
        "begin": date_words(begin),
    }
    if end <= begin:
        words = _("The window of %(one)s ends on %(end)s, that of %(other)s begins on %(begin)s only.")
        return Clash("window", words % names)
    words = _(
        "The window of %(one)s ends on %(end)s and that of %(other)s begins on %(begin)s: %(days)d days in common, "
        "%(least)d are due."
    )
    return Clash("window", words % {**names, "days": (end - begin).days, "least": limits.window_days})


def _options(asks: Sequence[Ask], limits: Limits) -> Clash | None:
    """One delivery serves all: an option that is not named has the provider's default."""
    chosen = [{**limits.option_defaults, **ask.options} for ask in asks]
    for name in sorted({name for options in chosen for name in options}):
        values = [options.get(name) for options in chosen]
        other = next((place for place, value in enumerate(values) if value != values[0]), None)
        if other is not None:
            words = _("The option “%(name)s” is “%(mine)s” for %(one)s and “%(theirs)s” for %(other)s.")
            mine, theirs = (
                _("the provider’s default") if value is None else value for value in (values[0], values[other])
            )
            facts = {"name": name, "mine": mine, "theirs": theirs}
            return Clash("options", words % {**facts, "one": asks[0].name, "other": asks[other].name})
    return None
