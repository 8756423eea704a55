# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping the options that a provider tells for its products."""

from collections.abc import Sequence

from django.conf import settings

from dinamis.core import clock
from dinamis.providers.base import Option
from orders.domain.product_options import to_json
from orders.models import ProductOptions


def keep_options(*, provider: str, product_type: str, options: Sequence[Option]) -> ProductOptions:
    """Keep what a provider answered; the answer before is replaced. Raises ValueError for an empty one: a product
    without options is an answer that was not understood, and the last good one stays."""
    if not options:
        raise ValueError(f"no options for {product_type}")
    row, _created = ProductOptions.objects.update_or_create(
        provider=provider,
        product_type=product_type,
        defaults={"schema": to_json(options), "fetched_at": clock.now()},
    )
    return row


def reference_area() -> dict[str, object]:
    """Return a square of about 2 km around PRODUCT_OPTIONS_PLACE: options are asked for one place for all."""
    longitude, latitude = settings.DINAMIS["PRODUCT_OPTIONS_PLACE"]
    west, south, east, north = longitude - 0.01, latitude - 0.01, longitude + 0.01, latitude + 0.01
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
