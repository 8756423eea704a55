# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invitations: the référent's page, and the page behind the one-time link. A GET changes nothing."""

from functools import wraps

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from dinamis.accounts.models import Invitation
from dinamis.accounts.selectors.invitation import find_invitation, open_invitations
from dinamis.accounts.selectors.membership import organisations_led_by
from dinamis.accounts.services import invitation as verbs
from dinamis.accounts.services.invitation_file import LineProblem, invite_file
from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, NotVisible
from dinamis.core.handover import private
from licensing.web.support import act, attempt


class InviteForm(forms.Form):
    """One person."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"))
    name = forms.CharField(label=gettext_lazy("First and last name"), max_length=150)
    language = forms.ChoiceField(label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES)
    same_person = forms.BooleanField(
        label=gettext_lazy("The address still belongs to the former member of that name"), required=False
    )


class InviteFileForm(forms.Form):
    """A list of people."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("The first line reads: email,name,language. One person on each line below."),
        allow_empty_file=True,
    )


def _page(request, organisation, *, form=None, file_form=None, problems=()):
    context = {
        "organisation": organisation,
        "form": form or InviteForm(),
        "file_form": file_form or InviteFileForm(),
        "problems": problems,
        "rows": [(row, row.expired(clock.now())) for row in open_invitations(organisation)],
    }
    wrong = problems or (form and form.errors) or (file_form and file_form.errors)
    return render(request, "accounts/invitations.html", context, status=422 if wrong else 200)


@login_required
def invitations(request, pk):
    """Show what waits for an answer; invite one person."""
    organisation = get_object_or_404(organisations_led_by(request.user), pk=pk)
    form = InviteForm(request.POST or None)

    def invite():
        verbs.invite(organisation=organisation, actor=request.user, invitee=verbs.Invitee(**form.cleaned_data))

    if request.method == "POST" and form.is_valid() and attempt(form, invite):
        messages.success(request, _("The invitation was sent."))
        return redirect("accounts:invitations", pk)
    return _page(request, organisation, form=form)


@login_required
@require_POST
def from_file(request, pk):
    """Invite everybody a file names, or nobody and say why."""
    organisation = get_object_or_404(organisations_led_by(request.user), pk=pk)
    form = InviteFileForm(request.POST, request.FILES)
    made: list[Invitation] = []
    problems: list[LineProblem] = []

    def invite():
        file = form.cleaned_data["file"]
        content = file.read(settings.DINAMIS["INVITATION_FILE_BYTES"] + 1)
        found = invite_file(organisation=organisation, actor=request.user, content=content)
        made.extend(found[0])
        problems.extend(found[1])

    if form.is_valid() and attempt(form, invite):
        if not problems:
            messages.success(request, _("Invitations sent: %(count)d.") % {"count": len(made)})
            return redirect("accounts:invitations", pk)
        return _page(request, organisation, file_form=form, problems=problems)
    return _page(request, organisation, file_form=form)


@login_required
@require_POST
def act_on(request, pk, verb):
    """Send an invitation again, or withdraw it."""
    led = list(organisations_led_by(request.user))
    row = get_object_or_404(Invitation.objects.filter(organisation__in=led), pk=pk)
    user = request.user
    call, done = {
        "again": (lambda: verbs.send_again(invitation=row, actor=user), _("A new link was sent; the old one is dead.")),
        "withdraw": (lambda: verbs.withdraw_invitation(invitation=row, actor=user), _("The invitation is withdrawn.")),
    }[verb]
    return act(request, call, done=done, to=reverse("accounts:invitations", args=[row.organisation_id]))


def with_invitation(view):
    """Resolve the token; answer a link that is not open with a clear page."""

    @wraps(view)
    def wrapper(request, token):
        found = find_invitation(token)
        if found is None:
            raise NotVisible(
                _("This link is not one of ours, was copied incompletely, or was replaced by a newer one.")
            )
        try:
            verbs.check_open(found)
        except IllegalTransition as error:
            context = {"error": error, "invitation": found}
            return private(render(request, "accounts/invitation_closed.html", context, status=410))
        return private(view(request, found, token))

    return wrapper


@require_http_methods(["GET", "HEAD", "POST"])
@with_invitation
def invitation(request, found, token):
    """Show who invites to what; accept it with the account of the address it is bound to."""
    user = request.user
    if request.method == "POST" and user.is_authenticated:
        return act(
            request,
            lambda: verbs.accept_invitation(invitation=found, actor=user),
            done=_("You are a member of %(name)s now.") % {"name": found.organisation},
            to=reverse("accounts:organisation"),
        )
    mine = user.is_authenticated and user.has_perm("accounts.take_invitation", found)
    return render(request, "accounts/invitation.html", {"invitation": found, "token": token, "mine": mine})


@require_POST
@with_invitation
def decline(request, found, token):
    """Say no."""
    return act(
        request,
        lambda: verbs.decline_invitation(invitation=found),
        done=_("You declined the invitation; the référent sees it."),
        to=reverse("home"),
    )
