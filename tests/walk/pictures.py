# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of an image: its file must be there to be drawn."""

from django.conf import settings

from tests.dinamis.catalogue.imagery.helpers import landscape, write
from tests.walk.world import Case, World


def drawable(w: World, *place: str) -> Case:
    """The image whose file Alice may download; what is named after it in the address."""
    write(settings.FILES_ROOT / w.asset.storage_key, landscape(3, 64, 64))
    return Case((w.asset.item_id, *place))
