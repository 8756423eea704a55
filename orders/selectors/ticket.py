# SPDX-License-Identifier: AGPL-3.0-or-later
"""A link that is followed: which file, whose, and may they still?"""

from datetime import datetime

from licensing.enums import Action
from licensing.selectors.decision import Allow, Deny, decide
from orders.models import TicketObject


def find(token_sha256: str, name: str) -> TicketObject | None:
    """Return the file that a link names, with everything the decision needs, in one query; None when there is none."""
    related = ("ticket__person", "asset__item__collection")
    rows = TicketObject.objects.filter(ticket__token_sha256=token_sha256, name=name)
    return rows.select_related(*related).first()


def still_allowed(obj: TicketObject, *, at: datetime) -> Allow | Deny:
    """Ask the entitlement decision for the person and the project of the ticket, at this moment."""
    ticket = obj.ticket
    return decide(ticket.person, Action.DOWNLOAD, obj.asset.item.facts, project=ticket.project_id, at=at)
