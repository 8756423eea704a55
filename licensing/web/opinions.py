# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of those who give opinions, and the office's questions to them."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.core import clock
from licensing.models import Opinion
from licensing.selectors.opinion import SHOWN_ANSWERS, opinions_given, opinions_to_give
from licensing.selectors.submission import label_of_field, shown_value
from licensing.services.opinion import ask_opinion, give_opinion, withdraw_opinion
from licensing.web.adhesions import visible
from licensing.web.review_forms import AskOpinionForm, OpinionForm, WordsForm
from licensing.web.support import act, attempt, moderators_only

SHOWN_GIVEN = 100


def opinion_givers_only(view):
    """Answer 404 to everybody who gives no opinions: the page does not exist for them."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.has_perm("licensing.opine"):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@opinion_givers_only
def opinions(request):
    """List what waits for the body the person speaks for, and what it has said."""
    context = {
        "waiting": opinions_to_give(request.user),
        "given": opinions_given(request.user)[:SHOWN_GIVEN],
        "at": clock.now(),
    }
    return render(request, "licensing/opinions.html", context)


@opinion_givers_only
def opinion(request, pk):
    """Show what an opinion needs, and take it."""
    rows = Opinion.objects.visible_to(request.user).exclude(state="withdrawn")
    shown = get_object_or_404(
        rows.select_related("licence", "adhesion__organisation", "adhesion__form_revision", "given_by"), pk=pk
    )
    form = OpinionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        given = attempt(
            form,
            lambda: give_opinion(opinion=shown, actor=request.user, verdict=data["verdict"], words=data["words"]),
        )
        if given:
            messages.success(request, _("Your opinion was given to the office."))
            return redirect("licensing:opinions")
    answers = shown.adhesion.answers
    context = {
        "opinion": shown,
        "adhesion": shown.adhesion,
        "answers": [
            (label_of_field(name, shown.adhesion), shown_value(name, answers[name], shown.adhesion))
            for name in SHOWN_ANSWERS
            if answers.get(name)
        ],
        "form": form if shown.state == "asked" else None,
    }
    return render(request, "licensing/opinion.html", context, status=422 if form.errors else 200)


@moderators_only
@require_POST
def ask(request, pk):
    """Ask an opinion that advises."""
    adhesion = visible(request, pk)
    form = AskOpinionForm(request.POST, adhesion=adhesion)
    form.is_valid()
    data = form.cleaned_data
    return act(
        request,
        lambda: ask_opinion(
            adhesion=adhesion,
            licence=form.licence(),
            body=data.get("body", ""),
            words=data.get("words", ""),
            actor=request.user,
            expected_version=data.get("version", -1),
        ),
        done=_("The opinion is asked for."),
        to=reverse("licensing:review", args=[pk]) + "#opinions",
    )


@moderators_only
@require_POST
def withdraw(request, pk):
    """Take a question back."""
    shown = get_object_or_404(Opinion.objects.select_related("adhesion"), pk=pk)
    visible(request, shown.adhesion_id)
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: withdraw_opinion(opinion=shown, actor=request.user, words=words),
        done=_("The question is taken back."),
        to=reverse("licensing:review", args=[shown.adhesion_id]) + "#opinions",
    )
