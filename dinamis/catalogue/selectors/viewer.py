# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one person may do with images, in the form lists and tiles are coloured by."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When

from dinamis.accounts.enums import MembershipState
from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import Asset, Item
from dinamis.catalogue.models.item import ItemQuerySet, allowed, past, past_embargo
from dinamis.core import clock
from licensing.enums import Action
from licensing.selectors.decision import Permitted, permitted

# Items with columns that no field declares; the type checker cannot know them.
Annotated = QuerySet[Any, Any]


@dataclass(frozen=True)
class Viewer:
    """A person at a moment: the rights to download, and the organisations they are an active member of."""

    permitted: Permitted
    organisation_ids: tuple[int, ...] = ()

    @property
    def at(self) -> datetime:
        """The moment the rights were computed for."""
        return self.permitted.at

    @property
    def fingerprint(self) -> str:
        """The same for all who may do the same: what is drawn for one of them is right for the others."""
        rights = (self.permitted.allows, self.permitted.denies, self.permitted.embargoes, self.organisation_ids)
        return hashlib.sha256(repr(rights).encode()).hexdigest()


def viewer_of(user: Any, *, project: int | None = None, at: datetime | None = None) -> Viewer:
    """Return what `user` (a person or an anonymous user) may download at `at`, for `project` if one is named."""
    moment = at or clock.now()
    rights = permitted(user, Action.DOWNLOAD, project=project, at=moment)
    if not user.is_authenticated:
        return Viewer(rights)
    memberships = user.memberships.filter(state=MembershipState.ACTIVE)
    return Viewer(rights, tuple(sorted(memberships.values_list("organisation_id", flat=True))))


def with_state(items: ItemQuerySet, viewer: Viewer) -> Annotated:
    """Add `state`, `shown` and `has_quicklook` to published items; the one SQL of pages, facets and tiles.

    `state` (ItemState), for this person:
      held    the files are here and `decide()` allows the download;
      unlock  the files are here and signatures are all that is missing;
      order   nobody has the files: a provider can deliver them. A fact about the image: what a person lacks in order
              to order it is said where they order;
      none    the files are here and more than a signature is missing, or the image is withheld.
    `shown` tells whether more than footprint and date may be told to this person (embargo, hold-back).
    """
    may, signs, open_ = allowed(viewer.permitted), _only_signs(viewer), _open(viewer.at)
    state = Case(
        When(may & Q(held=True), then=Value(ItemState.HELD.value)),
        When(signs & Q(held=True), then=Value(ItemState.UNLOCK.value)),
        When(open_ & Q(held=False), then=Value(ItemState.ORDER.value)),
        default=Value(ItemState.NONE.value),
        output_field=CharField(),
    )
    shown = Case(When(open_ | may | signs, then=Value(True)), default=Value(False), output_field=BooleanField())
    picture = Exists(Asset.objects.filter(item=OuterRef("pk"), public=True))
    published: Annotated = items.published()
    return published.annotate(state=state, shown=shown, has_quicklook=picture)


def _only_signs(viewer: Viewer) -> Q:
    """Signatures are all that is missing, and the image is not withheld from the person's organisations."""
    mine = past("hold_back_until", viewer.at) | Q(hold_back_organisation_id__in=viewer.organisation_ids)
    return Q(collection__licence_id__in=viewer.permitted.unlockable_licence_ids) & past_embargo(viewer.at) & mine


def _open(at: datetime) -> Q:
    return past_embargo(at) & past("hold_back_until", at)


def without_delivered_twins(items: Annotated, at: datetime) -> Annotated:
    """Leave out archive scenes whose delivered product is in the catalogue for all to see: it stands for both."""
    twins = _delivered(at).filter(source_id=OuterRef("source_id"))
    return items.exclude(Q(Exists(twins)), held=False)


def delivered_scenes(at: datetime) -> Q:
    """The condition that a delivered product of the same scene is in the catalogue for all to see."""
    return Q(source_id__gt="", source_id__in=_delivered(at).values("source_id"))


def _delivered(at: datetime) -> ItemQuerySet:
    return Item.objects.published().filter(_open(at), held=True).exclude(source_id="")


def visible_item(pk: int, viewer: Viewer) -> Item | None:
    """Return one published image with its state for this person, or None."""
    return with_state(Item.objects.filter(pk=pk), viewer).select_related("collection__licence").first()


def delivered_twin(item: Item, viewer: Viewer) -> Item | None:
    """Return the delivered product of an archive scene that is not held itself, or None."""
    if item.held or not item.source_id:
        return None
    twins = with_state(Item.objects.filter(held=True, source_id=item.source_id), viewer)
    return twins.filter(shown=True).select_related("collection__licence").order_by("-datetime", "pk").first()
