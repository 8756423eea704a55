# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of an organisation: join one, see one's own, its people for the référent, its adhesion.

They live here and not in accounts because they speak of adhesions, which accounts knows nothing of.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.accounts.models import Membership, Nomination
from dinamis.accounts.selectors.membership import open_memberships, people_of
from dinamis.accounts.services import membership as verbs
from dinamis.accounts.services.nomination import step_down
from dinamis.core import clock
from licensing.selectors.adhesion import search_organisations
from licensing.selectors.ending import came_from, end_of
from licensing.selectors.restriction import restriction_of
from licensing.web.forms import JoinForm
from licensing.web.support import ADHESION_TONES, act, attempt

MEMBERSHIP_TONES = {"invited": "wait", "requested": "wait", "active": "ok", "ended": "over"}


@login_required
def organisation(request):
    """Show every organisation the person belongs to or has asked to belong to."""
    mine = list(open_memberships(request.user))
    named = Nomination.objects.open_at(clock.now()).naming(request.user)
    if not mine and not named and not request.user.has_perm("licensing.moderate"):
        return redirect("accounts:join")
    context = {"blocks": [_block(request, own) for own in mine], "named": named}
    return render(request, "accounts/organisation.html", context)


def _block(request, own):
    home = own.organisation
    referent = own.role == "referent" and own.state == "active"
    people = people_of(home) if own.state == "active" else []
    return {
        "own": own,
        "tone": MEMBERSHIP_TONES[own.state],
        "organisation": home,
        "referent": referent,
        "restriction": restriction_of(home, clock.now()),
        "end": end_of(home),
        "origins": came_from(home),
        "nominations": home.nominations.open_at(clock.now()) if referent else [],
        "referents": sum(person.role == "referent" for person in people if person.state == "active"),
        "requests": [person for person in people if person.state == "requested"] if referent else [],
        "members": [person for person in people if person.state == "active"],
        "adhesions": [
            {"adhesion": adhesion, "tone": ADHESION_TONES[adhesion.state]}
            for adhesion in home.adhesions.select_related("certificate")
            if referent or adhesion.referent_id == request.user.pk or adhesion.period
        ],
    }


@login_required
def join(request):
    """Find an organisation in force and ask to belong to it, or file the adhesion of one's own."""
    words = request.GET.get("q", "").strip()
    found = search_organisations(words, clock.now())
    form = JoinForm(request.POST or None, found=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(form, lambda: verbs.request_membership(user=request.user, **data)):
            messages.success(request, _("Your request was sent to the référent of the organisation."))
            return redirect("accounts:organisation")
    context = {"form": form, "words": words, "found": found, "waiting": open_memberships(request.user)}
    return render(request, "accounts/join.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def membership_act(request, pk, verb):
    """Activate, decline, remove, leave, or stop being référent."""
    membership = get_object_or_404(Membership.objects.visible_to(request.user), pk=pk)
    words = request.POST.get("words", "")
    user = request.user
    calls = {
        "activate": (
            lambda: verbs.activate_membership(membership=membership, actor=user),
            _("%(name)s is a member now.") % {"name": membership.user},
        ),
        "decline": (
            lambda: verbs.decline_membership(membership=membership, actor=user, words=words),
            _("The request was declined."),
        ),
        "remove": (
            lambda: verbs.remove_member(membership=membership, actor=user, words=words),
            _("%(name)s is not a member any more.") % {"name": membership.user},
        ),
        "step_down": (
            lambda: step_down(membership=membership, actor=user),
            _("You are a member like any other now."),
        ),
        "leave": (lambda: verbs.leave(membership=membership, actor=user), _("You have left the organisation.")),
    }
    call, done = calls[verb]
    return act(request, call, done=done, to=reverse("accounts:organisation"))
