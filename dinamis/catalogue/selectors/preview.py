# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which file a picture is drawn from, and whether this person may see it: the very question a download asks."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from dinamis.catalogue.models import Asset, Item
from dinamis.core.exceptions import Invalid, NotEntitled, NotVisible
from licensing.enums import Action
from licensing.selectors.decision import Deny, decide

COG = "image/tiff; application=geotiff; profile=cloud-optimized"


def preview_source(person: Any, pk: int, *, key: str = "", project: int | None = None, at: datetime) -> Asset:
    """Return the file to draw an image from: the one called `key`, else the one with most bands.

    Asks `decide()` for the download at `at`. Raises NotVisible when there is no such image, NotEntitled with
    everything that is missing, Invalid when none of its files can be drawn.
    """
    item = Item.objects.published().select_related("collection").filter(pk=pk).first()
    if item is None:
        raise NotVisible(_("There is no such image."))
    answer = decide(person, Action.DOWNLOAD, item.facts, project=project, at=at)
    if isinstance(answer, Deny):
        raise NotEntitled(_("You cannot see this image yet: something is missing."), missing=answer.missing())
    found = drawable(item)
    if not found:
        raise NotVisible(_("Nothing can be drawn of this image: its files are not here."), code="not_held")
    if not key:
        return found[0]
    for asset in found:
        if asset.key == key:
            return asset
    repair = _("Write one of: %(names)s.") % {"names": ", ".join(asset.key for asset in found)}
    raise Invalid(_("This file cannot be drawn."), pointer="asset", repair=repair, code="unknown_file")


def drawable(item: Item) -> list[Asset]:
    """Return the files that can be drawn, the one with most bands first."""
    files = item.assets.filter(public=False, media_type=COG) if item.held else Asset.objects.none()
    return sorted(files, key=lambda asset: (-len(asset.properties.get("bands", ())), asset.key))
