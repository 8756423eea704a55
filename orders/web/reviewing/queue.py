# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue: its formula for everybody signed in, the place of one order explained, the whole list for the office."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dinamis.core import clock
from dinamis.core.http import whole_number
from licensing.web.support import act, attempt
from orders.models import Order, QueueRule
from orders.selectors.reviewing.queue import PER_PAGE, WAITING, formula_at, ranking, standing
from orders.services.reviewing.queue import confirm_rule, propose_rule
from orders.web.money.envelope_forms import midnight
from orders.web.requests.read import order_or_404
from orders.web.reviewing.office import office_only
from orders.web.reviewing.queue_forms import RuleForm, WeightsForm
from orders.web.reviewing.queue_words import formula_rows, part_rows, periods, weight_rows


@login_required
@require_safe
def index(request):
    """The formula in words, its numbers of today, what they were and will be."""
    at = clock.now()
    formula = formula_at(at)
    context = {
        "rows": formula_rows(formula),
        "formula": formula,
        "waiting": Order.objects.filter(state__in=WAITING).count(),
        "periods": periods(QueueRule.objects.filter(confirmed_at__isnull=False), at),
        "office": request.user.has_perm("orders.moderate"),
    }
    return render(request, "orders/reviewing/queue.html", context)


@login_required
@require_safe
def order(request, reference):
    """Why an order has its place, factor by factor, and which one it would have under other weights."""
    shown = order_or_404(request.user, reference)
    at = clock.now()
    form = _weights(request, at)
    tried = form.tried()
    found = standing(shown, at, tried=tried)
    context: dict[str, Any] = {
        "order": shown,
        "standing": found,
        "parts": part_rows(found, form.formula, at, tried) if found else [],
        "tried": tried,
        "form": form,
    }
    if found:
        context |= {"score": found.points / 100, "tried_score": found.tried_points / 100, "down": -found.moved}
    return render(request, "orders/reviewing/queue_order.html", context)


@office_only
@require_safe
def office(request):
    """The whole queue, as it is or under other weights: who would move, and how far."""
    at = clock.now()
    form = _weights(request, at)
    tried = form.tried()
    rows = ranking(at, tried=tried, after=whole_number(request.GET.get("after")) or 0)
    orders = Order.objects.select_related("organisation").defer("aoi", "justification", "options")
    known = orders.in_bulk([row.order_id for row in rows])
    following = request.GET.copy()
    following["after"] = str(rows[-1].tried_place) if rows else ""
    context = {
        "rows": [
            {"standing": row, "order": known[row.order_id], "score": row.tried_points / 100, "down": -row.moved}
            for row in rows
        ],
        "more": len(rows) == PER_PAGE and rows[-1].tried_place < rows[-1].total,
        "next_url": f"?{following.urlencode()}",
        "tried": tried,
        "form": form,
    }
    return render(request, "orders/reviewing/queue_office.html", context)


@office_only
def rules(request):
    """The formulas that wait for a second person, and the form that proposes one."""
    at = clock.now()
    form = RuleForm(request.POST or None, formula=formula_at(at))

    def write() -> None:
        data = form.cleaned_data
        propose_rule(
            actor=request.user,
            formula=form.proposed(),
            starts_at=midnight(data["starts_on"]),
            reason=data["reason"],
        )

    if request.method == "POST" and form.is_valid() and attempt(form, write):
        messages.success(request, _("The formula is proposed: somebody else confirms it before its day."))
        return redirect("orders:queue_rules")
    proposed = QueueRule.objects.filter(confirmed_at__isnull=True).select_related("proposed_by")
    waiting = [
        {"rule": rule, "mine": rule.proposed_by == request.user, "weights": weight_rows(rule)}
        for rule in proposed.filter(starts_at__gt=at)
    ]
    confirmed = QueueRule.objects.filter(confirmed_at__isnull=False).select_related("proposed_by", "confirmed_by")
    context = {"form": form, "waiting": waiting, "periods": periods(confirmed, at), "office": True}
    return render(request, "orders/reviewing/queue_rules.html", context)


@office_only
@require_POST
def confirm(request, pk):
    """Confirm a formula that somebody else proposed."""
    rule = get_object_or_404(QueueRule, pk=pk)
    return act(
        request,
        lambda: confirm_rule(rule=rule, actor=request.user),
        done=_("The formula is confirmed: it begins on its day."),
        to=reverse("orders:queue_rules"),
    )


def _weights(request: Any, at: Any) -> WeightsForm:
    formula = formula_at(at)
    form = WeightsForm(formula=formula)
    said = {name: request.GET[name] for name in form.fields if name in request.GET}
    if not said:
        return form
    return WeightsForm({**formula.weights, **said}, formula=formula)
