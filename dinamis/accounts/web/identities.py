# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sign in with, link and unlink identities of other providers."""

from typing import Any

import requests
from allauth.account.signals import user_logged_in
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.signals import social_account_added
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dinamis.accounts import notifications
from dinamis.accounts.enums import IdentityOccasion
from dinamis.accounts.selectors.identity import configured_providers, has_other_means, linked_identities, provider_name
from dinamis.accounts.services.identity import observe, unlink_identity
from dinamis.accounts.web.second_factor import recent_sign_in_required
from dinamis.core.exceptions import DomainError
from dinamis.core.refusals import tell


@login_required
@require_safe
@never_cache
def identities(request):
    """Show the linked identities, what was said last, and what may be linked."""
    linked = list(linked_identities(request.user))
    context = {
        "rows": [_row(request, identity) for identity in linked],
        "offered": [p for p in configured_providers() if p.provider_id not in {i.provider for i in linked}],
        "evidence": request.user.affiliation_evidence.order_by("-observed_at", "-pk")[:10],
    }
    return render(request, "accounts/identities.html", context)


def _row(request, identity):
    return {
        "identity": identity,
        "provider": provider_name(identity.provider),
        "only_means": not has_other_means(request.user, identity),
    }


@require_POST
@never_cache
@recent_sign_in_required
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to a provider: to sign in or, for somebody signed in, to link an identity to this account.

    The answer is a page and no redirection: browsers hold one after a form to be a target of the form, which our
    content security policy keeps within the site.
    """
    offered = {provider.provider_id: provider.name for provider in configured_providers()}
    if provider_id not in offered:
        raise Http404
    linking = request.user.is_authenticated
    try:
        provider = get_adapter().get_provider(request, provider_id)
        process = AuthProcess.CONNECT if linking else AuthProcess.LOGIN
        leaving = provider.redirect(request, process=process, next_url=_next(request))
    except (requests.RequestException, OAuth2Error, ValueError, KeyError):
        messages.error(request, _("%(name)s does not answer. Try again later.") % {"name": offered[provider_id]})
        return redirect("socialaccount_connections" if linking else "account_login")
    return render(request, "accounts/leaving.html", {"url": leaving["Location"], "name": offered[provider_id]})


def _next(request: HttpRequest) -> str | None:
    url = request.POST.get(REDIRECT_FIELD_NAME, "")
    return url if url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure()) else None


@login_required
@require_POST
@recent_sign_in_required
def unlink(request, pk):
    """Take an identity off the account."""
    identity = get_object_or_404(linked_identities(request.user), pk=pk)
    try:
        unlink_identity(identity=identity, actor=request.user)
    except DomainError as error:
        tell(request, error)
    else:
        messages.success(request, _("The identity is no longer linked to your account."))
    return redirect("socialaccount_connections")


@receiver(user_logged_in, dispatch_uid="dinamis.accounts.identity_signed_in")
def _signed_in(sender: Any, request: HttpRequest, user: Any, sociallogin: Any = None, **kwargs: Any) -> None:
    """Keep what the provider said, once the sign-in is complete: address verified, second factor shown."""
    if sociallogin is not None:
        _observe(user, sociallogin.account, IdentityOccasion.SIGNED_IN)


@receiver(social_account_added, dispatch_uid="dinamis.accounts.identity_linked")
def _linked(sender: Any, request: HttpRequest, sociallogin: Any, **kwargs: Any) -> None:
    """Keep what the provider said when its identity was linked, and tell the person."""
    _observe(sociallogin.user, sociallogin.account, IdentityOccasion.LINKED)
    notifications.identity_changed(sociallogin.user, sociallogin.account, IdentityOccasion.LINKED)


def _observe(user: Any, account: SocialAccount, occasion: str) -> None:
    told = account.extra_data
    observe(
        user=user,
        provider=account.provider,
        issuer=told.get("iss", ""),
        subject=account.uid,
        claims=told.get("claims", {}),
        occasion=occasion,
    )
