# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who: persons, organisations, memberships."""

    name = "dinamis.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Load the rules, the words of the API's description, and who hears of new factors and identities."""
        from dinamis.accounts import personal, rules, tasks  # noqa: F401
        from dinamis.accounts.api import schema  # noqa: F401
        from dinamis.accounts.services import retention  # noqa: F401
        from dinamis.accounts.web import identities, second_factor  # noqa: F401
