# SPDX-License-Identifier: AGPL-3.0-or-later
"""A link that is followed: which file, whose, and may they still?"""

from datetime import datetime

from dinamis.accounts.selectors.api_client import is_in_force
from licensing.enums import Action
from licensing.selectors.decision import Allow, Deny, decide
from orders.models import TicketObject


def find(token_sha256: str, name: str) -> TicketObject | None:
    """Return the file that a link names, with everything the decision needs, in one query; None when there is none."""
    key = tuple(f"ticket__api_client{of}" for of in ("", "__person", "__organisation", "__created_by"))
    related = ("ticket__person", *key, "asset__item__collection")
    rows = TicketObject.objects.filter(ticket__token_sha256=token_sha256, name=name)
    return rows.select_related(*related).first()


def key_stands(obj: TicketObject, *, at: datetime) -> bool:
    """Tell whether the key that asked for the link is still in force; a link asked for in a browser needs none."""
    key = obj.ticket.api_client
    return key is None or is_in_force(key, at=at)


def still_allowed(obj: TicketObject, *, at: datetime) -> Allow | Deny:
    """Ask the entitlement decision for the person and the project of the ticket, at this moment."""
    ticket = obj.ticket
    return decide(ticket.person, Action.DOWNLOAD, obj.asset.item.facts, project=ticket.project_id, at=at)
