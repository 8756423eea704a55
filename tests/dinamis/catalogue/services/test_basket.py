# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.models import BasketItem
from dinamis.catalogue.selectors.basket import basket_of, files_of, put_aside
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.catalogue.services.basket import empty, put_in, take_out
from dinamis.core import clock, keys
from dinamis.core.exceptions import Invalid, NotVisible
from dinamis.core.personal import register
from tests.dinamis.catalogue.cast import build_world
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import AssetFactory, ItemFactory, quicklook_of

pytestmark = pytest.mark.django_db


def test_an_image_is_put_aside_once():
    owner, first, second = UserFactory(), ItemFactory(), ItemFactory()
    assert put_in(owner=owner, items=[second.pk]) == 1
    assert put_in(owner=owner, items=[first.pk, second.pk, first.pk]) == 1
    assert [row.item for row in owner.basket.all()] == [second, first]
    assert put_aside(owner) == {first.pk, second.pk}
    assert take_out(owner=owner, items=[first.pk, 0]) == 1
    assert empty(owner=owner) == 1
    assert not BasketItem.objects.exists()


def test_what_is_not_in_the_catalogue_takes_the_others_with_it():
    owner, item, withdrawn = UserFactory(), ItemFactory(), ItemFactory(withdrawn_at=clock.now())
    for other in (0, withdrawn.pk):
        with pytest.raises(NotVisible):
            put_in(owner=owner, items=[item.pk, other])
    assert not BasketItem.objects.exists()


def test_no_more_than_the_limit(settings):
    settings.DINAMIS = {**settings.DINAMIS, "BASKET_MAX": 2}
    owner, items = UserFactory(), [ItemFactory().pk for _ in range(3)]
    put_in(owner=owner, items=items[:1])
    with pytest.raises(Invalid) as refused:
        put_in(owner=owner, items=items)
    assert (refused.value.code, bool(refused.value.repair)) == ("too_many", True)
    assert owner.basket.count() == 1
    assert put_in(owner=owner, items=items[:2]) == 1


def test_the_states_are_those_of_the_person():
    world = build_world()
    items = [item for name, item in world.items.items() if name != "withdrawn"]
    for item in items:
        AssetFactory(item=item)
        quicklook_of(item)
    for person in (world.people["entitled"], world.people["unsigned"]):
        put_in(owner=person, items=[item.pk for item in items])
    entitled, unsigned = (
        basket_of(person, viewer_of(person)) for person in (world.people["entitled"], world.people["unsigned"])
    )
    held = [world.items[name] for name in ("held", "embargo_over", "reserved_ours")]
    assert entitled.of(ItemState.HELD) == unsigned.of(ItemState.UNLOCK) == held
    assert entitled.of(ItemState.ORDER) == [world.items["scene"]]
    assert [(file.code, file.asset.public) for file in files_of(entitled)] == [(it.stac_id, False) for it in held]
    assert files_of(unsigned) == []


def test_what_was_withdrawn_since_is_counted(settings):
    owner, item = UserFactory(), ItemFactory()
    put_in(owner=owner, items=[item.pk, ItemFactory().pk])
    item.withdrawn_at = clock.now()
    item.save()
    basket = basket_of(owner, viewer_of(owner))
    assert (len(basket.images), basket.gone) == (1, 1)


def test_an_erased_account_keeps_no_basket():
    owner, other = UserFactory(), UserFactory()
    item = ItemFactory()
    for person in (owner, other):
        put_in(owner=person, items=[item.pk])
    for erase in reversed(register.erasers):
        erase(owner)
    assert [row.owner for row in BasketItem.objects.all()] == [other]


@pytest.mark.parametrize("verb", [put_in, take_out])
def test_a_key_neither_puts_in_nor_takes_out(verb):
    owner, item = UserFactory(), ItemFactory()
    with keys.window():
        keys.act_as(object())
        with pytest.raises(keys.KeyForbidden):
            verb(owner=owner, items=[item.pk])
        with pytest.raises(keys.KeyForbidden):
            empty(owner=owner)
    assert not BasketItem.objects.exists()
