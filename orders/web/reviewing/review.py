# SPDX-License-Identifier: AGPL-3.0-or-later
"""One order in front of those who decide on it: the office stage by stage, and the opinions it asks."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.core import clock, geo
from licensing.web.support import act, attempt
from orders.enums import OrderState, ReviewState
from orders.models import Order, Review
from orders.selectors.holdings.held import of_order
from orders.selectors.lifecycle.next_step import next_step
from orders.selectors.lifecycle.story import timeline, tone
from orders.selectors.money.envelope import propose
from orders.selectors.requests.listing import with_lines
from orders.selectors.requests.rights import missing_for
from orders.selectors.reviewing.absences import principals_of
from orders.selectors.reviewing.desk import holder_of
from orders.selectors.reviewing.stages import open_review, reviews_of, stage_after, steps_of
from orders.services.reviewing.absences import standing_in
from orders.services.reviewing.grants import last_rulings
from orders.services.reviewing.review import (
    approve_order,
    give_opinion,
    pass_on,
    refuse_order,
    request_changes,
    start_review,
    step_back,
)
from orders.web.duties.hold_back_panel import ruling_form, ruling_of
from orders.web.holdings.check_words import answer_context
from orders.web.money.quote_panel import quote_context
from orders.web.requests.read import order_or_404, readable_or_404, shapes
from orders.web.reviewing.absence_forms import in_whose_name, named
from orders.web.reviewing.office import office_only
from orders.web.reviewing.review_forms import DecisionForm, OpinionForm, RecusalForm, initial_of
from orders.web.support import missing_lines

DECIDABLE = (OrderState.SUBMITTED, OrderState.IN_REVIEW)
SHOWN_GIVEN = 100


@office_only
def review(request, reference):
    """One order in front of the office, and the decision on it."""
    at = clock.now()
    if request.method == "POST":
        # Without what the page shows, as long as it is not shown.
        order = readable_or_404(request.user, reference)
        lines = list(order.items.select_related("scene__collection").order_by("position"))
        form, proposals = _form(request, order, lines, at)
        ruling = ruling_form(order, request.POST or None)
        if form.is_valid() and _decided(request, form, order, ruling):
            return redirect("orders:desk")
        order = order_or_404(request.user, reference)
        lines = list(order.items.all())
    else:
        order = order_or_404(request.user, reference)
        lines = list(order.items.all())
        form, proposals = _form(request, order, lines, at)
        ruling = ruling_form(order, None)
    reviews = reviews_of(order)
    context = {
        **answer_context(of_order(order, at=at), [], here=""),
        **facts_of_order(order, lines),
        "form": form,
        "ruling": ruling,
        "proposals": proposals,
        "missing": missing_lines(missing_for(order, at=at)),
        "reviews": [row for row in reviews if row.state == ReviewState.DECIDED],
        "stages": _stepper(steps_of(order, reviews)),
        "steps": timeline(order),
        "next": next_step(order, request.user),
        **quote_context(order, request.user),
        **_standing(request.user, order, at),
    }
    return render(request, "orders/reviewing/review.html", context)


def _form(request, order, lines, at):
    """The form of the decision, and the envelopes that may pay."""
    proposals = propose(
        family=order.family,
        organisation_id=order.organisation_id,
        required_m2=sum(line.billed_area_m2 for line in lines),
        at=at,
        project_id=order.project_id,
    )
    enough = proposals and proposals[0].suffices
    initial = {"version": order.version, "envelope": proposals[0].envelope.pk if enough else ""}
    # What was typed stands, whatever the last stage said.
    if order.submitted_at is not None and request.method != "POST":
        initial |= initial_of(last_rulings(order))
    form = DecisionForm(request.POST or None, proposals=proposals, lines=lines, initial=initial)
    in_whose_name(form, request.user)
    return form, proposals


@office_only
@require_POST
def claim(request, reference):
    """Take an order in charge."""
    order = readable_or_404(request.user, reference)
    return act(
        request,
        lambda: start_review(order=order, actor=request.user),
        done=_("You are working on this order."),
        # On to the decision: by keyboard it is thirty steps below the head of the page.
        to=f"{reverse('orders:review', args=[reference])}#decision-title",
    )


@office_only
@require_POST
def recuse(request, reference):
    """Declare that one may not decide on an order."""
    order = readable_or_404(request.user, reference)
    return act(
        request,
        lambda: _step_back(request, order),
        done=_("It is noted: somebody else decides on this order."),
        to=reverse("orders:review", args=[reference]),
    )


def _step_back(request, order):
    form = RecusalForm(request.POST)
    form.is_valid()
    data = form.cleaned_data
    return step_back(
        order=order, actor=request.user, reason_code=data.get("reason_code", ""), words=data.get("words", "")
    )


def opinion_givers_only(view):
    """Answer 404 to everybody who gives no opinions: the page does not exist for them."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.has_perm("orders.opine"):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@opinion_givers_only
