# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keyset pages: a page costs the same wherever it is, and its cursor survives inserts."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dinamis.core.exceptions import Invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
WRITTEN = re.compile(r"id:[0-9]{1,18}")


def page_by_id(rows: "QuerySet[Any]", *, cursor: str, limit: int) -> tuple[Sequence[Any], str]:
    """Return at most `limit` rows after `cursor` by ascending id, and the cursor of the next page or "".

    Raises Invalid for a cursor we did not write.
    """
    if cursor:
        rows = rows.filter(pk__gt=_read(cursor))
    found = list(rows.order_by("pk")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return found, _write(found[-1].pk) if more else ""


def _write(pk: int) -> str:
    return base64.urlsafe_b64encode(f"id:{pk}".encode()).decode().rstrip("=")


def _read(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    if not WRITTEN.fullmatch(text):
        raise Invalid(_("This cursor was not given by us."), pointer="cursor", code="cursor")
    return int(text.removeprefix("id:"))
