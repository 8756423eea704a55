# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forms of the committee's sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.accounts.models import User
from dinamis.core.clock import PARIS
from dinamis.core.widgets import DayInput
from orders.enums import Attendance
from orders.models import AgendaRow, Order, SessionMember
from orders.reasons import choices
from orders.selectors.reviewing.absences import reviewers
from orders.services.duties.hold_backs import HoldBackRuling
from orders.services.reviewing.session_decisions import CHANGES, DEFER, GRANT, REFUSE, Word
from orders.web.reviewing.review_forms import NONE, DecisionForm

ACTS = (
    (GRANT, gettext_lazy("Grant"), ("approve",)),
    (CHANGES, gettext_lazy("Ask for changes"), ("changes",)),
    (REFUSE, gettext_lazy("Refuse"), ("refuse",)),
    (DEFER, gettext_lazy("Defer to the next session"), ("defer",)),
)
DECISIONS = [(value, label) for value, label, _subjects in ACTS]


def _reasons() -> list[Any]:
    return [NONE, *((str(label), choices(subject)) for _value, label, (subject,) in ACTS)]


class SessionForm(forms.Form):
    """When, where and with whom."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=DayInput())
    time = forms.TimeField(
        label=gettext_lazy("Time"),
        help_text=gettext_lazy("The time of Paris."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    place = forms.CharField(label=gettext_lazy("Place"), required=False, max_length=200)
    link = forms.URLField(
        label=gettext_lazy("Link of the video conference"), required=False, max_length=300, assume_scheme="https"
    )
    members = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=gettext_lazy("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    pointers: ClassVar[dict[str, str]] = {"starts": "day"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["members"]
        field.queryset = reviewers()
        field.label_from_instance = lambda person: f"{person} ({person.get_office_role_display()})"

    def said(self) -> dict[str, Any]:
        """Return what the verbs want."""
        data = self.cleaned_data
        return {
            "starts_at": datetime.combine(data["day"], data["time"], tzinfo=PARIS),
            "place": data["place"].strip(),
            "link": data["link"],
            "members": [person.pk for person in data["members"]],
        }


class AttendanceForm(forms.Form):
    """Who is there: a field for each seat."""

    def __init__(self, *args: Any, seats: Sequence[SessionMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for seat in seats:
            self.fields[f"seat_{seat.pk}"] = forms.ChoiceField(
                label=str(seat.person), choices=Attendance.choices, initial=seat.attendance
            )

    def seats(self) -> dict[int, str]:
        """Return the attendance by seat."""
        return {int(name.removeprefix("seat_")): value for name, value in self.cleaned_data.items()}


class AddForm(forms.Form):
    """Orders that wait for the committee."""

    orders = forms.MultipleChoiceField(
        label=gettext_lazy("Orders that wait for the committee"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, waiting: Sequence[Order], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["orders"]
        field.choices = [
            (str(order.pk), f"{order.reference} · {order.organisation.name} · {order.title}") for order in waiting
        ]


class BatchForm(forms.Form):
    """One word on several orders."""

    rows = forms.MultipleChoiceField(
        error_messages={"required": gettext_lazy("Tick the orders that are decided.")}, label=gettext_lazy("Orders")
    )
    decision = forms.ChoiceField(label=gettext_lazy("Decision"), choices=DECISIONS, widget=forms.RadioSelect)
    reason_code = forms.ChoiceField(label=gettext_lazy("Kind of reason"), required=False, choices=lazy(_reasons, list))
    words = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The requesters read these words."),
    )
    pointers: ClassVar[dict[str, str]] = {"reason": "words"}

    def __init__(self, *args: Any, waiting: Sequence[AgendaRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["rows"]
        field.choices = [(str(row.pk), row.order.reference) for row in waiting]

    def word(self) -> Word:
        """Return what is decided."""
        data = self.cleaned_data
        return Word(data["decision"], data["words"], data["reason_code"])


class RowForm(DecisionForm):
    """The word on one order, line by line where it is granted in part, and the vote."""

    decision = forms.ChoiceField(label=gettext_lazy("Decision"), choices=DECISIONS, widget=forms.RadioSelect)
    votes_for = forms.IntegerField(label=gettext_lazy("For"), required=False, min_value=0, max_value=99)
    votes_against = forms.IntegerField(label=gettext_lazy("Against"), required=False, min_value=0, max_value=99)
    abstentions = forms.IntegerField(label=gettext_lazy("Abstained"), required=False, min_value=0, max_value=99)
    pointers: ClassVar[dict[str, str]] = {"words": "reason"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["reason_code"]
        field.choices = _reasons()

    # The form of the hold-back that the order asks for, beside this one.
    hold_back: Any = None

    def clean(self) -> dict[str, Any]:
        """Take a vote whole or not at all."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        votes = [data.get(name) for name in ("votes_for", "votes_against", "abstentions")]
        if None in votes and any(vote is not None for vote in votes):
            self.add_error("votes_for", _("Give all three numbers of the vote, or none."))
        return data

    def word(self, hold_back: HoldBackRuling | None = None) -> Word:
        """Return what is decided."""
        data = self.cleaned_data
        votes = None
        if data["votes_for"] is not None:
            votes = (data["votes_for"], data["votes_against"], data["abstentions"])
        return Word(
            data["decision"],
            data["reason"],
            data["reason_code"],
            rulings=self.rulings() if data["decision"] == GRANT else (),
            envelope=data["envelope"],
            votes=votes,
            expected_version=data["version"],
            hold_back=hold_back,
        )


class SeatRecusalForm(forms.Form):
    """Which member steps back from an order, and why."""

    person = forms.ChoiceField(label=gettext_lazy("Member"))
    recusal_code = forms.ChoiceField(label=gettext_lazy("Why"), choices=lazy(lambda: choices("recuse"), list))
    recusal_words = forms.CharField(label=gettext_lazy("In words"), required=False, max_length=1000)
    pointers: ClassVar[dict[str, str]] = {"reason_code": "recusal_code", "words": "recusal_words"}

    def __init__(self, *args: Any, people: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["person"]
        field.choices = [(str(person.pk), str(person)) for person in people]
