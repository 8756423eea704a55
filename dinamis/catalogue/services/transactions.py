# SPDX-License-Identifier: AGPL-3.0-or-later
"""What data centres write into the catalogue with their keys (STAC API transactions), whole or not at all.

One writer at a time in a collection, deliveries included. An image whose files are here keeps its place and its
moments, since rights are counted from them, and is not deleted; one that is withheld or withdrawn is not touched.
Every verb raises NotPermitted where the key's organisation does not publish in the collection (docs/adr/0052).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from dinamis.accounts.models import ApiClient
from dinamis.catalogue import models
from dinamis.catalogue.enums import PublicationKind
from dinamis.catalogue.exceptions import ItemExists, ItemKept, ItemsRefused
from dinamis.catalogue.foreign import Refused, bounded, merged
from dinamis.catalogue.models import Item, Publication
from dinamis.catalogue.selectors.item_source import source_document
from dinamis.catalogue.services.bulk import Report, load_items
from dinamis.catalogue.services.keeping import is_withheld, kept, refresh_own, writing
from dinamis.catalogue.services.publishing_rights import check_right
from dinamis.core.exceptions import NotVisible

MOST_NAMED = 50
Check = Callable[[], None]


def publish_items(*, client: ApiClient, slug: str, documents: Mapping[str, Any], kind: PublicationKind) -> Report:
    """Write items of the collection `slug`: new ones (INSERT), or also changed ones (UPSERT); return the report.

    `documents` are parsed items with id and collection, by the JSON pointer at which they came. Raises ItemsRefused,
    ItemExists (INSERT of a known id), ItemKept, NotVisible (no such collection); then nothing is written.
    """
    ids = [str(document["id"]) for document in documents.values()]
    with _publishing(client, slug) as collection:
        if kind == PublicationKind.INSERT:
            report = _insert(collection, documents)
        else:
            _refuse_kept(collection, list(documents.values()))
            report = _load(slug, documents)
            refresh_own(collection, ids)
        stac_id = ids[0] if len(ids) == 1 else ""
        _note(client, kind, slug, stac_id, created=report.created, updated=report.updated)
    return report


def replace_item(*, client: ApiClient, slug: str, stac_id: str, document: Any, check: Check) -> Report:
    """Put `document` in the place of an item. `check` is called when nobody else can write any more, and may raise.

    Raises NotVisible, ItemsRefused, ItemKept; then nothing is written.
    """
    with _publishing(client, slug) as collection:
        _existing(collection, stac_id)
        check()
        return _put(client, PublicationKind.REPLACE, collection, document)


def change_item(*, client: ApiClient, slug: str, stac_id: str, patch: Mapping[str, Any], check: Check) -> Report:
    """Change an item by a JSON merge patch (RFC 7396) of what its source said of it; else as `replace_item`."""
    with _publishing(client, slug) as collection:
        item = _existing(collection, stac_id)
        check()
        document = merged(source_document(item), patch)
        try:
            bounded(document)
        except Refused as fault:
            raise refusal([fault_at("", fault)], 1) from fault
        return _put(client, PublicationKind.CHANGE, collection, document)


def delete_item(*, client: ApiClient, slug: str, stac_id: str, check: Check) -> None:
    """Delete an item that is nobody's but its source's. Raises NotVisible, ItemKept."""
    with _publishing(client, slug) as collection:
        item = _existing(collection, stac_id)
        check()
        if item.held or item.assets.exists():
            raise ItemKept(_("The files of “%s” are here: it is not deleted.") % stac_id, ids=[stac_id])
        try:
            item.delete()
        except ProtectedError as error:
            raise ItemKept(_("Orders or coverages name “%s”: it is not deleted.") % stac_id, ids=[stac_id]) from error
        _note(client, PublicationKind.DELETE, slug, stac_id, deleted=1)


@contextmanager
def _publishing(client: ApiClient, slug: str) -> Iterator[models.Collection]:
    """Hold the collection for the organisation of a key, whose right nobody ends meanwhile."""
    with writing(slug) as collection:
        check_right(client, collection)
        yield collection


# --- what wins ---


def _existing(collection: models.Collection, stac_id: str) -> Item:
    items = Item.objects.select_for_update(of=("self",)).select_related("collection", "document")
    item = items.filter(collection=collection, stac_id=stac_id).first()
    if item is None:
        names = {"item": stac_id[:80], "collection": collection.slug}
        raise NotVisible(_("There is no item “%(item)s” in “%(collection)s”.") % names)
    if is_withheld(item):
        raise _withheld([stac_id])
    return item


def _refuse_kept(collection: models.Collection, documents: Sequence[Any]) -> None:
    """Raise ItemKept when one of `documents` would change what wins over it."""
    withheld, moved = kept(collection, documents)
    if withheld:
        raise _withheld(withheld)
    if moved:
        raise ItemKept(
            _("Files of these images are here: their footprint and their moments stay as they are."),
            ids=moved[:MOST_NAMED],
            repair=_("Send the present geometry and datetimes, or another id for another image."),
        )


def _withheld(ids: Sequence[str]) -> ItemKept:
    return ItemKept(
        _("These images are reserved, under embargo or withdrawn here: they are not changed from outside."),
        ids=list(ids)[:MOST_NAMED],
        repair=_("Ask the DINAMIS office."),
    )


# --- writing ---


def _put(client: ApiClient, kind: PublicationKind, collection: models.Collection, document: Any) -> Report:
    _refuse_kept(collection, [document])
    report = _load(collection.slug, {"": document})
    stac_id = str(document["id"])
    refresh_own(collection, [stac_id])
    _note(client, kind, collection.slug, stac_id, updated=report.updated)
    return report


def _insert(collection: models.Collection, documents: Mapping[str, Any]) -> Report:
    ids = [str(document["id"]) for document in documents.values()]
    if known := _known(collection, ids):
        raise _exists(known)
    report = _load(collection.slug, documents)
    if report.created != len(ids):
        # A load that does not wait for us was faster.
        raise _exists(ids)
    return report


def _load(slug: str, documents: Mapping[str, Any]) -> Report:
    pointers = list(documents)
    report = load_items(documents.values(), collection=slug)
    if report.refused:
        errors = [fault_at(pointers[one.position - 1], one.fault) for one in report.refusals[:MOST_NAMED]]
        raise refusal(errors, report.refused)
    return report


def fault_at(pointer: str, fault: Refused) -> dict[str, str]:
    """Return one fault of an item that came at `pointer`, as problems name it."""
    member = fault.member.replace(".", "/")
    place = f"{pointer}/{member}" if member else pointer
    return {"pointer": place, "detail": fault.reason, "code": "invalid_item", "repair": fault.repair}


def refusal(errors: Sequence[Mapping[str, str]], count: int) -> ItemsRefused:
    """Return the refusal of `count` items, of which `errors` are the first."""
    words = _("%(count)d items cannot be taken: see errors. Nothing was written.") % {"count": count}
    return ItemsRefused(words, errors=list(errors))


def _known(collection: models.Collection, ids: Collection[str]) -> list[str]:
    rows = Item.objects.filter(collection=collection, stac_id__in=list(ids))
    return list(rows.order_by("stac_id").values_list("stac_id", flat=True)[:MOST_NAMED])


def _exists(ids: Sequence[str]) -> ItemExists:
    return ItemExists(
        _("There are items of these names already. Nothing was written."),
        ids=list(ids)[:MOST_NAMED],
        repair=_("Replace them by PUT, or send them in bulk by the method “upsert”."),
    )


def _note(client: ApiClient, kind: PublicationKind, slug: str, stac_id: str, **counts: int) -> None:
    Publication.objects.create(client=client, kind=kind, collection=slug, stac_id=stac_id, **counts)
