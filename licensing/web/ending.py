# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's page of an organisation's end: declare it, read what will happen, confirm; or take it back."""

from typing import cast

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.widgets import DayInput
from licensing.enums import EndKind
from licensing.models import OrganisationEnd
from licensing.selectors.ending import came_from, clashing_titles, end_of, foreseen, possible_successors
from licensing.services.ending import Ending, cancel_end, declare_end
from licensing.web.review_forms import WordsForm
from licensing.web.support import act, attempt, moderators_only


class EndForm(forms.Form):
    """What happens to the organisation, from which day on, why, and what takes its place."""

    kind = forms.ChoiceField(label=gettext_lazy("What happens"), choices=EndKind.choices)
    successors = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label=gettext_lazy("What takes its place"),
        required=False,
        help_text=gettext_lazy("One for a merger, which must be admitted; several for a split; none for an end."),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("From this day on"),
        widget=DayInput(),
        help_text=gettext_lazy("From the beginning of the day in Paris; today or a past day takes effect at once."),
    )
    words = forms.CharField(
        label=gettext_lazy("In a sentence"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The members read it."),
    )

    def __init__(self, *args, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelMultipleChoiceField[Organisation]", self.fields["successors"])
        field.queryset = possible_successors(organisation)
        self.fields["effective_on"].initial = clock.today()

    def ending(self) -> Ending:
        """Return what was declared."""
        data = self.cleaned_data
        return Ending(data["kind"], data["effective_on"], data["words"], tuple(data["successors"]))


@moderators_only
def organisation_end(request, pk):
    """Show what would end; the first POST shows it with what was declared, the confirmed one declares it."""
    organisation = get_object_or_404(Organisation, pk=pk)
    form = EndForm(request.POST or None, organisation=organisation)
    confirming = request.method == "POST" and form.is_valid()

    def declare():
        declare_end(organisation=organisation, actor=request.user, ending=form.ending())

    if confirming and "confirm" in request.POST and attempt(form, declare):
        messages.success(request, _("The end is declared; everybody concerned is told."))
        return redirect("licensing:organisation_end", pk)
    return render(
        request,
        "licensing/office/organisation_end.html",
        _context(request, organisation, form, confirming=confirming and not form.errors),
        status=422 if form.errors else 200,
    )


def _context(request, organisation, form, *, confirming):
    at = clock.now()
    chosen = form.cleaned_data["successors"] if confirming else []
    merged = confirming and form.cleaned_data["kind"] == EndKind.MERGED and len(chosen) == 1
    return {
        "organisation": organisation,
        "form": form,
        "confirming": confirming,
        "kind": EndKind(form.cleaned_data["kind"]).label if confirming else "",
        "chosen": chosen,
        "merged": merged,
        "clashing": clashing_titles(organisation, chosen[0], at) if merged else [],
        "foreseen": foreseen(organisation, at),
        "end": end_of(organisation),
        "origins": came_from(organisation),
        "cancel_form": WordsForm(auto_id="id_cancel_%s"),
        "may": request.user.has_perm("licensing.end_organisation", OrganisationEnd(organisation=organisation)),
    }


@moderators_only
@require_POST
def end_cancel(request, pk):
    """Take a declared end back."""
    end = get_object_or_404(OrganisationEnd.objects.select_related("organisation"), pk=pk)
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: cancel_end(end=end, actor=request.user, words=words),
        done=_("The end is taken back; everybody concerned is told."),
        to=reverse("licensing:organisation_end", args=[end.organisation_id]),
    )
