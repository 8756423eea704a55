# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the outbox asks of accounts: the notice before an API key ends, copies of personal data, erasure."""

from collections.abc import Mapping
from typing import Any

from dinamis.accounts.models import ApiClient, Erasure
from dinamis.accounts.services.api_client import EXPIRY_TOPIC, warn_of_expiry
from dinamis.accounts.services.data_export import TOPIC as EXPORT_TOPIC
from dinamis.accounts.services.data_export import make_export
from dinamis.accounts.services.erasure import TOPIC as ERASURE_TOPIC
from dinamis.accounts.services.erasure import carry_out
from dinamis.core import outbox


@outbox.handles(EXPIRY_TOPIC)
def announce_api_client_expiry(payload: Mapping[str, Any]) -> None:
    """Mail the notice of one key; called twice it is the same mail."""
    warn_of_expiry(ApiClient.objects.select_related("person", "organisation").get(pk=payload["client_id"]))


@outbox.handles(EXPORT_TOPIC, queue=outbox.SLOW)
def make_copy(payload: Mapping[str, Any]) -> None:
    """Make the copy of a person's data, once."""
    make_export(payload["export_id"])


@outbox.handles(ERASURE_TOPIC)
def erase(payload: Mapping[str, Any]) -> None:
    """Erase an account whose time to think is over."""
    carry_out(Erasure.objects.get(pk=payload["erasure_id"]))
