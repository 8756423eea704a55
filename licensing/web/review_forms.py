# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forms of the office, and those that answer it."""

from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dinamis.core.widgets import DayInput
from licensing.enums import OpinionBody, OpinionVerdict, SuspensionCause
from licensing.models import Adhesion, Licence, RepresentativeChange
from licensing.reasons import REASONS
from licensing.selectors.submission import fields_to_change
from licensing.services.period import default_end
from licensing.web.forms import choice


class DecisionForm(forms.Form):
    """A moderator's word: a coded reason, a sentence the other side reads, and the version it was read on."""

    code = forms.ChoiceField(label=_("Reason"))
    words = forms.CharField(
        label=_("In a sentence"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The organisation reads it."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, name: str, adhesion: Adhesion | RepresentativeChange, **kwargs):
        kwargs.setdefault("auto_id", f"id_{name}_%s")
        kwargs.setdefault("initial", {"version": adhesion.version})
        super().__init__(*args, **kwargs)
        self.name = name
        self.adhesion = adhesion
        choice(self, "code").choices = REASONS[name]

    def options(self) -> dict[str, object]:
        """Return what the verb takes beside reason and version."""
        return {}


class ApprovalForm(DecisionForm):
    """An approval lasts until a day the moderator chooses."""

    until = forms.DateField(label=_("In force until"), required=False, widget=DayInput())
    field_order = ("until", "code", "words")

    def __init__(self, *args, adhesion: Adhesion, **kwargs):
        super().__init__(*args, adhesion=adhesion, **kwargs)
        self.fields["until"].initial = default_end(adhesion)
        self.fields["until"].help_text = _("%(years)d years at most, and not beyond the end of the project.") % {
            "years": settings.DINAMIS["ADHESION_MAX_YEARS"]
        }

    def options(self) -> dict[str, object]:
        """Return the last day."""
        return {"until": self.cleaned_data["until"]}


class LiftForm(DecisionForm):
    """Which cause of the suspension is lifted."""

    cause = forms.ChoiceField(label=_("Cause that is lifted"))
    field_order = ("cause", "code", "words")

    def __init__(self, *args, adhesion: Adhesion, **kwargs):
        super().__init__(*args, adhesion=adhesion, **kwargs)
        labels = dict(SuspensionCause.choices)
        causes = adhesion.causes.filter(lifted_at__isnull=True).values_list("cause", flat=True)
        choice(self, "cause").choices = [(cause, labels[cause]) for cause in causes]
        # With one cause there is nothing to choose.
        self.fields["cause"].required = len(causes) > 1
        if not causes:
            del self.fields["cause"]

    def options(self) -> dict[str, object]:
        """Return the cause."""
        return {"cause": self.cleaned_data.get("cause", "")}


class ChangesForm(DecisionForm):
    """What is asked of each field; a field left empty is asked nothing."""

    def __init__(self, *args, adhesion: Adhesion, **kwargs):
        super().__init__(*args, adhesion=adhesion, **kwargs)
        self.asked = [f"change-{name}" for name, _label in fields_to_change(adhesion)]
        for name, label in fields_to_change(adhesion):
            self.fields[f"change-{name}"] = forms.CharField(
                label=label, required=False, max_length=2000, widget=forms.TextInput(attrs={"autocomplete": "off"})
            )

    def per_field(self):
        """Return the bound fields of the form's own questions, for the page."""
        return [self[name] for name in self.asked]

    def options(self) -> dict[str, object]:
        """Return what is asked, field by field."""
        return {"changes": {name.removeprefix("change-"): self.cleaned_data[name] for name in self.asked}}


FORMS: dict[str, type[DecisionForm]] = {"approve": ApprovalForm, "request_changes": ChangesForm, "resume": LiftForm}


def decision_form(name: str, adhesion: Adhesion, data=None) -> DecisionForm:
    """Return the form of a verdict on an adhesion."""
    return FORMS.get(name, DecisionForm)(data, name=name, adhesion=adhesion)


class SuspensionForm(forms.Form):
    """Why a right rests."""

    cause = forms.ChoiceField(label=_("Cause"), choices=SuspensionCause.choices)
    words = forms.CharField(label=_("In a sentence"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class WordsForm(forms.Form):
    """A sentence that says why."""

    words = forms.CharField(label=_("In a sentence"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))


class NoteForm(forms.Form):
    """A remark or a message; the hidden key makes a double click one of it."""

    words = forms.CharField(max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, label: str = "", **kwargs):
        kwargs.setdefault("initial", {"key": uuid4()})
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label

    def said(self) -> tuple[str, UUID]:
        """Return words and key; the service refuses words that are missing."""
        self.is_valid()
        data = self.cleaned_data
        return data.get("words", ""), data.get("key") or uuid4()


class OpinionForm(forms.Form):
    """An opinion and its reason."""

    verdict = forms.ChoiceField(label=_("Your opinion"), choices=OpinionVerdict.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("Reason"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The DINAMIS office reads it."),
    )


class AskOpinionForm(forms.Form):
    """An opinion that advises: of whom, on which licence, and the question."""

    body = forms.ChoiceField(label=_("Asked of"), choices=OpinionBody.choices)
    licence_code = forms.ChoiceField(label=_("Licence"))
    words = forms.CharField(
        label=_("Question"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, adhesion: Adhesion, **kwargs):
        kwargs.setdefault("auto_id", "id_ask_%s")
        kwargs.setdefault("initial", {"version": adhesion.version})
        super().__init__(*args, **kwargs)
        self.licences = {
            licence.code: licence
            for licence in Licence.objects.filter(kind="product", classes__contains=[adhesion.eligibility_class])
        }
        choice(self, "licence_code").choices = [(code, licence.name) for code, licence in self.licences.items()]

    def licence(self) -> Licence:
        """Return the licence chosen, or the first one where the choice is wrong."""
        return self.licences.get(self.cleaned_data.get("licence_code", "")) or next(iter(self.licences.values()))
