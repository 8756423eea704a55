# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refusals of what others publish in the catalogue."""

from dinamis.core.exceptions import DomainError


class ItemsRefused(DomainError):
    """Items that cannot be taken; `errors` name for each the member, the reason, the repair. Nothing was written."""

    status = 400
    code = "invalid_item"


class ItemExists(DomainError):
    """What was to be new is there already; `ids` names the first of them."""

    status = 409
    code = "item_exists"


class ItemKept(DomainError):
    """An image that its publisher may not change so, or not delete: what is here of it wins."""

    status = 409
    code = "item_kept"
