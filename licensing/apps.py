# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class LicensingConfig(AppConfig):
    """Who may use what, until when."""

    name = "licensing"

    def ready(self) -> None:
        """Load the permission rules and the handlers of the outbox."""
        from licensing import rules, tasks  # noqa: F401
