# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ends with time in orders (`orders.personal` says why and when)."""

from datetime import datetime

from django.db.models import QuerySet

from dinamis.core.retention import delete, months_before, sweep
from orders.models import DownloadTicket


def _old_tickets(now: datetime) -> "QuerySet[DownloadTicket]":
    return DownloadTicket.objects.filter(expires_at__lt=months_before(now, "DOWNLOAD_MONTHS"))


sweep("download tickets", due=_old_tickets, apply=delete)
