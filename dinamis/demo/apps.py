# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demonstration: invented people and their mailbox. Never installed in production."""

    name = "dinamis.demo"
    label = "demo"

    def ready(self) -> None:
        """Declare that the people of the demonstration are invented."""
        from dinamis.demo import personal  # noqa: F401
