# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person keeps of the catalogue."""

from django.http import QueryDict

from dinamis.catalogue.enums import Alert
from dinamis.catalogue.notifications import STOP
from dinamis.catalogue.services.basket import put_in
from dinamis.catalogue.services.publishing_rights import give_right
from dinamis.catalogue.services.saved_searches import save_search
from tests.walk.world import Case, World


def saved_search(w: World) -> Case:
    """A search that Alice keeps, with the form that changes it."""
    kept = save_search(owner=w.cast.alice, name="Dunes", query=QueryDict("cloud=10"), alert=Alert.DAILY)
    return Case((kept.pk,), {"name": "Côtes", "alert": "weekly"})


def basket(w: World) -> Case:
    """The image with files that Alice has put aside."""
    put_in(owner=w.cast.alice, items=[w.asset.item_id])
    return Case((), {"format": "txt"})


def stop_link(w: World) -> Case:
    """The link of a mail to Alice, who has an alert."""
    saved_search(w)
    return Case((STOP.sign(str(w.cast.alice.pk)),))


def new_publishing_right(w: World) -> Case:
    """The institute, to be let into the collection of the cast's image."""
    return Case((), {"organisation": w.cast.institute.pk, "collections": [w.asset.item.collection_id]})


def publishing_right(w: World) -> Case:
    """The same, let in already."""
    collection = w.asset.item.collection
    return Case((give_right(actor=w.cast.admin, organisation=w.cast.institute, collections=[collection])[0].pk,))
