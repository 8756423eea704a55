# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demonstration: invented people and their mailbox. Never installed in production."""

    name = "dinamis.demo"
    label = "demo"

    def ready(self) -> None:
        """Declare that the people of the demonstration are invented; hear of their second factors."""
        from allauth.mfa.signals import authenticator_added, authenticator_removed

        from dinamis.demo import addresses, personal  # noqa: F401

        for changed in (authenticator_added, authenticator_removed):
            changed.connect(addresses.refresh_demo_file, dispatch_uid="demo.refresh_demo_file")
