# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who: persons, organisations, memberships."""

    name = "dinamis.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Load the permission rules."""
        from dinamis.accounts import rules  # noqa: F401
