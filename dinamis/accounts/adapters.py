# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.enums import OfficeRole
from dinamis.accounts.selectors.membership import open_memberships


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
