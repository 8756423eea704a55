# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who answers for an organisation: a référent names the next one, who accepts or declines. A GET changes nothing."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.accounts.enums import MemberRole, MembershipState
from dinamis.accounts.models import Invitation, Membership, Nomination
from dinamis.accounts.selectors.invitation import open_invitations
from dinamis.accounts.selectors.membership import organisations_led_by, people_of
from dinamis.accounts.services import nomination as verbs
from dinamis.core import clock
from licensing.web.forms import choice
from licensing.web.support import act, attempt


class NameForm(forms.Form):
    """Who is to be référent, and whether the one who names steps back."""

    who = forms.ChoiceField(
        label=gettext_lazy("The next référent"),
        help_text=gettext_lazy("An active member, or somebody you have invited. They are asked by mail."),
    )
    hands_over = forms.BooleanField(
        label=gettext_lazy("I stop being référent once they have accepted, and stay a member"), required=False
    )

    def __init__(self, *args, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        active = people_of(organisation).filter(state=MembershipState.ACTIVE, user__is_active=True)
        self.rows: dict[str, Membership | Invitation] = {}
        self.rows.update((f"member-{row.pk}", row) for row in active.exclude(role=MemberRole.REFERENT))
        self.rows.update((f"invitation-{row.pk}", row) for row in open_invitations(organisation))
        choice(self, "who").choices = [("", "—"), *((key, self.words(row)) for key, row in self.rows.items())]

    @staticmethod
    def words(row):
        """Name and address, enough to tell two apart."""
        person = getattr(row, "user", row)
        return f"{person.name} ({person.email})"


@login_required
def referents(request, pk):
    """Show who answers for the organisation and who is asked to; name one more."""
    organisation = get_object_or_404(organisations_led_by(request.user), pk=pk)
    form = NameForm(request.POST or None, organisation=organisation)

    def name():
        data = form.cleaned_data
        verbs.name_referent(
            organisation=organisation,
            actor=request.user,
            who=form.rows[data["who"]],
            hands_over=data["hands_over"],
        )

    if request.method == "POST" and form.is_valid() and attempt(form, name):
        messages.success(request, _("The person was asked by mail; nothing changes before they accept."))
        return redirect("accounts:referents", pk)
    own = people_of(organisation).filter(state=MembershipState.ACTIVE, role=MemberRole.REFERENT)
    context = {
        "organisation": organisation,
        "form": form,
        "referents": own,
        "mine": own.get(user=request.user),
        "nominations": organisation.nominations.open_at(clock.now()),
    }
    return render(request, "accounts/referents.html", context, status=422 if form.errors else 200)


@login_required
def nomination(request, pk):
    """Show a person what they are asked to be."""
    found = get_object_or_404(_seen_by(request.user), pk=pk)
    mine = request.user.has_perm("accounts.take_nomination", found) and not found.expired(clock.now())
    return render(request, "accounts/nomination.html", {"nomination": found, "mine": mine})


@login_required
@require_POST
def nomination_act(request, pk, verb):
    """Accept, decline or withdraw."""
    found = get_object_or_404(_seen_by(request.user), pk=pk)
    user = request.user
    calls = {
        "accept": (
            lambda: verbs.accept_nomination(nomination=found, actor=user),
            _("You are a référent of %(name)s now.") % {"name": found.organisation},
        ),
        "decline": (lambda: verbs.decline_nomination(nomination=found, actor=user), _("You have declined.")),
        "withdraw": (
            lambda: verbs.withdraw_nomination(nomination=found, actor=user),
            _("The nomination is withdrawn."),
        ),
    }
    call, done = calls[verb]
    return act(request, call, done=done, to=_back(user, found, verb))


def _back(user, found, verb) -> str:
    if verb != "withdraw":
        return reverse("accounts:organisation")
    if user.has_perm("licensing.moderate"):
        return reverse("licensing:office_referents", args=[found.organisation_id])
    return reverse("accounts:referents", args=[found.organisation_id])


def _seen_by(user):
    """Nominations that name the person, of the organisations they lead; all of them for the office."""
    rows = Nomination.objects.select_related("organisation", "successor", "invitation__membership__user", "named_by")
    if user.has_perm("licensing.moderate"):
        return rows
    own = Q(successor=user) | Q(invitation__membership__user=user)
    return rows.filter(own | Q(organisation__in=organisations_led_by(user)))
