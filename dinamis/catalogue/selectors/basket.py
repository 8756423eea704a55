# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of the images a person has put aside."""

from dataclasses import dataclass
from typing import Any

from django.db.models import FloatField, Value

from dinamis.accounts.models import User
from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Asset, Item
from dinamis.catalogue.selectors.coverage_files import CellFile
from dinamis.catalogue.selectors.viewer import Viewer, with_state


@dataclass(frozen=True)
class Basket:
    """The images put aside, in the order they were, with their `state` for the viewer; `gone` is how many others
    are in the catalogue no more."""

    images: tuple[Item, ...]
    gone: int

    def of(self, state: ItemState) -> list[Item]:
        """Return the images in one state."""
        return [image for image in self.images if image.state == state]


def basket_of(owner: User, viewer: Viewer) -> Basket:
    """Return the basket of a person, as `viewer` (the same person now) may see it. Two queries."""
    order = {pk: place for place, pk in enumerate(owner.basket.values_list("item", flat=True))}
    found = with_state(Item.objects.filter(pk__in=order), viewer).select_related("collection__licence")
    # Rows of a list tell how much of an area they cover: here there is none.
    found = found.annotate(covers=Value(None, output_field=FloatField()))
    images = tuple(sorted(found, key=lambda image: order[image.pk]))
    return Basket(images, gone=len(order) - len(images))


def put_aside(person: Any) -> frozenset[int]:
    """Return the ids of the images a person has put aside; nobody, signed out, has any."""
    return frozenset(person.basket.values_list("item", flat=True)) if person.is_authenticated else frozenset()


def files_of(basket: Basket) -> list[CellFile]:
    """Return the data files of the images that may be downloaded now, each with the name of its image."""
    held = {image.pk: image.stac_id for image in basket.of(ItemState.HELD)}
    rows = Asset.objects.filter(item__in=held, public=False).select_related("item__collection__licence")
    by_image: dict[int, list[CellFile]] = {pk: [] for pk in held}
    for asset in rows.order_by("key"):
        by_image[asset.item_id].append(CellFile(held[asset.item_id], asset))
    return [file for files in by_image.values() for file in files]
