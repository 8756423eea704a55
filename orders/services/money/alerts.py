# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes that run low: people are told once for each envelope and threshold."""

from django.conf import settings

from orders import notifications
from orders.models import Envelope, EnvelopeAlert
from orders.selectors.money.envelope import Balance


def warn_when_low(envelope: Envelope, left: Balance) -> None:
    """Write and tell each threshold of ENVELOPE_ALERT_PERCENTS that is reached, unless it was told before."""
    reached = [percent for percent in settings.DINAMIS["ENVELOPE_ALERT_PERCENTS"] if left.used_percent >= percent]
    if not reached:
        return
    known = set(EnvelopeAlert.objects.filter(envelope=envelope).values_list("percent", flat=True))
    for percent in reached:
        if percent in known:
            continue
        _alert, new = EnvelopeAlert.objects.get_or_create(envelope=envelope, percent=percent)
        if new:
            notifications.envelope_low(envelope, percent=percent, left=left)
