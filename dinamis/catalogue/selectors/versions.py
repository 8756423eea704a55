# SPDX-License-Identifier: AGPL-3.0-or-later
"""The deliveries of one product, each under a job of its own, as a reader is told of them (STAC version extension)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery

from dinamis.catalogue.models import Item
from dinamis.catalogue.selectors.viewer import Viewer, with_state


@dataclass(frozen=True)
class Version:
    """A delivery of a product; `number` counts all of them from 1, told or not."""

    number: int
    pk: int
    stac_id: str


@dataclass(frozen=True)
class Standing:
    """Where one version stands among those a reader is told of."""

    here: Version
    before: Version | None
    after: Version | None
    latest: Version

    @property
    def members(self) -> dict[str, Any]:
        """The members of an item's properties (version extension 1.2.0)."""
        return {"version": str(self.here.number), "deprecated": self.after is not None}

    @property
    def relations(self) -> dict[str, Version]:
        """The versions an item links to, by the relation of the link (RFC 5829)."""
        beside = {"predecessor-version": self.before, "successor-version": self.after, "latest-version": self.latest}
        return {rel: version for rel, version in beside.items() if version is not None}


def versions_of(firsts: Collection[int], viewer: Viewer) -> dict[int, tuple[Version, ...]]:
    """Return the versions of the products whose first delivery is one of `firsts`, in their order. One query."""
    same = Item.objects.filter(version_of=OuterRef("version_of"), pk__lte=OuterRef("pk"))
    number = Subquery(same.order_by().values("version_of").annotate(n=Count("pk")).values("n"))
    items = with_state(Item.objects.filter(version_of__in=firsts), viewer).filter(shown=True)
    found: dict[int, list[Version]] = {}
    for first, *told in (
        items.annotate(number=number).order_by("pk").values_list("version_of_id", "number", "pk", "stac_id")
    ):
        found.setdefault(first, []).append(Version(*told))
    return {first: tuple(versions) for first, versions in found.items()}


def standing(versions: Sequence[Version], pk: int) -> Standing | None:
    """Return where the item `pk` stands among `versions`; None where it is not among them or stands alone."""
    places = [place for place, version in enumerate(versions) if version.pk == pk]
    if not places or len(versions) < 2:
        return None
    place = places[0]
    before = versions[place - 1] if place else None
    after = versions[place + 1] if place + 1 < len(versions) else None
    return Standing(versions[place], before, after, versions[-1])
