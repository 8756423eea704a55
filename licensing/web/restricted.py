# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's pages of organisations without a référent: the list, and the appointment of one."""

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.accounts.enums import MembershipState
from dinamis.accounts.models import Membership, Nomination, Organisation
from dinamis.accounts.selectors.invitation import holder_of
from dinamis.accounts.selectors.membership import people_of
from dinamis.accounts.services.membership import end_membership
from dinamis.accounts.services.nomination import appoint_referent
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from licensing.selectors.restriction import restriction_of, restrictions
from licensing.web.review_forms import WordsForm
from licensing.web.support import act, attempt, moderators_only


class AppointForm(forms.Form):
    """Whom the office asks to be référent, and why."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address of the account"),
        help_text=gettext_lazy("A member, or anybody of the organisation who has an account."),
    )
    words = forms.CharField(
        label=gettext_lazy("In a sentence"),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The person reads it."),
    )


@moderators_only
def restricted(request):
    """List the organisations in restricted mode."""
    return render(request, "licensing/office/restricted.html", {"rows": restrictions(clock.now())})


@moderators_only
def office_referents(request, pk):
    """Show who belongs to an organisation; appoint a référent where there is none."""
    organisation = get_object_or_404(Organisation, pk=pk)
    form = AppointForm(request.POST or None)

    def appoint():
        data = form.cleaned_data
        person = holder_of(data["email"])
        if person is None:
            raise Invalid(
                _("No account has this address."), pointer="email", repair=_("The person asks for an account first.")
            )
        appoint_referent(organisation=organisation, actor=request.user, person=person, words=data["words"])

    if request.method == "POST" and form.is_valid() and attempt(form, appoint):
        messages.success(request, _("The person was asked by mail; they are référent once they accept."))
        return redirect("licensing:office_referents", pk)
    context = {
        "organisation": organisation,
        "form": form,
        "restriction": restriction_of(organisation, clock.now()),
        "members": people_of(organisation).filter(state=MembershipState.ACTIVE),
        "nominations": organisation.nominations.open_at(clock.now()),
        "may": request.user.has_perm("accounts.appoint_referent", Nomination(organisation=organisation)),
    }
    return render(request, "licensing/office/referents.html", context, status=422 if form.errors else 200)


@moderators_only
@require_POST
def member_end(request, pk):
    """End a membership by the office."""
    membership = get_object_or_404(Membership.objects.select_related("organisation", "user"), pk=pk)
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: end_membership(membership=membership, actor=request.user, words=words),
        done=_("The membership has ended; the person was told."),
        to=reverse("licensing:office_referents", args=[membership.organisation_id]),
    )
