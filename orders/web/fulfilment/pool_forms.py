# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form by which the office proposes a grouping."""

import re

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.enums import OrderKind, SplitRule
from orders.models import OrderItem

LINE = re.compile(r"^(?P<reference>[A-Z]-\d{4}-\d{4,})(?:/(?P<position>\d{1,4}))?$")
MOST = 8


class ProposalForm(forms.Form):
    """Requests by their references, and how their cost is split."""

    orders = forms.CharField(
        label=gettext_lazy("Requests"),
        max_length=400,
        help_text=gettext_lazy("Their references, separated by spaces; D-2026-0431/2 names the second line of one."),
    )
    rule = forms.ChoiceField(
        label=gettext_lazy("How the cost is split"),
        required=False,
        choices=[
            ("", gettext_lazy("by area, unless somebody would pay more than alone")),
            (SplitRule.KM2, SplitRule.KM2.label),
            (SplitRule.PURSE, SplitRule.PURSE.label),
        ],
    )

    def clean_orders(self):
        """Return the ids of the lines."""
        names = self.cleaned_data["orders"].replace(",", " ").split()
        if not 2 <= len(names) <= MOST:
            raise forms.ValidationError(_("Name between two and eight requests."))
        return [_line(name) for name in names]


def _line(name):
    found = LINE.match(name)
    lines = OrderItem.objects.none()
    if found:
        lines = OrderItem.objects.filter(
            order__kind=OrderKind.ACQUISITION,
            order__reference=found["reference"],
            position=int(found["position"] or 1),
        )
    pk = lines.values_list("pk", flat=True).first()
    if pk is None:
        raise forms.ValidationError(_("There is no acquisition request called %(name)s.") % {"name": name})
    return pk
