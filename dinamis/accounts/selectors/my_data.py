# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of what a person may ask about their own data."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from dinamis.accounts.enums import ErasureState, MemberRole, OfficeRole
from dinamis.accounts.models import ApiClient, DataExport, Erasure, Membership, User
from dinamis.accounts.selectors.membership import active_memberships, referents
from dinamis.accounts.sentences import LAST_REFERENT, OFFICE_ROLE
from dinamis.core.personal import register
from dinamis.core.retention import months_before


def duties_of(person: User) -> list[str]:
    """Return the kept sentences (`core.sentences`) that stand against the erasure of an account; none is the rule."""
    return [sentence for duty in register.duties for sentence in duty(person)]


def account_duties(person: User) -> Iterator[str]:
    """Yield the duties of accounts: an office role, an organisation that would be left without a référent."""
    if person.office_role != OfficeRole.NONE or person.is_superuser:
        yield OFFICE_ROLE.keep()
    led: list[Membership] = list(active_memberships(person).filter(role=MemberRole.REFERENT))
    for membership in led:
        if not referents(membership.organisation).exclude(pk=person.pk).exists():
            yield LAST_REFERENT.keep(organisation=str(membership.organisation))


def open_erasure(person: User) -> Erasure | None:
    """Return the erasure a person has asked for and may take back."""
    return Erasure.objects.filter(person=person, state=ErasureState.ASKED).first()


def unused_accounts(now: datetime) -> QuerySet[User]:
    """Return the open accounts without a sign-in or a call by a key since `UNUSED_ACCOUNT_MONTHS` before `now`.

    Those with a role in the office are not among them: an administrator takes the role back first.
    """
    limit = months_before(now, "UNUSED_ACCOUNT_MONTHS")
    called = ApiClient.objects.filter(Q(person=OuterRef("pk")) | Q(created_by=OuterRef("pk")), last_used_at__gte=limit)
    return User.objects.filter(
        Q(last_login__lt=limit) | Q(last_login__isnull=True, date_joined__lt=limit),
        ~Exists(called),
        is_active=True,
        is_superuser=False,
        office_role=OfficeRole.NONE,
    )


def export_of(person: User, *, at: datetime) -> DataExport | None:
    """Return the copy of a person's data that is being made or may be fetched at `at`."""
    return DataExport.objects.filter(person=person).exclude(expires_at__lte=at).first()


register.duties.append(account_duties)
