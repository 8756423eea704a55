# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of the office about envelopes and tariffs."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from dinamis.core.widgets import DayInput
from licensing.enums import EligibilityClass
from licensing.models import Project
from orders.enums import CarryRule, EnvelopeKind, OrderKind, QuotaSide

KM2 = 1_000_000
MOST_KM2 = 10_000_000
MOST_EUROS = 1_000_000_000


def midnight(day: date) -> datetime:
    """Return the first instant of a day of Paris."""
    return datetime.combine(day, time(), tzinfo=clock.PARIS)


def m2_of(km2: Decimal | None) -> int:
    """Return km² of a form in whole m2; nothing is zero."""
    return round((km2 or 0) * KM2)


def cents_of(euros: Decimal | None) -> int:
    """Return euros of a form in whole cents; nothing is zero."""
    return int((euros or Decimal()) * 100)


def euros_field(label: Any, *, least: int, **options: Any) -> forms.DecimalField:
    """Return a field of euros, to the cent."""
    return forms.DecimalField(
        label=label, min_value=least, max_value=MOST_EUROS, decimal_places=2, max_digits=12, **options
    )


def day_field(label: Any, **options: Any) -> forms.DateField:
    """Return a field of a day, as browsers show it."""
    return forms.DateField(label=label, widget=DayInput(), **options)


def area_field(label: Any, *, least: int, **options: Any) -> forms.DecimalField:
    """Return a field of km², with two decimals."""
    return forms.DecimalField(
        label=label, min_value=least, max_value=MOST_KM2, decimal_places=2, max_digits=10, **options
    )


class EnvelopeForm(forms.Form):
    """An envelope to open, empty: what goes into it is an adjustment that a second person confirms."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("For example: Pléiades 2027 T1."))
    family = forms.ChoiceField(label=_("Product family"), choices=ProductFamily.choices)
    kind = forms.ChoiceField(label=_("Whose"), choices=EnvelopeKind.choices)
    owner = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Organisation"),
        required=False,
        help_text=_("Of an organisation’s envelope or pre-financed volume."),
    )
    programme = forms.CharField(
        label=_("Programme"), max_length=120, required=False, help_text=_("Of a programme’s envelope: its name.")
    )
    starts = day_field(_("First day"))
    ends = day_field(_("Last day"))
    counts_attempts = forms.BooleanField(label=_("Counts attempts of the provider"), required=False)
    counts_euros = forms.BooleanField(label=_("Has a ceiling in euros"), required=False)
    renews = forms.BooleanField(label=_("The next period opens by itself"), required=False)
    carry = forms.ChoiceField(label=_("What is left at the end is carried over"), choices=CarryRule.choices)
    carry_percent = forms.IntegerField(
        label=_("Share carried, in percent"), min_value=1, max_value=99, required=False, help_text=_("Of a share.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = Organisation.objects.order_by("name")


class ProgrammeForm(forms.Form):
    """Whose projects draw on a programme."""

    projects = forms.ModelMultipleChoiceField(
        Project.objects.none(),
        label=_("Projects"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("Hold Control or Command to choose several."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects: Any = self.fields["projects"]
        projects.queryset = Project.objects.select_related("organisation").order_by("organisation__name", "title")
        projects.label_from_instance = lambda project: f"{project.organisation} · {project.title}"


class AdjustmentForm(forms.Form):
    """A change of a budget to propose."""

    amount = area_field(_("Area to add, in km²"), least=-MOST_KM2, required=False, help_text=_("Below zero to take."))
    attempts = forms.IntegerField(
        label=_("Attempts to add"), min_value=-10_000, max_value=10_000, required=False, help_text=_("If counted.")
    )
    euros = euros_field(
        _("Euros to add"),
        least=-MOST_EUROS,
        required=False,
        help_text=_("They are a ceiling: once it has one, an envelope pays no more than that."),
    )
    recurs = forms.BooleanField(label=_("Also for the periods to come"), required=False)
    words = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class TariffForm(forms.Form):
    """A rate to set from a day on."""

    family = forms.ChoiceField(label=_("Product family"), choices=ProductFamily.choices)
    kind = forms.ChoiceField(label=_("Kind of order"), choices=OrderKind.choices)
    eligibility_class = forms.ChoiceField(
        label=_("Eligibility class"), required=False, choices=[("", _("every class")), *EligibilityClass.choices]
    )
    quota = forms.ChoiceField(label=_("Quota"), choices=QuotaSide.choices)
    price = forms.DecimalField(
        label=_("Price of a km², in euros"), min_value=0, max_value=10_000, decimal_places=2, max_digits=7
    )
    minimum = area_field(_("Smallest billed area, in km²"), least=0)
    stereo_factor = forms.IntegerField(label=_("A stereo pair counts"), min_value=1, max_value=10, initial=2)
    tristereo_factor = forms.IntegerField(label=_("A triplet counts"), min_value=1, max_value=10, initial=3)
    since = day_field(_("From"))
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
