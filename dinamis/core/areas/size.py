# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much is read at all."""

from django.conf import settings
from django.utils.translation import gettext as _

from dinamis.core.areas.errors import invalid


def check_size(size: int) -> None:
    """Raise Invalid when `size` bytes are more than is read, or none; to be asked before they are read."""
    limit = settings.DINAMIS["AOI_MAX_BYTES"]
    if size > limit:
        raise invalid(
            "too_large",
            _("The file has %(size)d MB; %(limit)d MB at most are read.")
            % {"size": -(-size // 2**20), "limit": limit // 2**20},
            _("Simplify the outline first, or draw the area on the map."),
        )
    if size == 0:
        raise invalid("empty", _("The area is empty."), _("Draw it on the map, or upload a file."))
