# SPDX-License-Identifier: AGPL-3.0-or-later
"""A proposed image in front of those who share it, and their word on it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dinamis.catalogue.web.items import is_on_this_site
from dinamis.core.http import whole_number
from licensing.web.support import act
from orders.models import OrderItem
from orders.reasons import choices
from orders.selectors.fulfilment.proposal_page import proposal_page
from orders.selectors.fulfilment.proposals import visible_proposal
from orders.services.fulfilment.proposals import vote as cast_vote


@login_required
@require_safe
def proposal(request, reference, pk):
    """One proposed image: picture, map, clouds over one's own area, and the answer."""
    found = _found(request, reference, pk)
    context = {
        "page": proposal_page(found, request.user),
        "proposal": found,
        "reference": reference,
        "reasons": choices("proposal_refused"),
    }
    return render(request, "orders/fulfilment/proposal.html", context)


@login_required
@require_POST
def vote(request, reference, pk):
    """Take the person's word for one of their lines."""
    found = _found(request, reference, pk)
    lines = OrderItem.objects.filter(provider_order=found.provider_order_id)
    line = lines.filter(pk=whole_number(request.POST.get("line")) or 0).first()
    if line is None:
        raise Http404
    return act(
        request,
        lambda: cast_vote(
            proposal=found,
            line=line,
            actor=request.user,
            choice=request.POST.get("choice", ""),
            reason_code=request.POST.get("reason_code", ""),
            words=request.POST.get("words", ""),
        ),
        done=_("Your answer is noted."),
        to=reverse("orders:proposal", args=[reference, pk]),
    )


@login_required
@require_safe
def quicklook(request, reference, pk):
    """Lead to the picture, if it is on this very site: nobody else's server learns who looks at what."""
    found = _found(request, reference, pk)
    if not is_on_this_site(found.quicklook_url):
        raise Http404
    return HttpResponseRedirect(found.quicklook_url)


def _found(request, reference, pk):
    found = visible_proposal(request.user, reference=reference, pk=pk)
    if found is None:
        raise Http404
    return found
