# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a request asks, for any page that shows one."""

from typing import Any

from django import template

from orders.selectors.requests import request_words

register = template.Library()


@register.inclusion_tag("orders/requests/_request_facts.html")
def request_facts(order: Any) -> dict[str, Any]:
    """How the images of an order are to be taken and made, and the window of each line of an acquisition."""
    return {"facts": request_words.request_facts(order), "order": order}
