# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forms of absence, and the question in whose name somebody acts."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.widgets import DayInput
from orders.selectors.reviewing.absences import possible_delegates, principals_of


class AbsenceForm(forms.Form):
    """From when, until when, and who acts meanwhile."""

    since = forms.DateField(label=gettext_lazy("First day"), widget=DayInput())
    until = forms.DateField(label=gettext_lazy("Last day"), widget=DayInput())
    delegate = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Who acts for you"),
        required=False,
        empty_label=gettext_lazy("nobody"),
        help_text=gettext_lazy("Somebody of the same role. Their own interests still keep them off a decision."),
    )

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["delegate"]
        field.queryset = possible_delegates(person)


def in_whose_name(form: forms.Form, user: Any) -> None:
    """Ask in whose name the person acts, where they stand in for somebody now; nothing is chosen for them but
    themselves."""
    people = principals_of(user, clock.now())
    if people:
        form.fields["in_name_of"] = forms.TypedChoiceField(
            label=_("In whose name"),
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", _("in my own")), *((person.pk, _("for %(name)s") % {"name": person}) for person in people)],
        )


def named(form: forms.Form) -> int | None:
    """Return for whom the person who sent the form acts, or None."""
    return form.cleaned_data.get("in_name_of") or None
