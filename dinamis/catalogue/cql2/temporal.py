# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fifteen temporal relations of CQL2 (OGC 21-065r2, 7.12) between moments and intervals, ends included."""

from dinamis.catalogue.cql2.fragments import Kind, Span, Sql, condition, joined

START, END = "-infinity", "infinity"
# Each relation as comparisons of ends: s and e are the first and last moment of the left (1) and the right (2) side.
RELATIONS: dict[str, str] = {
    "t_after": "s1 > e2",
    "t_before": "e1 < s2",
    "t_contains": "s1 < s2 AND e1 > e2",
    "t_disjoint": "e1 < s2 OR s1 > e2",
    "t_during": "s1 > s2 AND e1 < e2",
    "t_equals": "s1 = s2 AND e1 = e2",
    "t_finishedby": "s1 < s2 AND e1 = e2",
    "t_finishes": "s1 > s2 AND e1 = e2",
    "t_intersects": "s1 <= e2 AND e1 >= s2",
    "t_meets": "e1 = s2",
    "t_metby": "s1 = e2",
    "t_overlappedby": "s1 > s2 AND s1 < e2 AND e1 > e2",
    "t_overlaps": "s1 < s2 AND e1 > s2 AND e1 < e2",
    "t_startedby": "s1 = s2 AND e1 > e2",
    "t_starts": "s1 = s2 AND e1 < e2",
}


def relation(name: str, left: Span, right: Span) -> Sql:
    """Return the condition that `left` stands in the relation called `name` to `right`."""
    word = "OR" if " OR " in RELATIONS[name] else "AND"
    ends = {
        "s1": left.first or _endless(START),
        "e1": left.last or _endless(END),
        "s2": right.first or _endless(START),
        "e2": right.last or _endless(END),
    }
    parts = []
    for comparison in RELATIONS[name].split(f" {word} "):
        one, operator, other = comparison.split()
        parts.append(condition(f"{{}} {operator} {{}}", ends[one], ends[other]))
    return joined(word, parts)


def _endless(word: str) -> Sql:
    return Sql(f"'{word}'::timestamptz", Kind.MOMENT)
