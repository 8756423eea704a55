# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the outbox asks of accounts: the notice before an API key ends."""

from collections.abc import Mapping
from typing import Any

from dinamis.accounts.models import ApiClient
from dinamis.accounts.services.api_client import EXPIRY_TOPIC, warn_of_expiry
from dinamis.core import outbox


@outbox.handles(EXPIRY_TOPIC)
def announce_api_client_expiry(payload: Mapping[str, Any]) -> None:
    """Mail the notice of one key; called twice it is the same mail."""
    warn_of_expiry(ApiClient.objects.select_related("person", "organisation").get(pk=payload["client_id"]))
