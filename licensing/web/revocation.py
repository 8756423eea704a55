# SPDX-License-Identifier: AGPL-3.0-or-later
"""The three steps of a revocation, behind buttons: the office's notice and decision, the organisation's answer."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.core.actors import Reason
from licensing.models import Revocation
from licensing.services import adhesion as verbs
from licensing.web.adhesions import visible
from licensing.web.review_forms import DecisionForm, WordsForm
from licensing.web.support import act, moderators_only


@moderators_only
@require_POST
def notice(request, pk):
    """Step one: give notice."""
    adhesion = visible(request, pk)
    reason, version = _said(DecisionForm(request.POST, name="revoke", adhesion=adhesion))
    return act(
        request,
        lambda: verbs.give_notice(adhesion=adhesion, actor=request.user, reason=reason, expected_version=version),
        done=_("Notice is given: the organisation may answer."),
        to=_desk(pk),
    )


@moderators_only
@require_POST
def confirm(request, pk):
    """Step three: revoke."""
    shown = _revocation(pk)
    reason, version = _said(DecisionForm(request.POST, name="revoke", adhesion=shown.adhesion))
    return act(
        request,
        lambda: verbs.confirm_revocation(revocation=shown, actor=request.user, reason=reason, expected_version=version),
        done=_("The adhesion is revoked; its rights have ended."),
        to=_desk(shown.adhesion_id),
    )


@moderators_only
@require_POST
def drop(request, pk):
    """Step three the other way: drop it."""
    shown = _revocation(pk)
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: verbs.drop_revocation(revocation=shown, actor=request.user, words=words),
        done=_("The revocation is dropped."),
        to=_desk(shown.adhesion_id),
    )


@login_required
@require_POST
def answer(request, pk):
    """Step two: the référent answers for the organisation."""
    shown = _revocation(pk)
    if not request.user.has_perm("licensing.file", shown.adhesion):
        raise Http404
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: verbs.answer_notice(revocation=shown, actor=request.user, words=words),
        done=_("Your answer was sent to the office."),
        to=reverse("licensing:adhesion", args=[shown.adhesion_id]),
    )


def _said(form) -> tuple[Reason, int]:
    """Return what the form says; the service refuses what is missing."""
    form.is_valid()
    data = form.cleaned_data
    return Reason(data.get("code", ""), data.get("words", "")), data.get("version", -1)


def _revocation(pk) -> Revocation:
    rows = Revocation.objects.select_related("adhesion__organisation", "adhesion__referent")
    return get_object_or_404(rows, pk=pk)


def _desk(pk) -> str:
    return reverse("licensing:review", args=[pk]) + "#revocation"
