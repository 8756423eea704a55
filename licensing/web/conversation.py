# SPDX-License-Identifier: AGPL-3.0-or-later
"""Remarks, messages and answers to requests for changes, behind buttons."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from licensing.models import Adhesion, ChangeRequest
from licensing.services.change_request import answer_change
from licensing.services.conversation import add_remark, send_message
from licensing.web.adhesions import visible
from licensing.web.review_forms import NoteForm, WordsForm
from licensing.web.support import act, moderators_only


@moderators_only
@require_POST
def remark(request, pk):
    """Note something for the office alone."""
    adhesion = visible(request, pk)
    words, key = NoteForm(request.POST).said()
    return act(
        request,
        lambda: add_remark(adhesion=adhesion, actor=request.user, words=words, key=key),
        done=_("The remark is kept; only the office reads it."),
        to=reverse("licensing:review", args=[pk]) + "#remarks",
    )


@login_required
@require_POST
def message(request, pk):
    """Write to the other side."""
    adhesion = visible(request, pk)
    words, key = NoteForm(request.POST).said()
    desk = request.user.has_perm("licensing.decide", adhesion)
    return act(
        request,
        lambda: send_message(adhesion=adhesion, actor=request.user, words=words, key=key),
        done=_("The message was sent."),
        to=reverse("licensing:review" if desk else "licensing:adhesion", args=[pk]) + "#messages",
    )


@login_required
@require_POST
def change_answer(request, pk):
    """Answer one request for a change."""
    rows = ChangeRequest.objects.filter(decision__adhesion__in=Adhesion.objects.visible_to(request.user))
    asked = get_object_or_404(rows.select_related("decision__adhesion"), pk=pk)
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: answer_change(request=asked, actor=request.user, words=words),
        done=_("The answer is kept; it goes to the office with the changes."),
        to=reverse("licensing:adhesion_edit", args=[asked.decision.adhesion_id]) + "#changes",
    )
