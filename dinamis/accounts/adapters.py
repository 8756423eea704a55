# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.utils import translation


class AccountAdapter(DefaultAccountAdapter):
    """allauth's mails and account creation, in our words."""

    def save_user(self, request: Any, user: Any, form: Any, commit: bool = True) -> Any:
        """Keep the language the person signed up in."""
        user.language = (translation.get_language() or "fr")[:2]
        return super().save_user(request, user, form, commit)
