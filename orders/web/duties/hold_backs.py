# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asking that images are reserved at first, releasing them early; the office extends once or ends it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.core.refusals import lines_of_form
from licensing.web.support import act, attempt
from orders.models import HoldBack, Order
from orders.services.duties import hold_backs
from orders.web.duties.hold_back_panel import AskForm, panel
from orders.web.lifecycle.life import Page, ReasonForm
from orders.web.requests.read import order_or_404, order_url, shown
from orders.web.reviewing.office import office_only

EXTEND = Page(
    "hold_back_extended",
    gettext_lazy("Extend the hold-back"),
    gettext_lazy("Once. What is still reserved stays reserved for longer; what is free already stays free."),
    gettext_lazy("Extend"),
    gettext_lazy("The hold-back is extended."),
    kind="act",
)
END = Page(
    "hold_back_ended",
    gettext_lazy("End the hold-back"),
    gettext_lazy("The images are free at once for everybody entitled; the requester and those who follow are told."),
    gettext_lazy("End it"),
    gettext_lazy("The images are free."),
)


class ExtendForm(ReasonForm):
    """By how many months, and why."""

    months = forms.IntegerField(label=gettext_lazy("By how many months"), min_value=1)
    field_order = ("months", "code", "words")


@login_required
@require_POST
def ask(request, reference):
    """Ask in a draft that the images are reserved at first, or ask it no more."""
    order = order_or_404(request.user, reference)
    form = AskForm(request.POST)

    def ask():
        hold_backs.ask_hold_back(order=order, actor=request.user, **form.cleaned_data)

    if form.is_valid() and attempt(form, ask):
        messages.success(request, _("What you ask about a hold-back is kept."))
    elif panel(order, request.user).get("form"):
        return shown(request, order, wish=form)
    else:
        for line in lines_of_form(form):
            messages.error(request, line)
    return redirect(order_url(order))


@login_required
@require_POST
def release(request, reference):
    """Give the images free before their time."""
    order, row = _found(request.user, reference)
    return act(
        request,
        lambda: hold_backs.release_early(hold_back=row, actor=request.user),
        done=_("The images are free for everybody entitled."),
        to=order_url(order),
    )


@office_only
def extend(request, reference):
    """Keep images reserved for longer, once."""
    return _page(request, reference, EXTEND, hold_backs.extend_hold_back)


@office_only
def end(request, reference):
    """End a hold-back."""
    return _page(request, reference, END, hold_backs.end_hold_back)


def _page(request: Any, reference: str, page: Page, verb: Callable[..., Any]) -> Any:
    order, row = _found(request.user, reference)
    if not request.user.has_perm("orders.decide_hold_back", row):
        raise Http404
    form_class = ExtendForm if page is EXTEND else ReasonForm
    form = form_class(request.POST or None, subject=page.subject)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if attempt(form, lambda: verb(hold_back=row, actor=request.user, **said)):
            messages.success(request, str(page.done))
            return redirect(order_url(order))
    return render(request, "orders/requests/act.html", {"order": order, "form": form, "page": page})


def _found(user: Any, reference: str) -> tuple[Order, HoldBack]:
    order = order_or_404(user, reference)
    row = HoldBack.objects.filter(order=order).select_related("order").first()
    if row is None:
        raise Http404
    return order, row
