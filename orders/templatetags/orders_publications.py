# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publications on pages of other apps."""

from typing import Any

from django import template

from orders.domain.doi import address
from orders.selectors.duties.obligations import used_in as works_of

register = template.Library()

register.filter("doi_address", address)


@register.inclusion_tag("orders/requests/_used_in.html")
def used_in(image: Any) -> dict[str, Any]:
    """The works that used an image; nothing when there is none."""
    return {"works": list(works_of(image.pk))}
