# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office: its inbox, and its decision on an order."""

from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.core import clock, geo
from licensing.selectors.desk import desk_rows, waiting_count
from licensing.web.support import act, attempt
from orders.enums import OrderState, ReviewState
from orders.selectors.desk import holder_of, order_rows
from orders.selectors.envelope import propose
from orders.selectors.held import overlap
from orders.selectors.rights import missing_for
from orders.selectors.story import next_step, timeline, tone
from orders.services.review import approve_order, refuse_order, request_changes, start_review
from orders.web.forms import DecisionForm
from orders.web.read import order_or_404, shapes
from orders.web.support import missing_lines

ALL, ADHESIONS, ORDERS = "all", "adhesions", "orders"
DECIDABLE = (OrderState.SUBMITTED, OrderState.IN_REVIEW)


def office_only(view):
    """Let the office in; the page does not exist for anybody else."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.has_perm("orders.moderate"):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@office_only
def desk(request):
    """What waits for the office: adhesions and orders, the longest waiting first."""
    at = clock.now()
    groups: dict[str, list[Any]] = {ADHESIONS: desk_rows(request.user, at), ORDERS: order_rows(request.user, at)}
    groups[ALL] = sorted([*groups[ADHESIONS], *groups[ORDERS]], key=lambda row: -row.age_days)
    adhesions = waiting_count()
    counts = {ALL: adhesions + len(groups[ORDERS]), ADHESIONS: adhesions, ORDERS: len(groups[ORDERS])}
    urls = {ALL: f"?tab={ALL}", ADHESIONS: reverse("licensing:desk"), ORDERS: f"?tab={ORDERS}"}
    chosen = request.GET.get("tab", ALL)
    chosen = chosen if chosen in groups else ALL
    labels = {ALL: _("All"), ADHESIONS: _("Adhesions"), ORDERS: _("Orders")}
    tabs = [
        {"label": label, "url": urls[name], "count": counts[name], "current": name == chosen}
        for name, label in labels.items()
    ]
    return render(request, "orders/desk.html", {"rows": groups[chosen], "tabs": tabs})


@office_only
def review(request, reference):
    """One order in front of the office, and the decision on it."""
    order = order_or_404(request.user, reference)
    lines = list(order.items.all())
    billed = sum(line.billed_area_m2 for line in lines)
    family = order.family
    proposals = propose(family=family, organisation_id=order.organisation_id, required_m2=billed, at=clock.now())
    initial = {"version": order.version, "envelope": proposals[0].envelope.pk if proposals else None}
    form = DecisionForm(request.POST or None, proposals=proposals, initial=initial)
    if request.method == "POST" and form.is_valid() and _decided(request, form, order):
        return redirect("orders:desk")
    area = geo.to_shapely(order.aoi)
    context = {
        "order": order,
        "lines": lines,
        "form": form,
        "billed_m2": billed,
        "price_cents": sum(line.price_cents or 0 for line in lines),
        "proposals": proposals,
        "overlap": overlap(area, family),
        "missing": missing_lines(missing_for(order, at=clock.now())),
        "aoi": geo.to_geojson(area),
        "shapes": shapes(lines),
        "steps": timeline(order),
        "tone": tone(order.state),
        "next": next_step(order, request.user),
        **_standing(request.user, order),
    }
    return render(request, "orders/review.html", context)


@office_only
@require_POST
def claim(request, reference):
    """Take an order in charge."""
    order = order_or_404(request.user, reference)
    return act(
        request,
        lambda: start_review(order=order, actor=request.user),
        done=_("You are working on this order."),
        to=reverse("orders:review", args=[reference]),
    )


def _standing(user, order):
    """Who works on the order, and whether this person may decide."""
    open_review = order.reviews.select_related("claimed_by").filter(state=ReviewState.OPEN).first()
    holder = holder_of(open_review, clock.now())
    allowed = user.has_perm("orders.review", order)
    return {
        "holder": holder,
        "involved": order.state in DECIDABLE and not allowed,
        "may_claim": allowed and order.state in DECIDABLE and holder is None,
        "may_decide": allowed and order.state == OrderState.IN_REVIEW and holder in {None, user},
    }


def _decided(request, form, order):
    data, name = form.cleaned_data, request.POST.get("decision", "")
    common = {
        "order": order,
        "actor": request.user,
        "reason": data["reason"],
        "expected_version": data["version"],
    }
    if name == "approve" and data["envelope"] is None:
        form.add_error("envelope", _("Choose the envelope that pays."))
        return False
    verbs = {
        "approve": (lambda: approve_order(envelope=data["envelope"], **common), _("The order is approved.")),
        "refuse": (lambda: refuse_order(**common), _("The order is refused.")),
        "request_changes": (lambda: request_changes(**common), _("The order was sent back to its requester.")),
    }
    if name not in verbs:
        raise Http404
    call, done = verbs[name]
    if not attempt(form, call):
        return False
    messages.success(request, done)
    return True
