# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ends with time in accounts (`dinamis.accounts.personal` says why and when)."""

from datetime import datetime

from django.db.models import QuerySet

from dinamis.accounts.enums import MembershipState
from dinamis.accounts.models import DataExport, Membership
from dinamis.accounts.services.data_export import remove_export
from dinamis.core.models import StateChange
from dinamis.core.retention import months_before, sweep
from dinamis.core.triggers import ERASED


def _old_motivations(now: datetime) -> "QuerySet[Membership]":
    limit = months_before(now, "TRACE_MONTHS")
    return Membership.objects.filter(state=MembershipState.ENDED, ended_at__lt=limit).exclude(motivation="")


def _old_copies(now: datetime) -> "QuerySet[DataExport]":
    return DataExport.objects.filter(expires_at__lte=now)


def forget_motivation(membership: Membership) -> None:
    """Empty the words of a request, here and in the first line of its history."""
    membership.motivation = ""
    membership.save(update_fields=["motivation"])
    first = StateChange.objects.filter(
        aggregate=Membership.machine.aggregate, object_id=membership.pk, transition="create"
    )
    first.exclude(words="").update(words=ERASED)


sweep("copies of personal data", due=_old_copies, apply=remove_export)
sweep("words of ended memberships", due=_old_motivations, apply=forget_motivation)
