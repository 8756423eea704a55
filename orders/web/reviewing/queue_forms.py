# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of the queue: weights to try, and a formula to propose."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.domain.fair_share import FACTORS, Formula
from orders.models.queue import MOST_POINTS
from orders.services.reviewing.queue import MOST
from orders.web.money.envelope_forms import day_field

LABELS = {
    "need": _("Need class"),
    "age": _("Waiting time"),
    "use": _("Past use"),
    "reuse": _("Use by others"),
    "emergency": _("Emergency"),
}


class WeightsForm(forms.Form):
    """Weights to try; what is left empty stays as it is in force."""

    def __init__(self, *args: Any, formula: Formula, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.formula = formula
        for name in FACTORS:
            self.fields[name] = forms.IntegerField(
                label=LABELS[name],
                min_value=0,
                max_value=MOST_POINTS,
                required=False,
                initial=formula.weights[name],
            )

    def tried(self) -> dict[str, int] | None:
        """Return all five weights, or None when nothing, or nothing right, is tried."""
        if not self.is_bound or not self.is_valid():
            return None
        said = {name: self.cleaned_data[name] for name in FACTORS}
        return {name: self.formula.weights[name] if value is None else value for name, value in said.items()}


class RuleForm(WeightsForm):
    """The numbers of a formula from a day on."""

    def __init__(self, *args: Any, formula: Formula, **kwargs: Any) -> None:
        super().__init__(*args, formula=formula, **kwargs)
        for name in FACTORS:
            self.fields[name].required = True
        labels = {
            "age_days": _("Days until waiting counts in full"),
            "half_life_days": _("Days in which past use halves"),
            "reuse_full": _("Other organisations that count in full"),
        }
        for name, label in labels.items():
            self.fields[name] = forms.IntegerField(
                label=label, min_value=1, max_value=MOST[name], initial=getattr(formula, name)
            )
        self.fields["starts_on"] = day_field(_("From"))
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
        )

    def proposed(self) -> Formula:
        """Return the numbers of a form that is valid."""
        data = self.cleaned_data
        return Formula({name: data[name] for name in FACTORS}, *(data[name] for name in MOST))
