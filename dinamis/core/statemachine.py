# SPDX-License-Identifier: AGPL-3.0-or-later
"""State machines as data: one table feeds the service, the database trigger, the documentation and the tests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class By(StrEnum):
    """Who may cause a transition: the kind of actor is part of what a reader is told."""

    PERSON = "person"
    SIGNATORY = "signatory"
    SYSTEM = "system"
    PROVIDER = "provider"


@dataclass(frozen=True)
class Transition:
    """One arrow. `permission` is a `rules` permission asked of persons; `reason` says whether words are due; `keys`
    whether it may happen on the word of a person's API key, under a scope of its own (docs/adr/0036)."""

    name: str
    sources: tuple[str, ...]
    target: str
    label: Any
    permission: str = ""
    by: tuple[By, ...] = (By.PERSON,)
    reason: bool = False
    keys: bool = False


@dataclass(frozen=True)
class StateMachine:
    """A table of transitions over the states of one aggregate (`aggregate` = "app.model")."""

    aggregate: str
    initial: tuple[str, ...]
    transitions: tuple[Transition, ...]
    states: tuple[str, ...]
    final: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Refuse a table that names an unknown state or the same arrow twice."""
        known = set(self.states)
        names = [transition.name for transition in self.transitions]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.aggregate}: a transition is declared twice")
        for transition in self.transitions:
            if unknown := {*transition.sources, transition.target} - known:
                raise ValueError(f"{self.aggregate}.{transition.name}: unknown states {sorted(unknown)}")
        leaving = {source for transition in self.transitions for source in transition.sources}
        object.__setattr__(self, "final", tuple(state for state in self.states if state not in leaving))

    def find(self, name: str) -> Transition:
        """Return the transition called `name`; raises KeyError when there is none."""
        for transition in self.transitions:
            if transition.name == name:
                return transition
        raise KeyError(f"{self.aggregate} has no transition {name!r}")

    def leaving(self, state: str) -> Iterator[Transition]:
        """Yield the transitions possible from `state`."""
        return (transition for transition in self.transitions if state in transition.sources)

    def pairs(self) -> list[tuple[str, str]]:
        """Return every legal (from, to) pair, sorted: what the database trigger accepts."""
        return sorted({(source, t.target) for t in self.transitions for source in t.sources})


def sources(*states: str) -> tuple[str, ...]:
    """Spell the sources of a transition."""
    return states


def every(states: Iterable[str], *, but: Iterable[str] = ()) -> tuple[str, ...]:
    """Return all states except `but`."""
    excluded = set(but)
    return tuple(state for state in states if state not in excluded)
