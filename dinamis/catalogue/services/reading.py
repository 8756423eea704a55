# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items read, checked and packed: from JSON to rows. Without Django and without a database, so that any process may."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from dinamis.catalogue.foreign import ForeignItem, Refused, Shape, parsed, read_item, read_shapes, too_deep
from dinamis.catalogue.packing import Packer
from dinamis.catalogue.services.rows import constants, document_row, item_row
from dinamis.catalogue.told import assembled, members, told_properties

# Items unfolded at one time: of more the processor's cache no longer holds all, and each takes twice as long.
HANDFUL = 32


@dataclass(frozen=True, slots=True)
class Refusal:
    """An item that was not taken: its place in the source from 1, its id where it has one, and why."""

    position: int
    identifier: str
    fault: Refused

    @property
    def reason(self) -> str:
        """Member, reason and repair in one text."""
        return str(self.fault)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What items are read with: the collections by their slugs, the slug that stands for what items name (or ""), the
    moment of entry, the dictionary of documents where there is one, the satellites' names by platform.
    """

    collections: Mapping[str, int]
    collection: str
    now: datetime
    dictionary: bytes | None
    satellites: Mapping[str, str]


@dataclass(slots=True)
class Read:
    """What became of some items, in their order: for each that is taken its name, its rows and the middle of its box
    in degrees; the refusals of the others.
    """

    names: list[tuple[int, str]] = field(default_factory=list)
    items: list[bytes] = field(default_factory=list)
    documents: list[bytes] = field(default_factory=list)
    middles: list[tuple[float, float]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Texts:
    """What is stored of an item beside its columns: JSON."""

    properties: bytes
    foreign: bytes
    body: bytes


class Reader:
    """Reads items on given terms. Not for two threads at a time."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._pack = Packer(terms.dictionary).pack
        self._rest = constants(terms.now)

    def read(self, first: int, given: Sequence[Any]) -> Read:
        """Read items (documents, or their JSON as bytes) of which the first has the place `first` in the source."""
        read = Read()
        for start in range(0, len(given), HANDFUL):
            for position, item, shape in self._sound(read, first + start, given[start : start + HANDFUL]):
                try:
                    self._add(read, item, shape)
                except orjson.JSONEncodeError:
                    read.refusals.append(Refusal(position, item.stac_id, too_deep()))
        read.refusals.sort(key=lambda refusal: refusal.position)
        return read

    def bodies(self, given: Sequence[Any]) -> list[bytes]:
        """Return the bodies of those that can be taken, as they are before they are packed."""
        found = []
        for _position, item, shape in self._sound(Read(), 1, given):
            with suppress(orjson.JSONEncodeError):
                found.append(self._texts(item, shape).body)
        return found

    def _sound(self, read: Read, first: int, given: Sequence[Any]) -> list[tuple[int, ForeignItem, Shape]]:
        """The items that can be taken; refusals of the others go to `read`."""
        found = []
        for position, one in enumerate(given, first):
            identifier = ""
            try:
                document = parsed(one) if isinstance(one, bytes | str) else one
                identifier = str(document.get("id", ""))[:80] if isinstance(document, dict) else ""
                found.append((position, self._known(read_item(document, collection=self._terms.collection))))
            except Refused as fault:
                read.refusals.append(Refusal(position, identifier, fault))
        sound = []
        shapes = read_shapes([item.geometry for _position, item in found])
        for (position, item), shape in zip(found, shapes, strict=True):
            if isinstance(shape, Refused):
                read.refusals.append(Refusal(position, item.stac_id, shape))
            else:
                sound.append((position, item, shape))
        return sound

    def _known(self, item: ForeignItem) -> ForeignItem:
        if item.collection not in self._terms.collections:
            raise Refused("collection", f"“{item.collection[:60]}” is not here", "Load the collection first")
        return item

    def _add(self, read: Read, item: ForeignItem, shape: Shape) -> None:
        number, texts = self._terms.collections[item.collection], self._texts(item, shape)
        west, south, east, north = shape.box
        read.names.append((number, item.stac_id))
        read.items.append(item_row(number, item.stac_id, item.columns, shape.ewkb, self._rest))
        read.documents.append(document_row(texts.properties, self._pack(texts.foreign), self._pack(texts.body)))
        read.middles.append(((west + east) / 2, (south + north) / 2))

    def _texts(self, item: ForeignItem, shape: Shape) -> _Texts:
        assets, links, extensions = members(item.assets), members(item.links), members(item.extensions)
        properties = orjson.dumps(item.properties)
        foreign = (b'{"assets":{', assets, b'},"links":[', links, b'],"stac_extensions":[', extensions, b"]}")
        body = assembled(
            stac_id=item.stac_id,
            collection=item.collection,
            geometry=shape.text,
            bbox=shape.box,
            properties=self._told(item, properties),
            assets=assets,
            links=links,
            extensions=extensions,
        )
        return _Texts(properties, b"".join(foreign), body)

    def _told(self, item: ForeignItem, properties: bytes) -> bytes:
        """The members of the STAC properties: those without a column, whose JSON `properties` is, and the rest."""
        others, columns = item.properties, item.columns
        if "license" in others and None not in others.values():
            known = properties[1:-1]
        else:
            told = {"license": "other", **others}
            known = members({name: value for name, value in told.items() if value is not None})
        if not columns["title"]:
            columns = {**columns, "title": self._title(columns)}
        told = {name: value for name, value in told_properties(columns).items() if value is not None}
        return b",".join((known, members(told)))

    def _title(self, columns: Mapping[str, Any]) -> str:
        platform = columns["platform"]
        return f"{self._terms.satellites.get(platform, platform)} {columns['datetime'].date()}"
