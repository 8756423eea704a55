# SPDX-License-Identifier: AGPL-3.0-or-later
"""The acts of an order's life that need a reason: one page for each, with the reasons to choose from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from licensing.web.support import act, attempt
from orders.models import Delivery, Order
from orders.reasons import choices
from orders.services.lifecycle import life, stops
from orders.services.requests import submission
from orders.web.requests.read import order_or_404, order_url, version_of
from orders.web.reviewing.office import office_only


class ReasonForm(forms.Form):
    """A coded reason and its words."""

    code = forms.ChoiceField(label=gettext_lazy("Reason"))
    words = forms.CharField(
        label=gettext_lazy("In your own words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, subject: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        assert isinstance(code, forms.ChoiceField)
        code.choices = [("", "—"), *choices(subject)]


@dataclass(frozen=True)
class Page:
    """What the page of an act says; `call` runs it with the order's or delivery's keyword arguments."""

    subject: str
    title: Any
    lead: Any
    button: Any
    done: Any
    kind: str = "danger"


CANCEL = Page(
    "cancel",
    gettext_lazy("Cancel the order"),
    gettext_lazy("Nothing was bought yet. What an envelope holds for it is given back at once."),
    gettext_lazy("Cancel the order"),
    gettext_lazy("The order is cancelled."),
)
STOP = Page(
    "stop",
    gettext_lazy("Stop the order"),
    gettext_lazy(
        "What was not bought yet is cancelled at once. For the rest the provider is asked, and may answer that it is "
        "too late; what it stops is given back to the envelope."
    ),
    gettext_lazy("Stop the order"),
    gettext_lazy("It is asked; the answer will be written here, and a mail will say so."),
)
REOPEN = Page(
    "reopen",
    gettext_lazy("Reopen the order"),
    gettext_lazy("A reopened order lets you dispute what was delivered."),
    gettext_lazy("Reopen the order"),
    gettext_lazy("The order is open again."),
    kind="act",
)
DISPUTE = Page(
    "dispute",
    gettext_lazy("Report a problem with this delivery"),
    gettext_lazy(
        "The office compares what came with what was ordered. It keeps the delivery, or withdraws the image and asks "
        "the provider again, at no cost to the envelope."
    ),
    gettext_lazy("Send to the office"),
    gettext_lazy("The office was told; its answer will be written here, and a mail will say so."),
    kind="act",
)
KEEP = Page(
    "keep",
    gettext_lazy("Keep the delivery"),
    gettext_lazy("The delivery is what was ordered: the requester is told why."),
    gettext_lazy("Keep the delivery"),
    gettext_lazy("The delivery is kept."),
    kind="act",
)
WITHDRAW = Page(
    "withdraw",
    gettext_lazy("Withdraw the image and ask again"),
    gettext_lazy("The image leaves the catalogue for everybody, and its lines are placed again."),
    gettext_lazy("Withdraw and ask again"),
    gettext_lazy("The image is withdrawn; it is asked again."),
)


@login_required
def cancel(request, reference):
    """Cancel an order that was not placed; a button may post without the page."""
    order = order_or_404(request.user, reference)
    if request.method == "POST" and "code" not in request.POST:
        return act(
            request,
            lambda: submission.cancel_order(
                order=order,
                actor=request.user,
                words=request.POST.get("reason", ""),
                expected_version=version_of(request),
            ),
            done=_("The order %(reference)s is cancelled.") % {"reference": reference},
            to=order_url(order),
        )
    _or_404(request.user.has_perm("orders.cancel", order))
    return _page(request, order, CANCEL, lambda **said: submission.cancel_order(order=order, **said))


@login_required
def stop(request, reference):
    """Ask to stop an order that was placed."""
    order = order_or_404(request.user, reference)
    _or_404(request.user.has_perm("orders.cancel", order))
    return _page(request, order, STOP, lambda **said: stops.ask_stop(order=order, **said))


@login_required
def reopen(request, reference):
    """Reopen a closed order."""
    order = order_or_404(request.user, reference)
    _or_404(request.user.has_perm("orders.reopen", order))
    return _page(request, order, REOPEN, lambda **said: life.reopen_order(order=order, **said))


@login_required
@require_POST
def take_back(request, reference):
    """Make a draft of an order again that the office has not begun to read."""
    order = order_or_404(request.user, reference)
    return act(
        request,
        lambda: life.take_back(order=order, actor=request.user, expected_version=version_of(request)),
        done=_("The order %(reference)s is a draft again.") % {"reference": reference},
        to=order_url(order),
    )


@login_required
@require_POST
def close(request, reference):
    """Close an order of which nothing more is expected."""
    order = order_or_404(request.user, reference)
    return act(
        request,
        lambda: life.close_order(order=order, actor=request.user, expected_version=version_of(request)),
        done=_("The order %(reference)s is closed.") % {"reference": reference},
        to=order_url(order),
    )


@login_required
def dispute(request, reference, pk):
    """Say that what was delivered is not what was ordered."""
    order, delivery = _delivery_or_404(request.user, reference, pk)
    _or_404(request.user.has_perm("orders.dispute", delivery))
    return _page(request, order, DISPUTE, _without_version(life.dispute, delivery))


@office_only
def keep(request, reference, pk):
    """Answer that a disputed delivery is what was ordered."""
    order, delivery = _delivery_or_404(request.user, reference, pk)
    _or_404(request.user.has_perm("orders.settle", delivery))
    return _page(request, order, KEEP, _without_version(life.keep, delivery))


@office_only
def withdraw(request, reference, pk):
    """Withdraw a delivery and ask for it again."""
    order, delivery = _delivery_or_404(request.user, reference, pk)
    _or_404(request.user.has_perm("orders.settle", delivery))
    return _page(request, order, WITHDRAW, _without_version(life.withdraw_and_ask_again, delivery))


def _page(request, order: Order, page: Page, call: Callable[..., Any]):
    form = ReasonForm(request.POST or None, subject=page.subject)
    if request.method == "POST" and form.is_valid():
        said = {**form.cleaned_data, "actor": request.user, "expected_version": version_of(request)}
        if attempt(form, lambda: call(**said)):
            messages.success(request, str(page.done))
            return redirect(order_url(order))
    return render(request, "orders/requests/act.html", {"order": order, "form": form, "page": page})


def _without_version(verb: Callable[..., Any], delivery: Delivery) -> Callable[..., Any]:
    def call(*, actor: Any, code: str, words: str, expected_version: int | None) -> Any:
        return verb(delivery=delivery, actor=actor, code=code, words=words)

    return call


def _delivery_or_404(user: Any, reference: str, pk: int) -> tuple[Order, Delivery]:
    order = order_or_404(user, reference)
    rows = [line.provider_order_id for line in order.items.all()]
    delivery = Delivery.objects.filter(pk=pk, provider_order__in=rows).first()
    if delivery is None:
        raise Http404
    return order, delivery


def _or_404(allowed: bool) -> None:
    if not allowed:
        raise Http404