def opinions(request):
    """List the orders that wait for the body the person speaks for, and what it has said."""
    rows = Review.objects.visible_to(request.user).select_related("order__organisation", "decided_by")
    context = {
        "waiting": rows.filter(state=ReviewState.OPEN).order_by("due_at", "pk"),
        "given": rows.filter(state=ReviewState.DECIDED).order_by("-decided_at", "-pk")[:SHOWN_GIVEN],
        "at": clock.now(),
    }
    return render(request, "orders/reviewing/opinions.html", context)


@opinion_givers_only
def opinion(request, pk):
    """Show what an opinion on an order needs, and take it."""
    rows = Review.objects.visible_to(request.user).exclude(state=ReviewState.LAPSED)
    shown = get_object_or_404(rows.select_related("order__requester", "decided_by"), pk=pk)
    form = OpinionForm(request.POST or None)
    in_whose_name(form, request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def give():
            with standing_in(request.user, named(form)):
                give_opinion(review=shown, actor=request.user, verdict=data["verdict"], words=data["words"])

        if attempt(form, give):
            messages.success(request, _("Your opinion was given to the office."))
            return redirect("orders:opinions")
    order = with_lines(Order.objects.all()).get(pk=shown.order_id)
    context = {
        **facts_of_order(order, list(order.items.all())),
        "review": shown,
        "form": form if shown.state == ReviewState.OPEN else None,
    }
    return render(request, "orders/reviewing/opinion.html", context, status=422 if form.errors else 200)


def facts_of_order(order, lines):
    """What a page shows of an order that is judged."""
    return {
        "order": order,
        "lines": lines,
        "billed_m2": sum(line.billed_area_m2 for line in lines),
        "price_cents": sum(line.price_cents or 0 for line in lines),
        "aoi": geo.to_geojson(geo.to_shapely(order.aoi)),
        "shapes": shapes(lines),
        "tone": tone(order.state),
    }


def _stepper(steps):
    """The stages as components/stepper.html wants them."""
    return [{"label": step.label, "state": step.state} for step in steps]


def _standing(user, order, at):
    """Who works on the order, at which stage, and whether this person may decide."""
    stage = open_review(order)
    holder = holder_of(stage, at)
    allowed = stage is not None and user.has_perm("orders.decide_review", stage)
    free = {None, user, *principals_of(user, at)}
    return {
        "stage": stage,
        "holder": holder,
        "involved": order.state in DECIDABLE and not user.has_perm("orders.review", order),
        "may_claim": allowed and holder in free - {user},
        "may_decide": allowed and order.state == OrderState.IN_REVIEW and holder in free,
        "following": stage_after(order, stage.stage) if stage is not None else None,
        "recusal": RecusalForm(auto_id="recusal-%s") if order.state in DECIDABLE else None,
    }


def _decided(request, form, order, ruling):
    data, name = form.cleaned_data, request.POST.get("decision", "")
    common = {"order": order, "actor": request.user, "reason": data["reason"], "expected_version": data["version"]}
    if data["reason_code"]:
        common["reason_code"] = data["reason_code"]
    verbs = {
        "approve": (
            lambda: approve_order(
                envelope=data["envelope"], rulings=form.rulings(), hold_back=ruling_of(ruling), **common
            ),
            _("The order is approved."),
        ),
        "pass_on": (lambda: pass_on(rulings=form.rulings(), **common), _("The order is passed on.")),
        "refuse": (lambda: refuse_order(**common), _("The order is refused.")),
        "request_changes": (lambda: request_changes(**common), _("The order was sent back to its requester.")),
    }
    if name not in verbs:
        raise Http404
    call, done = verbs[name]

    def carry_out():
        with standing_in(request.user, named(form)):
            call()

    if not attempt(form, carry_out):
        return False
    messages.success(request, done)
    return True
