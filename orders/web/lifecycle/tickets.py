# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's tickets: what waits too long, and what was done about it."""

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from licensing.web.support import act
from orders.enums import TicketState
from orders.models import OfficeTicket
from orders.services.lifecycle.lateness import resolve_ticket
from orders.web.requests.read import version_of
from orders.web.reviewing.office import office_only

PER_PAGE = 50


@office_only
@require_safe
def index(request):
    """The tickets that are open, the oldest first; `?state=resolved` shows what was done."""
    chosen = TicketState.RESOLVED if request.GET.get("state") == TicketState.RESOLVED else TicketState.OPEN
    tickets = OfficeTicket.objects.filter(state=chosen).prefetch_related("orders__organisation", "orders__requester")
    ordering = ("-resolved_at", "-pk") if chosen == TicketState.RESOLVED else ("opened_at", "pk")
    page = Paginator(tickets.order_by(*ordering), PER_PAGE).get_page(request.GET.get("page"))
    tabs = [
        {"label": label, "url": f"?state={state}", "current": state == chosen}
        for state, label in ((TicketState.OPEN, _("Open")), (TicketState.RESOLVED, _("Resolved")))
    ]
    return render(
        request, "orders/lifecycle/tickets.html", {"page_obj": page, "tabs": tabs, "open": chosen == TicketState.OPEN}
    )


@office_only
@require_POST
def resolve(request, pk):
    """Say what was done about a ticket."""
    ticket = get_object_or_404(OfficeTicket, pk=pk)
    return act(
        request,
        lambda: resolve_ticket(
            ticket=ticket,
            actor=request.user,
            words=request.POST.get("words", ""),
            expected_version=version_of(request),
        ),
        done=_("The ticket is resolved."),
        to=reverse("orders:tickets"),
    )
