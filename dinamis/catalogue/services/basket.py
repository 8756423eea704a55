# SPDX-License-Identifier: AGPL-3.0-or-later
"""Putting images aside."""

from collections.abc import Collection

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.catalogue.models import BasketItem, Item
from dinamis.core.exceptions import Invalid, NotVisible
from dinamis.core.keys import refuse_keys
from dinamis.core.personal import register


def put_in(*, owner: User, items: Collection[int]) -> int:
    """Put published images (ids) aside; those that are there already stay. Returns how many were new.

    Raises NotVisible for an unknown image, Invalid when there is no room, KeyForbidden while an API key acts; then
    nothing is put aside.
    """
    refuse_keys()
    wanted = set(items)
    most = settings.DINAMIS["BASKET_MAX"]
    with transaction.atomic():
        # Two clicks at once must not both take the last place.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        there = set(owner.basket.values_list("item", flat=True))
        new = wanted - there
        if Item.objects.published().filter(pk__in=new).count() != len(new):
            raise NotVisible(_("This image is not in the catalogue."))
        if len(there) + len(new) > most:
            raise Invalid(
                _("The basket holds %(most)d images at most.") % {"most": most},
                pointer="item",
                repair=_("Take some out first."),
                code="too_many",
            )
        BasketItem.objects.bulk_create([BasketItem(owner=owner, item_id=pk) for pk in sorted(new)])
    return len(new)


def take_out(*, owner: User, items: Collection[int]) -> int:
    """Take images out of the basket. Returns how many there were; KeyForbidden while an API key acts."""
    refuse_keys()
    return BasketItem.objects.filter(owner=owner, item__in=set(items)).delete()[0]


def empty(*, owner: User) -> int:
    """Take everything out. Returns how many images there were; KeyForbidden while an API key acts."""
    refuse_keys()
    return BasketItem.objects.filter(owner=owner).delete()[0]


def erase_basket(person: User) -> None:
    """Delete the basket of an erased account."""
    BasketItem.objects.filter(owner=person).delete()


register.erasers.append(erase_basket)
