# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who binds an organisation: the référent's page of a change, and the office's, which confirms it."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.accounts.models import Organisation
from dinamis.accounts.selectors.membership import organisations_led_by
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.transitions import can
from dinamis.core.uploads import was_cut
from dinamis.core.widgets import DayInput
from licensing.enums import RepresentativeReason
from licensing.models import RepresentativeChange
from licensing.selectors.adhesion import history, representative_warnings
from licensing.selectors.representative import changes_of, in_force_of
from licensing.selectors.restriction import restriction_of
from licensing.services import representative_change as verbs
from licensing.services.filing import LegalRepresentative
from licensing.web.forms import EvidenceForm
from licensing.web.review_forms import DecisionForm
from licensing.web.support import act, attempt, moderators_only, timeline

TONES = {
    "awaiting_signature": "wait",
    "signed": "progress",
    "confirmed": "ok",
    "in_effect": "ok",
    "refused": "bad",
    "declined": "bad",
    "withdrawn": "over",
    "lapsed": "over",
}
DECISIONS = {
    "confirm": ("new_representative", verbs.confirm_change, gettext_lazy("The new legal representative is confirmed.")),
    "refuse": ("keep_representative", verbs.refuse_change, gettext_lazy("The change is refused; all are told.")),
}
ACTS = {
    "withdraw": (verbs.withdraw_change, gettext_lazy("The change is withdrawn; the legal representative stays.")),
    "again": (verbs.reissue_change_link, gettext_lazy("A new link was sent; the one before is dead.")),
}


class ChangeForm(EvidenceForm):
    """Who is to be the legal representative, why, from when on, and the document that shows it."""

    name = forms.CharField(label=gettext_lazy("First and last name of the legal representative"), max_length=150)
    function = forms.CharField(label=gettext_lazy("Function"), max_length=150, required=False)
    email = forms.EmailField(
        label=gettext_lazy("E-mail of the legal representative"),
        help_text=gettext_lazy("The link to sign and its code are sent there."),
    )
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=RepresentativeReason.choices)
    effective_on = forms.DateField(
        label=gettext_lazy("From this day on"),
        widget=DayInput(),
        help_text=gettext_lazy("Not before the DINAMIS office has confirmed it."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of their mails"), choices=settings.LANGUAGES)
    field_order = ("name", "function", "email", "language", "reason", "effective_on", "file")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # What it is, is known.
        del self.fields["title"]
        self.fields["file"].label = _("Act of nomination, or delegation of signature")
        self.fields["effective_on"].initial = clock.today()
        self.fields["language"].initial = (get_language() or "fr")[:2]

    def declared(self) -> verbs.Declared:
        """Return what was declared."""
        data = self.cleaned_data
        person = LegalRepresentative(data["name"], data["email"], data["function"])
        return verbs.Declared(person, data["reason"], data["effective_on"], data["language"])


@login_required
def representative(request, pk):
    """Show a référent who binds the organisation and what is under way; declare a change."""
    organisation = get_object_or_404(organisations_led_by(request.user), pk=pk)
    return _page(request, organisation, "accounts:representative", may_declare=True)


@moderators_only
def office_representative(request, pk):
    """Show the office the same, to confirm or refuse; declare a change where nobody else can."""
    organisation = get_object_or_404(Organisation, pk=pk)
    asked = RepresentativeChange(organisation=organisation)
    alone = restriction_of(organisation, clock.now()) is not None
    may = alone and request.user.has_perm("licensing.declare_representative", asked)
    return _page(request, organisation, "licensing:office_representative", may_declare=may)


def _page(request, organisation, page, *, may_declare):
    form = ChangeForm(request.POST or None, request.FILES or None, cut=was_cut(request))

    def declare():
        verbs.declare_change(
            organisation=organisation,
            actor=request.user,
            declared=form.declared(),
            upload=form.cleaned_data["file"],
        )

    if request.method == "POST" and form.is_valid() and attempt(form, declare):
        messages.success(request, _("The person is asked by mail to sign; the office confirms it afterwards."))
        return redirect(page, organisation.pk)
    context = {
        "organisation": organisation,
        "form": form,
        "action": reverse(page, args=[organisation.pk]),
        "office": page == "licensing:office_representative",
        "adhesions": in_force_of(organisation, clock.now()),
        **_changes(organisation, Actor.person(request.user)),
    }
    context["may_declare"] = may_declare and context["open"] is None and context["adhesions"]
    return render(request, "licensing/representative.html", context, status=422 if form.errors else 200)


def _changes(organisation, actor):
    """Return the change under way with what the person may do about it, and those that are over."""
    changes = list(changes_of(organisation))
    under_way = next((one for one in changes if one.state not in one.machine.final), None)
    rows = [{"change": one, "tone": TONES[one.state], "steps": timeline(history(one))} for one in changes]
    if under_way is None:
        return {"open": None, "rows": rows}
    forms_ = [
        {"name": name, "label": under_way.machine.find(name).label, "form": _decision_form(under_way, name)}
        for name in DECISIONS
        if can(under_way, name, actor)
    ]
    return {
        "open": under_way,
        "rows": rows,
        "decisions": forms_,
        "warnings": representative_warnings(under_way) if forms_ else [],
        "may_withdraw": can(under_way, "withdraw", actor),
    }


def _decision_form(change, name, data=None) -> DecisionForm:
    return DecisionForm(data, name=DECISIONS[name][0], adhesion=change)


@login_required
@require_POST
def change_act(request, pk, verb):
    """Withdraw a change, or send its link again."""
    change = get_object_or_404(RepresentativeChange.objects.visible_to(request.user), pk=pk)
    call, done = ACTS[verb]
    office = request.user.has_perm("licensing.moderate")
    page = "licensing:office_representative" if office else "accounts:representative"
    return act(
        request,
        lambda: call(change=change, actor=request.user),
        done=str(done),
        to=reverse(page, args=[change.organisation_id]),
    )


@moderators_only
@require_POST
def change_decide(request, pk, verb):
    """Confirm or refuse."""
    change = get_object_or_404(RepresentativeChange, pk=pk)
    form = _decision_form(change, verb, request.POST)
    form.is_valid()
    data = form.cleaned_data
    _verdict, call, done = DECISIONS[verb]
    return act(
        request,
        lambda: call(
            change=change,
            actor=request.user,
            reason=Reason(data.get("code", ""), data.get("words", "")),
            expected_version=data.get("version", -1),
        ),
        done=str(done),
        to=reverse("licensing:office_representative", args=[change.organisation_id]),
    )
