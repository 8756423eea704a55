# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.enums import OfficeRole
from dinamis.accounts.selectors.membership import open_memberships
from dinamis.accounts.services.identity import kept


class AccountAdapter(DefaultAccountAdapter):
    """allauth's mails and account creation, in our words."""

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        """Keep the language the person signed up in."""
        user.language = (translation.get_language() or "fr")[:2]
        return super().save_user(request, user, form, commit)

    def get_login_redirect_url(self, request: Any) -> str:
        """Lead a person who belongs to no organisation to the page where one is found."""
        user = request.user
        if not open_memberships(user).exists() and user.office_role == OfficeRole.NONE:
            return reverse("accounts:join")
        return super().get_login_redirect_url(request)


class IdentityAdapter(DefaultSocialAccountAdapter):
    """What we take from providers of identity: who it is, and the few claims we keep."""

    def list_apps(self, request: Any, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """Return the providers of the settings alone: a row of the database opens no door."""
        return [app for app in super().list_apps(request, provider, client_id) if app.pk is None]

    def populate_user(self, request: Any, sociallogin: Any, data: Any) -> Any:
        """Suggest name and address; of the rest keep issuer, subject and affiliation.

        Raises OAuth2Error when there is no token of identity, or it speaks of somebody else than the user info does
        (OpenID Connect Core, 5.3.2).
        """
        user = super().populate_user(request, sociallogin, data)
        told = sociallogin.account.extra_data
        token, info = told.get("id_token") or {}, told.get("userinfo") or {}
        if not token.get("iss") or not token.get("sub") or info.get("sub", token["sub"]) != token["sub"]:
            raise OAuth2Error("the answer does not say who it is of")
        parts = (data.get("name") or f"{data.get('first_name') or ''} {data.get('last_name') or ''}").split()
        user.name = " ".join(parts)[:150]
        for address in sociallogin.email_addresses:
            address.verified = False
        said = {**kept(token), **kept(info)}
        sociallogin.account.extra_data = {"iss": token["iss"], "sub": token["sub"], "claims": said}
        return user

    def get_signup_form_initial_data(self, sociallogin: Any) -> dict[str, Any]:
        """Fill the name in, too."""
        return {**super().get_signup_form_initial_data(sociallogin), "name": sociallogin.user.name}

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Leave the mail to notifications.identity_changed, which goes through the outbox."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator applications and recovery codes are kept encrypted."""

    def encrypt(self, text: str) -> str:
        """Encrypt with a key derived from `SECRET_KEY`."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt with the present or a former key (`SECRET_KEY_FALLBACKS`). Raises InvalidToken for any other."""
        return _vault().decrypt(encrypted_text.encode()).decode()


def _vault() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = (hashlib.sha256(f"second-factor:{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
