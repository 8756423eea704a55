# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of a year as an organisation reads it: its own envelopes, nothing that others paid (docs/adr/0050)."""

from typing import Any

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Organisation
from orders.enums import Cut
from orders.models import Envelope
from orders.selectors.money.accounts import Account, Row, account_of


def own_accounts(user: Any, year: int) -> list[tuple[Organisation, Account]]:
    """Return the account of a year of each organisation the person leads: in all, and by envelope. Others have none."""
    led = _led(user).values("organisation")
    organisations = list(Organisation.objects.filter(pk__in=led).order_by("name"))
    if not organisations:
        return []
    account = account_of(year)
    return [(one, _own(one, account)) for one in organisations]


def leads(user: Any) -> bool:
    """Tell whether the person leads an organisation."""
    return bool(_led(user).exists())


def _led(user: Any) -> Any:
    return user.memberships.filter(role=MemberRole.REFERENT, state=MembershipState.ACTIVE)


def _own(organisation: Organisation, account: Account) -> Account:
    """The rows of one organisation: what its owner row says is its total."""
    total = Row(Cut.TOTAL)
    for row in account.cut(Cut.OWNER):
        if row.key == f"organisation:{organisation.pk}":
            total = Row(Cut.TOTAL, figures=row.figures)
    keys = {str(pk) for pk in Envelope.objects.filter(owner=organisation).values_list("pk", flat=True)}
    envelopes = [row for row in account.cut(Cut.ENVELOPE) if row.key in keys]
    return Account(account.year, [total, *envelopes], account.closing)
