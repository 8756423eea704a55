# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second factor of office people, and the recent proof of who one is before signing (step-up).

The age of a sign-in is measured on the machine's clock, as allauth writes it: sessions live in real time.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.signals import authenticator_added
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dinamis.accounts.rules import needs_second_factor
from dinamis.accounts.selectors.second_factor import has_second_factor
from dinamis.core.problem import problem, wants_problem

# What an office person may open before the second factor is there; everything else waits, also what is added later.
OPEN_VIEWS = frozenset({"set_language", "healthz", "readyz", "about", "accessibility", "legal"})
OPEN_PREFIXES = ("account_", "mfa_", "demo:")


class SecondFactorMiddleware:
    """Lead office people without a second factor to enrolment, and refuse them everything else.

    The session itself must have seen the factor: one opened with a password alone, before or beside the enrolment,
    opens nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Refuse with problem+json to programs, with a redirection to people; None lets the view answer."""
        user = request.user
        if not user.is_authenticated or not needs_second_factor(user) or _is_open(request) or _proved(request):
            return None
        if wants_problem(request):
            return problem(403, "second_factor_required", _("This account needs a second factor: enrol one first."))
        if has_second_factor(user):
            logout(request)
            return redirect_to_login(request.get_full_path())
        messages.warning(request, _("Your role needs a second factor: add one, then go on."))
        return HttpResponseRedirect(reverse("mfa_index"))


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.view_name in OPEN_VIEWS or match.view_name.startswith(OPEN_PREFIXES))


def _proved(request: HttpRequest) -> bool:
    seen = any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))
    return seen and request.user.is_authenticated and has_second_factor(request.user)


@receiver(authenticator_added, dispatch_uid="dinamis.accounts.second_factor_added")
def _enrolment_is_a_proof(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Whoever enrols a factor has just used it: this session need not ask again."""
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def recently_signed_in(request: HttpRequest) -> bool:
    """Tell whether the person proved who they are within `SIGNING_SESSION_MINUTES`."""
    proofs = [record["at"] for record in get_authentication_records(request, request.user)]
    return bool(proofs) and time.time() - max(proofs) < settings.DINAMIS["SIGNING_SESSION_MINUTES"] * 60


def recent_sign_in_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask for a new proof of identity before a view that signs or gives away; what was sent is taken up afterwards.

    A person with neither password nor second factor signs in again: that is their only proof.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated or recently_signed_in(request):
            return view(request, *args, **kwargs)
        if get_reauthentication_flows(request.user):
            raise ReauthenticationRequired
        logout(request)
        messages.info(request, _("You signed in a while ago: sign in again to go on."))
        query = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('account_login')}?{query}")

    return wrapper


class _OnceOnly:
    """A code works once during all the time it is valid, the tolerated steps included."""

    user: Any

    def clean_code(self) -> str:
        """Check the code. Raises ValidationError: wrong, used already, or tried too often."""
        code: str = super().clean_code()  # type: ignore[misc]
        life = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 1)
        if not cache.add(f"second-factor:{self.user.pk}:{code}", 1, timeout=life):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceOnly, AuthenticateForm):
    """The code asked at sign-in."""


class CodeAgainForm(_OnceOnly, ReauthenticateForm):
    """The code asked again before a protected act."""
