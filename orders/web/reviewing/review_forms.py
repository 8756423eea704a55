# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forms of those who decide on orders."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from shapely import unary_union
from shapely.geometry.base import BaseGeometry

from dinamis.core import geo
from dinamis.core.areas import read_area, with_checked_axes
from dinamis.core.exceptions import Invalid
from dinamis.core.templatetags.ui import km2
from licensing.enums import OpinionVerdict
from orders.enums import LineVerdict
from orders.models import Envelope, OrderItem
from orders.reasons import choices
from orders.services.reviewing.grants import Ruling, within

NONE = ("", "—")
ACTS = (
    ("approve", gettext_lazy("Approve")),
    ("pass_on", gettext_lazy("Pass on")),
    ("changes", gettext_lazy("Ask for changes")),
    ("refuse", gettext_lazy("Refuse")),
)


def _reasons() -> list[Any]:
    return [NONE, *((str(label), choices(subject)) for subject, label in ACTS)]


class DecisionForm(forms.Form):
    """The office's word on an order: on the whole, on a part of its area, and line by line."""

    version = forms.IntegerField(widget=forms.HiddenInput())
    envelope = forms.ModelChoiceField(
        Envelope.objects.none(),
        label=gettext_lazy("Envelope"),
        required=False,
        widget=forms.RadioSelect,
    )
    reason_code = forms.ChoiceField(label=gettext_lazy("Kind of reason"), required=False, choices=lazy(_reasons, list))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        error_messages={"required": gettext_lazy("Give a reason: the requester reads it.")},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The requester reads these words."),
    )
    area = forms.CharField(
        label=gettext_lazy("Grant only this part of the area"),
        required=False,
        help_text=gettext_lazy("Change the outline on the map, or paste GeoJSON or WKT. Empty: the whole area."),
        widget=forms.Textarea(attrs={"rows": 3, "data-aoi-input": "", "class": "mono", "spellcheck": "false"}),
    )
    line_reason = forms.ChoiceField(
        label=gettext_lazy("Why the rest is not granted"),
        required=False,
        choices=lazy(lambda: [NONE, *choices("approve_part")], list),
    )
    line_words = forms.CharField(
        label=gettext_lazy("In words"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    refused = forms.MultipleChoiceField(
        label=gettext_lazy("Lines that are refused"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, proposals: Any, lines: Sequence[OrderItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        self.part: BaseGeometry | None = None
        refused: Any = self.fields["refused"]
        refused.choices = [(str(line.pk), _line_words(line)) for line in lines]
        field: Any = self.fields["envelope"]
        field.queryset = Envelope.objects.filter(pk__in=[proposal.envelope.pk for proposal in proposals])
        # A field of radio buttons drops an `empty_label` of its own.
        field.choices = [
            ("", _("The purses of the order, in turn")),
            *(
                (
                    proposal.envelope.pk,
                    _("%(name)s: %(remaining)s would remain")
                    % {"name": proposal.envelope, "remaining": km2(proposal.remaining_m2)},
                )
                for proposal in proposals
            ),
        ]

    def clean_area(self) -> str:
        """Read the part that is granted."""
        text: str = self.cleaned_data["area"].strip()
        if text:
            try:
                self.part = read_area(text).geometry
                with_checked_axes(self.part)
            except Invalid as error:
                raise forms.ValidationError(f"{error} {error.repair}".strip(), code=error.code) from error
        return text

    def rulings(self) -> list[Ruling]:
        """Return what the form says of each line; [] = all of them are granted."""
        data = self.cleaned_data
        code, words = data["line_reason"], data["line_words"]
        rulings = within(self.lines, self.part, reason_code=code, words=words) if self.part is not None else []
        kept = [ruling for ruling in rulings if str(ruling.item_id) not in data["refused"]]
        return [*kept, *(Ruling(int(pk), LineVerdict.REFUSED, code, words) for pk in data["refused"])]


def initial_of(rulings: Iterable[Ruling]) -> dict[str, Any]:
    """Return the initial values that repeat what an earlier stage said of each line."""
    limited = [ruling for ruling in rulings if ruling.verdict != LineVerdict.WHOLE]
    parts = [ruling.area for ruling in limited if ruling.area is not None]
    return {
        "refused": [str(ruling.item_id) for ruling in limited if ruling.verdict == LineVerdict.REFUSED],
        "line_reason": limited[0].reason_code if limited else "",
        "line_words": limited[0].words if limited else "",
        "area": geo.to_shapely(geo.to_multipolygon(unary_union(parts))).wkt if parts else "",
    }


class OpinionForm(forms.Form):
    """An opinion on an order, and its reason."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Your opinion"), choices=OpinionVerdict.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("The DINAMIS office reads it."),
    )


class RecusalForm(forms.Form):
    """Why a person may not decide on an order."""

    reason_code = forms.ChoiceField(label=gettext_lazy("Why"), choices=lazy(lambda: choices("recuse"), list))
    words = forms.CharField(label=gettext_lazy("In words"), required=False, max_length=1000)


def _line_words(line: OrderItem) -> str:
    return f"{line.position}. {line.label}, {km2(line.area_m2)}"
