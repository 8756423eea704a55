# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    """Who: persons, organisations, memberships."""

    name = "dinamis.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Load the rules, the words of the API's description, and who hears of sign-ins, factors and identities."""
        from dinamis.accounts import personal, rules, tasks  # noqa: F401
        from dinamis.accounts.api import schema  # noqa: F401
        from dinamis.accounts.services import unused
        from dinamis.accounts.web import identities, second_factor  # noqa: F401

        user_logged_in.connect(unused.keep_on_sign_in, dispatch_uid="accounts.keep_on_sign_in")
