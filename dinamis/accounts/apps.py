# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who: persons, organisations, memberships."""

    name = "dinamis.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Load the permission rules, and how the API description speaks of credentials."""
        from dinamis.accounts import rules  # noqa: F401
        from dinamis.accounts.api import schema  # noqa: F401
