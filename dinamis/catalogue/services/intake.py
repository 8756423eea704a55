# SPDX-License-Identifier: AGPL-3.0-or-later
"""Items that the house fetches itself, from another catalogue or a file: what can be taken is, the rest is told."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dinamis.catalogue.foreign import Refused, bounded
from dinamis.catalogue.services.bulk import Report, load_items
from dinamis.catalogue.services.keeping import kept, refresh_own, writing

PATIENCE = "60s"
WITHHELD = Refused("id", "the image is reserved, under embargo or withdrawn here", "Leave it out")
MOVED = Refused(
    "geometry", "files of the image are here, and footprint or moments differ", "Publish it under another id"
)


def take_items(slug: str, documents: Iterable[tuple[int, Mapping[str, Any] | Refused]]) -> Report:
    """Write items into the collection `slug` and return the report; what is here of an image wins over them.

    `documents` are parsed items, or why there is none, each with its place in the source. Raises NotVisible.
    """
    with writing(slug, patience=PATIENCE) as collection:
        faults: dict[int, Refused] = {}
        sound: dict[int, Mapping[str, Any]] = {}
        for position, document in documents:
            try:
                sound[position] = _sound(document)
            except Refused as refusal:
                faults[position] = refusal
        withheld, moved = kept(collection, list(sound.values()))
        reasons = dict.fromkeys(moved, MOVED) | dict.fromkeys(withheld, WITHHELD)
        taken = {position: one for position, one in sound.items() if str(one.get("id")) not in reasons}
        report = load_items(taken.values(), collection=slug)
        _number(report, list(taken))
        for position, fault in faults.items():
            report.refuse(position, "", fault)
        for position in sound.keys() - taken.keys():
            name = str(sound[position]["id"])
            report.refuse(position, name, reasons[name])
        refresh_own(collection, [str(one.get("id")) for one in taken.values()])
    return report


def _sound(document: Mapping[str, Any] | Refused) -> Mapping[str, Any]:
    if isinstance(document, Refused):
        raise document
    if not isinstance(document, dict):
        raise Refused("type", "this is no GeoJSON feature", "Send STAC items")
    found: Mapping[str, Any] = bounded(document)
    return found


def _number(report: Report, positions: list[int]) -> None:
    """Give the refusals their places in the source."""
    report.refusals = [replace(one, position=positions[one.position - 1]) for one in report.refusals]
