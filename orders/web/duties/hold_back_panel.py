# SPDX-License-Identifier: AGPL-3.0-or-later
"""What pages show of a hold-back: the wish in a draft, the office's word, until when images are reserved."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy

from dinamis.core.actors import Actor
from dinamis.core.transitions import can
from orders.enums import HoldBackState
from orders.models import HoldBack, Order
from orders.reasons import choices
from orders.services.duties.hold_backs import HoldBackRuling
from orders.services.requests.draft import EDITABLE


class AskForm(forms.Form):
    """For how many months, and why."""

    months = forms.IntegerField(
        label=gettext_lazy("Months after the delivery"),
        min_value=0,
        help_text=gettext_lazy("0: the images are free for everybody entitled at once."),
    )
    words = forms.CharField(
        label=gettext_lazy("Why you need them first"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RulingForm(forms.Form):
    """The office's word on a hold-back, beside its decision on the order."""

    hold_back_months = forms.IntegerField(label=gettext_lazy("Months of hold-back that are granted"), min_value=0)
    hold_back_reason = forms.ChoiceField(
        label=gettext_lazy("Why fewer than asked"),
        required=False,
        choices=lazy(lambda: [("", "—"), *choices("hold_back_limited")], list),
    )
    hold_back_words = forms.CharField(label=gettext_lazy("In words"), required=False, max_length=2000)


def find(order: Order) -> HoldBack | None:
    """Return the hold-back of an order with its images, or None."""
    return HoldBack.objects.filter(order=order).prefetch_related("images__item").first()


def panel(order: Order, user: Any) -> dict[str, Any]:
    """Return what the page of an order shows; {} = nothing."""
    row = find(order)
    may_ask = order.state in EDITABLE and user.has_perm("orders.edit", order)
    if row is None and not may_ask:
        return {}
    actor = Actor.person(user)
    initial = {"months": row.months, "words": row.words} if row else {"months": 0}
    return {
        "row": row,
        "form": AskForm(initial=initial) if may_ask and (row is None or row.state == HoldBackState.ASKED) else None,
        "most": settings.DINAMIS["HOLD_BACK_MONTHS"],
        "may_release": row is not None and can(row, "release_early", actor),
        "may_extend": row is not None and can(row, "extend", actor),
        "may_end": row is not None and can(row, "end", actor),
    }


def ruling_form(order: Order, data: Any) -> RulingForm | None:
    """Return the form of the office's word; None where nothing is asked."""
    row = HoldBack.objects.filter(order=order, state=HoldBackState.ASKED).first()
    if row is None:
        return None
    form = RulingForm(data, initial={"hold_back_months": row.months})
    form.asked = row  # type: ignore[attr-defined]
    return form


def ruling_of(form: RulingForm | None) -> HoldBackRuling | None:
    """Return what the form says; None when it says nothing that can be read."""
    if form is None or not form.is_valid():
        return None
    data = form.cleaned_data
    return HoldBackRuling(data["hold_back_months"], data["hold_back_reason"], data["hold_back_words"])
