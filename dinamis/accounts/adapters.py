# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
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
