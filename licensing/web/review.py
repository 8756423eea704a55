# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's page of one adhesion: form and evidence side by side, history, claim, decision, rights."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.api.conditional import check_if_match
from dinamis.core.exceptions import DomainError, Invalid
from dinamis.core.transitions import can
from licensing.models import Acceptance, Entitlement, Suspension
from licensing.selectors.adhesion import NEEDING_PROJECT, WAITING, history, is_claimed, review_warnings
from licensing.selectors.duplicates import possible_duplicates
from licensing.selectors.ending import came_from, end_of
from licensing.selectors.opinion import missing_opinions, opinions_of, unfavourable
from licensing.selectors.restriction import restriction_of
from licensing.selectors.rights import entitlement_rows
from licensing.selectors.standing import open_causes, open_revocation
from licensing.selectors.submission import changes_asked, last_difference
from licensing.services import adhesion as verbs
from licensing.services.entitlement import lift_suspension, suspend_entitlement
from licensing.web.adhesions import visible
from licensing.web.review_forms import (
    AskOpinionForm,
    DecisionForm,
    NoteForm,
    SuspensionForm,
    WordsForm,
    decision_form,
)
from licensing.web.support import ADHESION_TONES, act, etag_of, moderators_only, timeline

VERDICTS = {
    "approve": (verbs.approve_adhesion, gettext_lazy("The adhesion is approved; certificate and rights are issued.")),
    "request_changes": (verbs.request_changes, gettext_lazy("The changes were asked for.")),
    "refuse": (verbs.refuse_adhesion, gettext_lazy("The adhesion is refused.")),
    "suspend": (verbs.suspend_adhesion, gettext_lazy("The adhesion is suspended.")),
    "resume": (verbs.resume_adhesion, gettext_lazy("The cause is lifted.")),
}


@moderators_only
def review(request, pk):
    """Show everything a decision needs."""
    return _page(request, visible(request, pk), {})


def _page(request, adhesion, forms, status=200):
    at = clock.now()
    holder = adhesion.claimed_by if is_claimed(adhesion, at) else None
    mine = holder is not None and adhesion.claimed_by_id == request.user.pk
    may_decide = request.user.has_perm("licensing.decide", adhesion)
    context = {
        "adhesion": adhesion,
        "tone": ADHESION_TONES[adhesion.state],
        "holder": holder,
        "lapsed": adhesion.claimed_by if holder is None else None,
        "mine": mine,
        "may_decide": may_decide,
        "forms": _forms(request, adhesion, forms, deciding=mine),
        "evidence": adhesion.evidence.all(),
        "acceptances": _acceptances(adhesion),
        "warnings": review_warnings(adhesion) if adhesion.state in WAITING else [],
        "needs_project": adhesion.eligibility_class in NEEDING_PROJECT,
        "steps": timeline(history(adhesion)),
        "rows": entitlement_rows(adhesion, at),
        "suspension_form": SuspensionForm(auto_id=False),
        "causes": open_causes(adhesion),
        "certificate": getattr(adhesion, "certificate", None),
        "restriction": restriction_of(adhesion.organisation, at),
        "end": end_of(adhesion.organisation),
        "origins": came_from(adhesion.organisation),
        "at": at,
        "difference": last_difference(adhesion),
        "asked": changes_asked(adhesion),
        "duplicates": possible_duplicates(adhesion) if adhesion.state in WAITING else [],
        **_words(request.user, adhesion),
        **_opinions(adhesion, may_decide),
        **_revocation(adhesion, may_decide, at),
    }
    response = render(request, "licensing/review.html", context, status=status)
    response["ETag"] = etag_of(adhesion.version)
    return response


def _words(user, adhesion):
    """Remarks, for whoever has no part in the organisation, and messages."""
    may_decide = user.has_perm("licensing.decide", adhesion)
    return {
        "remarks": adhesion.remarks.visible_to(user).select_related("author"),
        "notes": adhesion.messages.select_related("author"),
        "remark_form": NoteForm(auto_id="id_remark_%s", label=_("Remark")) if may_decide else None,
        "message_form": NoteForm(auto_id="id_message_%s", label=_("Message to the référent")) if may_decide else None,
    }


def _opinions(adhesion, may_decide):
    """Opinions given and awaited; the question that advises may be asked while the review lasts."""
    waiting = adhesion.state in WAITING
    return {
        "opinions": opinions_of(adhesion),
        "missing_opinions": missing_opinions(adhesion) if waiting else [],
        "left_out": unfavourable(adhesion),
        "ask_form": AskOpinionForm(adhesion=adhesion) if waiting and may_decide else None,
        "withdraw_form": WordsForm(auto_id=False),
    }


