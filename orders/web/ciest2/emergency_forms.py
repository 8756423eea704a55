# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an activation of CIEST² says, and the forms beside it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.widgets import DayInput
from orders.domain.emergency_rules import PLACE_LENGTH, WHY_LENGTH, Event
from orders.enums import EventKind
from orders.reasons import choices
from orders.web.requests.forms import OrderForm

DAY = DayInput()


class ActivationForm(OrderForm):
    """What has happened, where and when, and for whom images are taken."""

    # Fields under which a refusal of the service is shown.
    pointers: dict[str, str] = {"areas": "aoi"}  # noqa: RUF012
    whole = title = new_project = None  # type: ignore[assignment]
    kind = forms.ChoiceField(label=_("What has happened"), choices=EventKind.choices)
    place = forms.CharField(label=_("Name of the place"), max_length=PLACE_LENGTH)
    event_on = forms.DateField(
        label=_("Day of the event"), widget=DAY, help_text=_("Of what announces itself, the day of its first signs.")
    )
    justification = forms.CharField(
        label=_("Why images are needed every day"),
        max_length=WHY_LENGTH,
        help_text=_("All who look at the activation read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        del self.fields["bundle"]
        self.fields["event_on"].initial = clock.today()
        project: Any = self.fields["project"]
        project.empty_label = _("A new project, named after the place")

    def event(self) -> Event:
        """What a valid form says."""
        data, area = self.cleaned_data, self.geometry
        parts = getattr(area, "geoms", [area])
        return Event(
            kind=data["kind"],
            place=data["place"],
            event_on=data["event_on"],
            why=data["justification"],
            area=parts[0] if len(parts) == 1 else area,
        )


class StopForm(forms.Form):
    """Why an activation is stopped."""

    code = forms.ChoiceField(label=_("Kind of reason"), choices=[])
    words = forms.CharField(
        label=_("In words"), required=False, max_length=WHY_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code: Any = self.fields["code"]
        code.choices = choices("activation_stopped")


class JoinForm(forms.Form):
    """For which organisation, and why, a second scientist joins."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("For which organisation"))
    words = forms.CharField(
        label=_("Why"), required=False, max_length=WHY_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Organisation.objects.filter(memberships__user=user, memberships__state="active").distinct()
        choice: Any = self.fields["organisation"]
        choice.queryset = mine
        if len(only := list(mine[:2])) == 1:
            choice.initial = only[0].pk
            choice.widget = forms.HiddenInput()


class ScientistForm(forms.Form):
    """Whom the office names, and for which days."""

    email = forms.EmailField(label=_("E-mail address of the account"))
    first = forms.DateField(label=_("From"), widget=DAY)
    last = forms.DateField(label=_("Until"), widget=DAY)
    words = forms.CharField(
        label=_("Why"),
        max_length=WHY_LENGTH,
        help_text=_("On whose word, for which observatory."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
