# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words of groupings."""

from django import template

from orders.enums import Leaving

register = template.Library()


@register.filter
def leaving_words(code: str) -> str:
    """Return why a request left a grouping, in the language in use."""
    return str(Leaving(code).label)
