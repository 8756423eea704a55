# SPDX-License-Identifier: AGPL-3.0-or-later
"""The entitlement model, written from its specification (design, section 5) and from nothing of the code it judges.

Facts are appended as they happen; `allows` reads them at a moment. Names stand for rows: persons, organisations,
licences, images and projects are whatever hashable the test uses.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

FOREVER = None


@dataclass
class Spell:
    """From a moment, until another or for ever; the end is outside."""

    begin: Any
    end: Any = FOREVER

    def covers(self, at) -> bool:
        return self.begin <= at and (self.end is FOREVER or at < self.end)


@dataclass
class Right:
    """What one approval gave an organisation under one licence."""

    organisation: str
    licence: str
    project: Any
    purpose: str
    period: Spell
    downloads: bool = True
    ended: bool = False
    rests: list[Spell] = field(default_factory=list)


@dataclass
class Text:
    """One version of a licence."""

    published: Any
    material: bool
    grace: timedelta


@dataclass
class Image:
    """What belongs to the image itself."""

    licence: str
    acquired: Any
    embargo: Any = None
    held_back: Any = None
    held_back_for: str = ""
    withdrawn: bool = False


@dataclass
class World:
    """Every fact; `signers`, `embargo` and `shut` belong to licences, `purpose` to `team` to projects.

    `shut` holds what a licence does not admit (any more): (licence, organisation, why). An empty team is everybody.
    """

    signers: dict[str, set[str]]
    embargo: dict[str, timedelta]
    grace_without_referent: timedelta
    shut: set[tuple[str, str, str]] = field(default_factory=set)
    referents: dict[str, list[Spell]] = field(default_factory=lambda: defaultdict(list))
    closed: set[str] = field(default_factory=set)
    members: dict[tuple[str, str], list[Spell]] = field(default_factory=lambda: defaultdict(list))
    adhesions: dict[str, str] = field(default_factory=dict)
    terms: dict[str, Spell] = field(default_factory=dict)
    rights: list[Right] = field(default_factory=list)
    texts: dict[str, list[Text]] = field(default_factory=lambda: defaultdict(list))
    signed: set[tuple[str, str, int]] = field(default_factory=set)
    blocks: list[tuple[str, str | None, Spell]] = field(default_factory=list)
    images: dict[str, Image] = field(default_factory=dict)
    home: dict[Any, str] = field(default_factory=dict)
    purpose: dict[Any, str] = field(default_factory=dict)
    last_instant: dict[Any, Any] = field(default_factory=dict)
    team: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))

    def allows(self, person: str, name: str, project: Any, at) -> bool:
        """May the person download the image at this moment, for the project named, or for none?"""
        image = self.images[name]
        usable = [right for right in self.rights if self._opens(right, person, image.licence, project, at)]
        if not usable or not self._decided(usable):
            return False
        return any(self._free(image, right.organisation, at) for right in usable)

    def _opens(self, right: Right, person: str, licence: str, project: Any, at) -> bool:
        named = right.project if right.project is not None else project
        return (
            right.licence == licence
            and self._fits(right, project)
            and person not in self.closed
            and any(spell.covers(at) for spell in self.members[person, right.organisation])
            and self.adhesions[right.organisation] == "approved"
            and self.terms[right.organisation].covers(at)
            and self._led(right.organisation, at)
            and not any((of, who) == (licence, right.organisation) for of, who, _why in self.shut)
            and right.downloads
            and not right.ended
            and right.period.covers(at)
            and not any(rest.covers(at) for rest in right.rests)
            and (named is None or self.last_instant.get(named) is None or at < self.last_instant[named])
            and (not self.team[named] or person in self.team[named])
            and all(self._has_signed(kind, person, right.organisation, licence, at) for kind in self.signers[licence])
            and not any(
                who in {person, right.organisation} and what in {None, licence} and spell.covers(at)
                for who, what, spell in self.blocks
            )
        )

    def _led(self, organisation: str, at) -> bool:
        """Somebody answers for it, or nobody has for less than the time of grace."""
        spells = [spell for spell in self.referents[organisation] if spell.begin <= at]
        if any(spell.covers(at) for spell in spells):
            return True
        alone_since = max([self.terms[organisation].begin, *(spell.end for spell in spells)])
        return at < alone_since + self.grace_without_referent

    def _fits(self, right: Right, project: Any) -> bool:
        if project is None or right.project == project:
            return True
        same_house = self.home.get(project) == right.organisation
        return right.project is None and same_house and self.purpose[project] == right.purpose

    def _decided(self, usable: list[Right]) -> bool:
        """Without a right for any project, one project at most may be meant."""
        projects = {right.project for right in usable}
        return None in projects or len(projects) == 1

    def _has_signed(self, kind: str, person: str, organisation: str, licence: str, at) -> bool:
        who = person if kind == "person" else organisation
        return any(
            (who, licence, number) in self.signed and self._still_counts(licence, number, at)
            for number, text in enumerate(self.texts[licence])
            if text.published <= at
        )

    def _still_counts(self, licence: str, number: int, at) -> bool:
        later = self.texts[licence][number + 1 :]
        return not any(text.material and text.published + text.grace <= at for text in later)

    def _free(self, image: Image, organisation: str, at) -> bool:
        reserved = image.held_back is not None and at < image.held_back and image.held_back_for != organisation
        early = (image.embargo is not None and at < image.embargo) or at < image.acquired + self.embargo[image.licence]
        return not (image.withdrawn or reserved or early)
