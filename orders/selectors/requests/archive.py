# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which scenes of the archive to order for an area and days: few, each for a part of its own (docs/adr/0045)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from dinamis.catalogue.enums import CollectionKind, ItemState, ProductFamily
from dinamis.catalogue.models import Collection, Item
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import geo
from dinamis.core.exceptions import Invalid
from dinamis.core.surface import surface_m2
from orders.domain.scene_parts import Shared, needed, shared_out
from orders.enums import AcquisitionMode
from orders.models import ArchiveSearch, Order
from orders.selectors.holdings.held import LITTLE, Held, held_first, wanted_of_search
from orders.selectors.holdings.held_images import Kind, covered_by


@dataclass(frozen=True, kw_only=True)
class Sought:
    """An area (degrees) and what the images must be. Days of Paris, both included; None = whatever it is.

    `with_held`: the whole area, though parts of it are held.
    """

    area: BaseGeometry
    family: str
    first: date
    last: date
    mode: str = AcquisitionMode.MONO
    cloud_max: int | None = None
    incidence_max: float | None = None
    with_held: bool = False

    def filters(self) -> SearchFilters:
        """Return the same as the conditions of a search, without its place."""
        return wanted_of_search(self.family, self)


@dataclass(frozen=True)
class Found:
    """What is held of the area, what of it is to be ordered, the scenes that show that and the part of each."""

    held: Held
    asked: BaseGeometry
    scenes: tuple[Item, ...]
    shared: Shared

    @property
    def rest_m2(self) -> float:
        """What no scene that was chosen shows, in m2."""
        return surface_m2(self.shared.rest)

    @property
    def covered_percent(self) -> float:
        """How much of what is asked the scenes show."""
        return 100 * (1 - self.rest_m2 / surface_m2(self.asked))

    def parts(self) -> list[tuple[Item, BaseGeometry]]:
        """Return each scene with its part."""
        return list(zip(self.scenes, self.shared.parts, strict=True))


def archive_families() -> list[str]:
    """Return the product families of which scenes of the archive are ordered and known here."""
    known = Collection.objects.filter(kind=CollectionKind.ARCHIVE).values_list("family", flat=True)
    return [family for family in settings.DINAMIS["ARCHIVE_PRODUCT_TYPES"] if family in set(known)]


def check_family(family: str) -> None:
    """Raise Invalid for a product family of which nothing is ordered from the archive."""
    if family in settings.DINAMIS["ARCHIVE_PRODUCT_TYPES"]:
        return
    names = ", ".join(str(ProductFamily(one).label) for one in archive_families())
    raise Invalid(
        _("Images of this sensor are not ordered from the archive."),
        pointer="family",
        repair=_("Choose one of: %(values)s.") % {"values": names},
        code="not_ordered",
    )


def sought_of(row: ArchiveSearch) -> Sought:
    """Return what an order was sought by."""
    names = ("first", "last", "mode", "cloud_max", "incidence_max", "with_held")
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    return Sought(area=geo.to_shapely(row.area), family=row.order.family, **values)


def scenes_for(sought: Sought, person: Any, *, named: Sequence[int] | None = None, but: Order | None = None) -> Found:
    """Return few scenes that show what is to be ordered, or those that are `named`, and share the area out among them.

    `but` is the order that is being changed: it is not counted as running. Raises Invalid: nothing is left to order, no
    scene is known that suits, a named one does not suit or adds nothing.
    """
    filters = sought.filters()
    held = held_first(sought.area, person, filters, but=but)
    asked = sought.area if sought.with_held else held.residual
    if asked.is_empty:
        raise _nothing_left()
    collections = tuple(Collection.objects.filter(family=sought.family).values_list("pk", flat=True))
    kind = Kind(ItemState.ORDER, collections, filters, viewer_of(person, at=held.at))
    scenes = _chosen(kind, asked) if named is None else _named(kind, named)
    return _shared(held, asked, scenes, exact=named is not None)


def _chosen(kind: Kind, asked: BaseGeometry) -> list[Item]:
    little = LITTLE * asked.area
    found = covered_by(kind, asked, little)
    scenes = _rows(found.images)
    kept = needed(asked, [geo.to_shapely(scene.footprint) for scene in scenes], little)
    if not kept:
        raise Invalid(
            _("The archive has no image of what is left of this area that suits."),
            pointer="area",
            repair=_("Widen the days or the clouds, or request an acquisition."),
            code="no_scene",
        )
    return [scenes[place] for place in kept]


def _named(kind: Kind, named: Sequence[int]) -> list[Item]:
    ids = list(dict.fromkeys(named))
    if not ids:
        raise Invalid(_("No image is chosen."), pointer="scenes", repair=_("Choose at least one."), code="empty")
    suit = kind.among(ids) & set(kind.candidates().filter(pk__in=ids).values_list("pk", flat=True))
    if unsuited := [pk for pk in ids if pk not in suit]:
        raise _unsuited(", ".join(str(pk) for pk in unsuited[:5]))
    return _rows(ids)


def _shared(held: Held, asked: BaseGeometry, scenes: Sequence[Item], *, exact: bool) -> Found:
    rules = settings.DINAMIS
    outlines = [geo.to_shapely(scene.footprint) for scene in scenes]
    shared = shared_out(
        asked, outlines, sliver_m=rules["RESIDUAL_SLIVER_METRES"], most_vertices=rules["PROVIDER_MAX_VERTICES"]
    )
    pairs = list(zip(scenes, shared.parts, strict=True))
    if exact and (idle := [scene for scene, part in pairs if part.is_empty]):
        raise _unsuited(", ".join(str(scene) for scene in idle[:5]))
    kept = [(scene, part) for scene, part in pairs if not part.is_empty]
    if not kept:
        raise _nothing_left()
    return Found(held, asked, tuple(scene for scene, _p in kept), Shared(tuple(part for _s, part in kept), shared.rest))


def _rows(ids: Sequence[int]) -> list[Item]:
    found = Item.objects.published().select_related("collection__licence").in_bulk(list(ids))
    return [found[pk] for pk in ids if pk in found]


def _nothing_left() -> Invalid:
    return Invalid(
        _("Nothing of this area is left to order: it is held, or on its way."),
        pointer="area",
        repair=_("Download what is held, or order it all the same and say why."),
        code="nothing_left",
    )


def _unsuited(names: str) -> Invalid:
    return Invalid(
        _("Not among the images that this order needs: %(names)s.") % {"names": names},
        pointer="scenes",
        repair=_("Leave them out; a dry run names the images that suit."),
        code="unsuited_scene",
    )
