# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LicensingConfig(AppConfig):
    """Who may use what, until when."""

    name = "licensing"

    def ready(self) -> None:
        """Load rules, handlers of the outbox and checks of the evidence; ship the forms with the tables."""
        from licensing import personal, rules, tasks  # noqa: F401
        from licensing.selectors import evidence  # noqa: F401
        from licensing.services import erasure, retention  # noqa: F401
        from licensing.services.load_forms import load_after_migrating

        post_migrate.connect(load_after_migrating, sender=self)
