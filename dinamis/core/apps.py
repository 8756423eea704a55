# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The ground floor: no business words here."""

    name = "dinamis.core"
    label = "core"

    def ready(self) -> None:
        """Register the checks, the mail handler, the rules of personal data; watch what API keys write."""
        from dinamis.core import checks, holdings, keys, mail  # noqa: F401

        keys.watch()
