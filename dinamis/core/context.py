# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every page needs: the navigation of this person."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

# (URL name, label, permission or "signed_in" or "")
NAVIGATION = (
    ("catalogue:search", _("Catalogue"), ""),
    ("catalogue:coverages", _("Coverages"), ""),
    ("orders:list", _("My orders"), "signed_in"),
    ("licensing:rights", _("My rights"), "signed_in"),
    ("accounts:organisation", _("Organisation"), "signed_in"),
    ("orders:desk", _("Office"), "licensing.moderate"),
    ("orders:sessions", _("Sessions"), "licensing.moderate"),
    ("licensing:blocks", _("Blocks"), "licensing.moderate"),
    ("licensing:opinions", _("Opinions"), "licensing.opine"),
    ("orders:opinions", _("Opinions on orders"), "orders.opine"),
    ("licensing:office_licences", _("Licences"), "licensing.publish"),
)
FOOTER = (
    ("orders:transparency", _("Public figures")),
    ("accessibility", _("Accessibility: not compliant")),
    ("legal", _("Legal notice")),
    ("about", _("About DINAMIS")),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return `nav_items`, `demo_items` and `footer_items` (url, label, current) for the templates."""
    user = getattr(request, "user", None)
    items = [_item(request, name, label) for name, label, need in NAVIGATION if _shown(user, need)]
    demo = "dinamis.demo" in settings.INSTALLED_APPS
    demo_items = [("demo:people", _("People of the demo")), ("demo:mailbox", _("Mailbox"))] if demo else []
    return {
        "nav_items": _one_current([item for item in items if item]),
        "reviewer": _shown(user, "orders.declare_absence"),
        "demo_items": [item for item in (_item(request, *pair) for pair in demo_items) if item],
        "footer_items": [{"url": reverse(name), "label": label} for name, label in FOOTER],
    }


def _one_current(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave the mark on the innermost entry: /office/blocks/ lies below /office/ too."""
    innermost = max((len(item["url"]) for item in items if item["current"]), default=0)
    return [item | {"current": item["current"] and len(item["url"]) == innermost} for item in items]


def _shown(user: Any, need: str) -> bool:
    if not need:
        return True
    if user is None or not user.is_authenticated:
        return False
    return need == "signed_in" or bool(user.has_perm(need))


def _item(request: HttpRequest, name: str, label: Any) -> dict[str, Any] | None:
    try:
        url = reverse(name)
    except NoReverseMatch:
        return None
    return {"url": url, "label": label, "current": request.path.startswith(url)}
