# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a caller must be before a view runs. Refusal is the default: a view says for whom it is."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission

from dinamis.accounts.models import ApiClient
from dinamis.core.exceptions import NotPermitted
from dinamis.core.keys import KeyForbidden


class Scoped(BasePermission):
    """A signed-in person, or a key that holds the scope the view declares; a view without one refuses keys."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Tell whether the caller is known. Raises KeyForbidden for a key without the scope."""
        client = request.auth
        if not isinstance(client, ApiClient):
            return bool(request.user and request.user.is_authenticated)
        scopes = scopes_of(view, request.method)
        if not scopes:
            raise KeyForbidden(_("An API key cannot do this: sign in with a browser."))
        if not scopes & set(client.scopes):
            raise KeyForbidden(
                _("This key does not hold the scope: %(scopes)s.") % {"scopes": ", ".join(sorted(scopes))},
                code="scope_missing",
                scopes=sorted(scopes),
            )
        return True


def needs_person(request: Any) -> Any:
    """Return the person a request acts as. Raises NotPermitted for the key of an organisation."""
    if not request.user.is_authenticated:
        raise NotPermitted(_("This key acts for an organisation, and this is about a person."), code="person_required")
    return request.user


def scopes_of(view: Any, method: str) -> set[str]:
    """Return the scopes of which one opens the view to a key; what changes something may have scopes of its own."""
    changing = getattr(view, "changing_scopes", ()) if method not in SAFE_METHODS else ()
    return {str(getattr(scope, "value", scope)) for scope in changing or getattr(view, "scopes", ())}


class SecondFactor(BasePermission):
    """A browser session that passed a second factor: what decides on others is done by a person who is there."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Tell whether the session did. Raises KeyForbidden for a key, NotPermitted without the second factor."""
        if isinstance(request.auth, ApiClient):
            raise KeyForbidden(_("An API key cannot do this: sign in with a browser."))
        if not request.user.is_authenticated:
            return False
        if not passed_second_factor(request):
            raise NotPermitted(_("Sign in with your second factor first."), code="second_factor_required")
        return True


def passed_second_factor(request: Any) -> bool:
    """Tell whether the session of this request was opened with a second factor."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))
