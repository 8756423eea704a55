# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures drawn while somebody waits: a few at a time in each process, the rest is told to come again (ADR 27)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from dinamis.catalogue.imagery.errors import ImageryError
from dinamis.catalogue.models import Asset
from dinamis.core.exceptions import Busy, Invalid, NotVisible

DAY = 24 * 3600
T = TypeVar("T")
_places = threading.BoundedSemaphore(settings.DINAMIS["PREVIEWS_AT_ONCE"])


def tile_of(asset: Asset, tile: tuple[int, int, int], form: str) -> bytes:
    """Return a tile (z, x, y) as `png` or `webp`. Raises Busy, NotVisible."""
    from dinamis.catalogue.imagery import preview

    return _drawn(
        asset, lambda path: preview.draw_tile(path, tile, form=form, levels=_levels(asset, path, preview.find_levels))
    )


def part_of(asset: Asset, bbox: tuple[float, float, float, float] | None, form: str, pixels: int) -> bytes:
    """Return a part (degrees; None is all) as `png` or `webp` of at most `pixels` a side, or as GeoTIFF (`tif`).

    Raises Busy, NotVisible, Invalid when the part is outside the image, too small, or too large to be cut out.
    """
    from dinamis.catalogue.imagery import preview

    part = preview.Part(bbox)
    if form == "tif":
        return _drawn(asset, lambda path: preview.cut_part(path, part, pixels=pixels))
    return _drawn(
        asset,
        lambda path: preview.draw_part(
            path, part, form=form, levels=_levels(asset, path, preview.find_levels), pixels=pixels
        ),
    )


def _drawn(asset: Asset, draw: Callable[[Path], bytes]) -> bytes:
    with _place():
        try:
            return draw(settings.FILES_ROOT / asset.storage_key)
        except ImageryError as error:
            raise _refusal(error) from error


def _levels(asset: Asset, path: Path, find: Callable[[Path], T]) -> T:
    """The levels of a file, kept by its content."""
    key = f"preview:levels:{asset.sha256}"
    found: T | None = cache.get(key)
    if found is None:
        found = find(path)
        cache.set(key, found, DAY)
    return found


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=settings.DINAMIS["PREVIEW_WAIT_SECONDS"]):
        raise Busy(_("Many images are being drawn at this moment. Try again in a few seconds."))
    try:
        yield
    finally:
        _places.release()


def _refusal(error: ImageryError) -> Exception:
    """What an unusable part or file becomes for whoever asked."""
    words = {
        "outside": (_("The image does not reach this part."), _("Ask for a part within its footprint.")),
        "too_small": (_("The part is smaller than a pixel."), _("Ask for a larger part.")),
        "too_large": (
            _("The part is too large to be cut out."),
            _("Ask for at most %(pixels)d pixels a side, or download the file.")
            % {"pixels": settings.DINAMIS["PREVIEW_MAX_PIXELS"]},
        ),
    }
    if error.code in words:
        reason, repair = words[error.code]
        return Invalid(reason, pointer="bbox", repair=repair, code=error.code)
    if error.code == "no_grid":
        reason = _("This image is not on a map grid: it is given as a picture only.")
        return Invalid(reason, pointer="format", repair=_("Write png or webp."), code=error.code)
    return NotVisible(_("Nothing can be drawn of this image."), code=error.code)
