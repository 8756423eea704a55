# SPDX-License-Identifier: AGPL-3.0-or-later
"""The answer of held first in one sentence, the same on pages and in the API."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from dinamis.core.templatetags.ui import percent
from orders.selectors.holdings.held import Held, Part, PartKind, Signature

# What rounds to nothing is not spoken of.
WORTH_SAYING = 0.5


def sentence(held: Held) -> str:
    """Return the answer in one sentence: "82 % held: 61 % you may download now, 21 % …, 18 % nobody has"."""
    if held.part(PartKind.NOBODY).percent > 100 - WORTH_SAYING:
        return _("Nobody has any image of this area that fits")
    parts = [words for words in _shares(held) if words]
    head = _("%(share)s held") % {"share": percent(held.held_percent)}
    if held.held_percent < WORTH_SAYING:
        head = _("Nothing of this area is held")
    colon = _("%(head)s: %(parts)s")
    return colon % {"head": head, "parts": ", ".join(parts)} if parts else head


def _shares(held: Held) -> Iterator[str]:
    yield _said(held.part(PartKind.DOWNLOAD), _("%(share)s you may download now"))
    for signature in held.signatures:
        if signature.percent >= WORTH_SAYING:
            yield _signing(signature) % {"share": percent(signature.percent), "name": signature.licence.name}
    yield _said(held.part(PartKind.CLOSED), _("%(share)s not open to you"))
    yield _said(held.part(PartKind.ON_ORDER), _("%(share)s ordered by somebody"))
    yield _said(held.part(PartKind.PLANNED), _("%(share)s in a coverage under way"))
    yield _said(held.part(PartKind.NOBODY), _("%(share)s nobody has"))


def _said(part: Part, words: str) -> str:
    return words % {"share": percent(part.percent)} if part.percent >= WORTH_SAYING else ""


def _signing(signature: Signature) -> str:
    if signature.by_organisation and signature.by_person:
        return _("%(share)s if your organisation and you sign “%(name)s”")
    if signature.by_organisation:
        return _("%(share)s if your organisation signs “%(name)s”")
    return _("%(share)s if you sign “%(name)s”")
