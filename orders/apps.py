# SPDX-License-Identifier: AGPL-3.0-or-later
from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """From a drawn area to a delivered file."""

    name = "orders"

    def ready(self) -> None:
        """Load the permission rules, the outbox handlers, and what other floors ask of this one."""
        from orders import personal, rules, tasks  # noqa: F401
        from orders.selectors.duties import works  # noqa: F401
        from orders.services.duties import erasure, retention  # noqa: F401
