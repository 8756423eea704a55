# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ordering again what an archive order was about: its images or its area, judged as if they were named today.

Two things are left behind: the reason why held images do not suffice, and "what is held already, too". Both speak of
what was held then; copied, they would let the comparison of today pass unread.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dinamis.catalogue.models import Item
from dinamis.core import geo
from dinamis.core.exceptions import Invalid
from orders.domain.bundles import BUNDLES
from orders.enums import OrderKind, OrderState
from orders.models import Order
from orders.selectors.requests.archive import sought_of
from orders.selectors.requests.listing import order_of
from orders.services.requests.archive_draft import COLUMNS
from orders.services.requests.draft import chosen_options


def again_url(order: Order) -> str:
    """Return the address on which another request is begun from this one, "" for a draft of an archive order."""
    if order.kind == OrderKind.ACQUISITION:
        page = "orders:new_acquisition"
    elif order.state == OrderState.DRAFT:
        return ""
    else:
        page = "orders:new_archive" if hasattr(order, "archive_search") else "orders:new"
    return f"{reverse(page)}?from={order.reference}"


def former_of(request: Any) -> Order | None:
    """Return the archive order that the address names by `from`, None unless the person may read it."""
    reference = request.GET.get("from", "")
    order = order_of(request.user, reference) if request.method == "GET" and reference else None
    return order if order is not None and order.kind == OrderKind.ARCHIVE else None


def scenes_of(order: Order) -> tuple[list[Item], list[Item]]:
    """Return the images of an order that may be ordered still, and those that were withdrawn from the catalogue."""
    scenes = [line.scene for line in order.items.all() if line.scene is not None]
    return [one for one in scenes if one.withdrawn_at is None], [one for one in scenes if one.withdrawn_at is not None]


def words_of(order: Order) -> dict[str, Any]:
    """Return what the form of an order of images holds at first."""
    return _words(order) | {"aoi": json.dumps(geo.to_geojson(geo.to_shapely(order.aoi)))}


def words_of_area(order: Order) -> dict[str, Any]:
    """Return what the form of an order over an area holds at first; of an order of images, its area."""
    if not hasattr(order, "archive_search"):
        return words_of(order)
    search = order.archive_search
    sought = {name: getattr(search, name) for name in COLUMNS if name != "with_held"}
    area = json.dumps(geo.to_geojson(sought_of(search).area))
    return _words(order) | sought | {"aoi": area, "family": order.family}


def tell(request: Any, order: Order, gone: Sequence[Item] = ()) -> None:
    """Say what of the former order is not taken over: images that were withdrawn, options that no choice stands for."""
    if gone:
        names = ", ".join(str(one) for one in gone)
        words = ngettext(
            "%(names)s is no longer in the catalogue and was left out.",
            "%(names)s are no longer in the catalogue and were left out.",
            len(gone),
        )
        messages.warning(request, words % {"names": names})
    if _bundle(order) is None:
        messages.warning(
            request, _("The options of the former order are not taken over: say below what the images are for.")
        )


def _words(order: Order) -> dict[str, Any]:
    return {
        "title": order.title,
        "project": order.project_id,
        "organisation": order.organisation_id,
        "bundle": _bundle(order) or "",
    }


def _bundle(order: Order) -> str | None:
    """The choice of the form that sets the options of an order, "" for the usual ones, None where none does."""
    return next((code for code in ("", *BUNDLES) if _options(order, code) == order.options), None)


def _options(order: Order, bundle: str) -> dict[str, str] | None:
    try:
        return chosen_options(order.kind, order.family, None, bundle=bundle)
    except Invalid:
        # The provider no longer makes it so.
        return None