def _revocation(adhesion, may_decide, at):
    """What the page shows of a revocation: the notice under way, or the form that gives one."""
    notice = open_revocation(adhesion)
    running = adhesion.state in {"approved", "suspended"} and adhesion.period.upper > at
    ripe = notice is not None and (notice.state == "answered" or notice.due_at <= at)
    shown = may_decide and running
    return {
        "revocation": notice,
        "notice_form": DecisionForm(name="revoke", adhesion=adhesion) if shown and (notice is None or ripe) else None,
        "drop_form": WordsForm(auto_id="id_drop_%s") if may_decide and notice else None,
    }


def _forms(request, adhesion, given, *, deciding):
    """Return a form for each verdict the person may give now; those of a review only to its holder."""
    actor = Actor.person(request.user)
    shown = []
    for name in VERDICTS:
        if _may_give(adhesion, name, actor) and (deciding or adhesion.state != "in_review"):
            form = given.get(name) or decision_form(name, adhesion)
            label = adhesion.machine.find(name).label
            shown.append({"name": name, "label": label, "form": form, "act": name == "approve"})
    return shown


def _may_give(adhesion, name, actor):
    """A suspended adhesion may be suspended for one cause more, which is no change of state."""
    if name == "suspend" and adhesion.state == "suspended":
        return actor.user.has_perm("licensing.decide", adhesion)
    return can(adhesion, name, actor)


def _acceptances(adhesion):
    return (
        Acceptance.objects.filter(organisation=adhesion.organisation)
        .select_related("licence_version__licence", "trace")
        .order_by("accepted_at", "id")
    )


@moderators_only
@require_POST
def claim(request, pk):
    """Take the adhesion to review, or give it back."""
    adhesion = visible(request, pk)
    release = "release" in request.POST
    call = verbs.release_adhesion if release else verbs.claim_adhesion
    return act(
        request,
        lambda: call(adhesion=adhesion, actor=request.user),
        done=_("The adhesion is free again.") if release else _("You are reviewing this adhesion."),
        to=reverse("licensing:review", args=[pk]),
    )


@moderators_only
@require_POST
def decide(request, pk, name):
    """Give one verdict, with its reason, on the version that was read.

    What is missing or wrong comes back on the form (422). What somebody else decided meanwhile, or what has to come
    first (an opinion), is the answer (409), and leads back to the file.
    """
    adhesion = visible(request, pk)
    check_if_match(request, etag_of(adhesion.version))
    form = decision_form(name, adhesion, request.POST)
    verb, done = VERDICTS[name]
    if form.is_valid() and _given(form, verb, adhesion, request.user):
        messages.success(request, done)
        return redirect("licensing:review", pk)
    return _page(request, visible(request, pk), {name: form}, status=422)


def _given(form, verb, adhesion, user) -> bool:
    data = form.cleaned_data
    reason = Reason(data["code"], data["words"])
    try:
        verb(adhesion=adhesion, actor=user, reason=reason, expected_version=data["version"], **form.options())
    except Invalid as error:
        field = error.pointer if error.pointer in form.fields else None
        form.add_error(field, f"{error} {error.repair}".strip())
        return False
    except DomainError as error:
        error.extra["back"] = reverse("licensing:review", args=[adhesion.pk])
        raise
    return True


@moderators_only
@require_POST
def entitlement_suspend(request, pk):
    """Make a right rest for one cause."""
    right = get_object_or_404(Entitlement.objects.select_related("adhesion"), pk=pk)
    form = SuspensionForm(request.POST)
    cause, words = (form.cleaned_data["cause"], form.cleaned_data["words"]) if form.is_valid() else ("", "")
    return act(
        request,
        lambda: suspend_entitlement(entitlement=right, cause=cause, words=words, actor=request.user),
        done=_("The right rests: downloads stop at the next request."),
        to=reverse("licensing:review", args=[right.adhesion_id]) + "#rights",
    )


@moderators_only
@require_POST
def suspension_lift(request, pk):
    """Lift one cause."""
    suspension = get_object_or_404(Suspension.objects.select_related("entitlement"), pk=pk)
    form = WordsForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    return act(
        request,
        lambda: lift_suspension(suspension=suspension, words=words, actor=request.user),
        done=_("The cause is lifted."),
        to=reverse("licensing:review", args=[suspension.entitlement.adhesion_id]) + "#rights",
    )
