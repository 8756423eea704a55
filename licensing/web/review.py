# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's page of one adhesion: form and evidence side by side, history, claim, decision, rights."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.transitions import can
from licensing.models import Acceptance, Entitlement, Suspension
from licensing.selectors.adhesion import NEEDING_PROJECT, WAITING, history, is_claimed, review_warnings
from licensing.selectors.restriction import restriction_of
from licensing.selectors.rights import entitlement_rows
from licensing.services import adhesion as verbs
from licensing.services.entitlement import lift_suspension, suspend_entitlement
from licensing.web.adhesions import visible
from licensing.web.forms import DecisionForm, SuspensionForm, WordsForm
from licensing.web.support import ADHESION_TONES, act, attempt, timeline

VERDICTS = {
    "approve": (verbs.approve_adhesion, gettext_lazy("The adhesion is approved; certificate and rights are issued.")),
    "request_changes": (verbs.request_changes, gettext_lazy("The changes were asked for.")),
    "refuse": (verbs.refuse_adhesion, gettext_lazy("The adhesion is refused.")),
    "suspend": (verbs.suspend_adhesion, gettext_lazy("The adhesion is suspended.")),
    "resume": (verbs.resume_adhesion, gettext_lazy("The suspension is lifted.")),
    "revoke": (verbs.revoke_adhesion, gettext_lazy("The adhesion is revoked.")),
}


def moderators_only(view):
    """Answer 404 to everybody but the office: the page does not exist for them."""

    @login_required
    def wrapper(request, *args, **kwargs):
        if not request.user.has_perm("licensing.moderate"):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper


@moderators_only
def review(request, pk):
    """Show everything a decision needs."""
    return _page(request, visible(request, pk), {})


def _page(request, adhesion, forms, status=200):
    at = clock.now()
    holder = adhesion.claimed_by if is_claimed(adhesion, at) else None
    mine = adhesion.claimed_by_id == request.user.pk
    context = {
        "adhesion": adhesion,
        "tone": ADHESION_TONES[adhesion.state],
        "holder": holder,
        "mine": mine,
        "may_decide": request.user.has_perm("licensing.decide", adhesion),
        "may_claim": adhesion.state in {"submitted", "in_review"} and (holder is None or mine),
        "forms": _forms(request, adhesion, forms, deciding=mine),
        "evidence": adhesion.evidence.all(),
        "acceptances": _acceptances(adhesion),
        "warnings": review_warnings(adhesion) if adhesion.state in WAITING else [],
        "needs_project": adhesion.eligibility_class in NEEDING_PROJECT,
        "steps": timeline(history(adhesion), adhesion.machine),
        "rows": entitlement_rows(adhesion, at),
        "suspension_form": forms.get("entitlement") or SuspensionForm(auto_id=False),
        "certificate": getattr(adhesion, "certificate", None),
        "restriction": restriction_of(adhesion.organisation, at),
        "at": at,
    }
    return render(request, "licensing/review.html", context, status=status)


def _forms(request, adhesion, given, *, deciding):
    """Return a form for each verdict the person may give now; those of a review only to its holder."""
    actor = Actor.person(request.user)
    shown = []
    for name in VERDICTS:
        arrow = adhesion.machine.find(name)
        if can(adhesion, name, actor) and (deciding or adhesion.state != "in_review"):
            form = given.get(name) or DecisionForm(name=name, initial={"version": adhesion.version})
            shown.append({"name": name, "label": arrow.label, "form": form, "act": name == "approve"})
    return shown


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
    """Give one verdict, with its reason, on the version that was read."""
    adhesion = visible(request, pk)
    form = DecisionForm(request.POST, name=name)
    verb, done = VERDICTS[name]
    if form.is_valid():
        data = form.cleaned_data
        reason = Reason(data["code"], data["words"])
        if attempt(
            form,
            lambda: verb(adhesion=adhesion, actor=request.user, reason=reason, expected_version=data["version"]),
        ):
            messages.success(request, done)
            return redirect("licensing:review", pk)
    return _page(request, visible(request, pk), {name: form}, status=422)


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
