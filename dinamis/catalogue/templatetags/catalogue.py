# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words of the catalogue's pages."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from dinamis.catalogue import words
from dinamis.catalogue.enums import AdminKind, ItemState
from dinamis.catalogue.models import Item
from dinamis.catalogue.sensors import NBSP
from dinamis.core.templatetags.ui import number

register = template.Library()
register.filter("image_title", words.image_title)
register.filter("satellite_name", words.satellite_name)
register.filter("level_words", words.level_words)
register.filter("spectral_words", words.spectral_words)
register.filter("metres", words.metres)
register.filter("credit_line", words.credit_line)


@register.filter
def size(octets: int | None) -> str:
    """The size of a file in bytes, written with the unit that suits it: "1,5 Mo"."""
    if octets is None:
        return "—"
    amount, unit = float(octets), _("bytes")
    for larger in (_("kB"), _("MB"), _("GB"), _("TB")):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    digits = 1 if amount < 10 and unit != _("bytes") else 0
    return f"{number(amount, digits)}{NBSP}{unit}"


@register.filter
def place_kind(kind: str) -> str:
    """The word for an administrative level."""
    return str(AdminKind(kind).label)


@register.simple_tag(takes_context=True)
def state_words(context: Any, item: Item) -> str:
    """The word beside the colour of an image's state, when the state's own word does not say enough."""
    if item.state != ItemState.NONE:
        return ""
    if not item.shown:
        return _("Reserved for now")
    user = context.get("user")
    return _("Not open to you") if user is not None and user.is_authenticated else _("Held: sign in")


@register.filter
def cells_tiles(collection: str, year: int) -> str:
    """The template of the addresses of a coverage's tiles."""
    return f"/tiles/coverages/{collection}/{year}/{{z}}/{{x}}/{{y}}.mvt"
