# SPDX-License-Identifier: AGPL-3.0-or-later
"""Feasibility and quotes of an order: asked, read, accepted or refused on the order's page."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dinamis.core.handover import accel_response, private
from licensing.web.support import act
from orders.services.money import feasibility, quotes
from orders.web.requests.read import order_url, readable_or_404


@login_required
@require_POST
def ask(request, reference):
    """Ask for a quote."""
    order = readable_or_404(request.user, reference)
    return act(
        request,
        lambda: quotes.ask_quote(order=order, actor=request.user),
        done=_("The provider is asked for its price; a mail will say when the quote is there."),
        to=order_url(order),
    )


@login_required
@require_POST
def ask_feasibility(request, reference):
    """Ask the provider whether an acquisition can be done."""
    order = readable_or_404(request.user, reference)
    return act(
        request,
        lambda: feasibility.ask_feasibility(order=order, actor=request.user),
        done=_("The provider is asked; its answer will stand on this page."),
        to=order_url(order),
    )


@login_required
@require_POST
def accept(request, reference, number):
    """Accept a quote, as it was read."""
    order = readable_or_404(request.user, reference)
    quote = _quote_or_404(order, number)
    said = request.POST.get("fingerprint", "")
    return act(
        request,
        lambda: quotes.accept(quote=quote, actor=request.user, fingerprint=said),
        done=_("The quote %(number)s is accepted.") % {"number": number},
        to=order_url(order),
    )


@login_required
@require_POST
def refuse(request, reference, number):
    """Refuse a quote, saying why."""
    order = readable_or_404(request.user, reference)
    quote = _quote_or_404(order, number)
    return act(
        request,
        lambda: quotes.refuse(
            quote=quote,
            actor=request.user,
            reason_code=request.POST.get("reason_code", ""),
            words=request.POST.get("words", ""),
        ),
        done=_("The quote %(number)s is refused.") % {"number": number},
        to=order_url(order),
    )


@login_required
@require_safe
def pdf(request, reference, number):
    """Hand the document over, as an attachment."""
    quote = _quote_or_404(readable_or_404(request.user, reference), number)
    if not quote.storage_key:
        raise Http404
    return private(accel_response(quote.storage_key, file_name=f"{number}.pdf", media_type="application/pdf"))


def _quote_or_404(order, number):
    quote = order.quotes.filter(number=number).select_related("order__requester", "order__organisation").first()
    if quote is None:
        raise Http404
    return quote
