# SPDX-License-Identifier: AGPL-3.0-or-later
"""The référent's pages: list, new, form in four blocks, preview, sending, documents."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.accounts.services.registry import find_in_registry
from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import DomainError
from dinamis.core.handover import accel_response
from dinamis.core.refusals import tell
from dinamis.core.transitions import can
from dinamis.core.uploads import was_cut
from licensing.models import Adhesion, EvidenceFile
from licensing.selectors.adhesion import history, last_decision, missing_to_send, representative_warnings, texts_to_sign
from licensing.selectors.form import differences, newer_revision
from licensing.selectors.opinion import missing_opinions, unfavourable
from licensing.selectors.standing import open_causes, open_revocation
from licensing.selectors.submission import changes_asked
from licensing.services import adhesion as verbs
from licensing.services.evidence import add_evidence, check_downloadable, remove_evidence
from licensing.services.filing import EDITABLE
from licensing.services.renewal import renewable, renewal_of
from licensing.web.forms import DraftForm, EvidenceForm, NewAdhesionForm, RegistryForm
from licensing.web.review_forms import NoteForm, WordsForm
from licensing.web.support import ADHESION_TONES, act, attempt, timeline

SENT_BACK = "changes_requested"


def visible(request, pk):
    """Return an adhesion the person may see, or 404."""
    return get_object_or_404(
        Adhesion.objects.visible_to(request.user).select_related(
            "organisation", "referent", "claimed_by", "form_revision"
        ),
        pk=pk,
    )


@login_required
def adhesions(request):
    """List the adhesions the person filed or answers for."""
    shown = Adhesion.objects.visible_to(request.user).select_related("organisation")[:200]
    rows = [{"adhesion": row, "tone": ADHESION_TONES[row.state]} for row in shown]
    return render(request, "licensing/adhesions.html", {"rows": rows})


@login_required
def adhesion_new(request):
    """Open a draft: class and entity; the rest is filled in on the next page."""
    search, known = _looked_up(request)
    form = NewAdhesionForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        made = []

        def open_it():
            made.append(
                verbs.open_adhesion(
                    referent=request.user,
                    organisation=form.data_of(),
                    eligibility_class=form.cleaned_data["eligibility_class"],
                )
            )

        if attempt(form, open_it):
            return redirect("licensing:adhesion_edit", made[0].pk)
    context = {"form": form, "search": search, "known": known}
    return render(request, "licensing/adhesion_new.html", context, status=422 if form.errors else 200)


def _looked_up(request):
    """Return the search form and what the imported registers say of the number asked for."""
    search = RegistryForm(request.GET if "number" in request.GET else None, auto_id="search_%s")
    if not search.is_bound or not search.is_valid():
        return search, {}
    try:
        entry = find_in_registry(search.cleaned_data["number"])
    except ValidationError as error:
        search.add_error("number", error)
        return search, {}
    if entry is None:
        search.add_error("number", _("The imported registers do not know this number: fill the form in by hand."))
        return search, {}
    filled = {"name": entry.name, "acronym": entry.acronym, "city": entry.city, "country": entry.country}
    return search, {**filled, entry.register: entry.number}


@login_required
def adhesion(request, pk):
    """Show an adhesion: what it says, what it waits for, its history, and what its référent may do."""
    shown = visible(request, pk)
    actor = Actor.person(request.user)
    may_file = request.user.has_perm("licensing.file", shown)
    context = {
        "adhesion": shown,
        "tone": ADHESION_TONES[shown.state],
        "steps": timeline(history(shown)),
        "decision": last_decision(shown),
        "causes": open_causes(shown),
        "revocation": open_revocation(shown),
        "notes": shown.messages.select_related("author"),
        "message_form": NoteForm(auto_id="id_message_%s", label=_("Message to the DINAMIS office"))
        if may_file
        else None,
        "left_out": unfavourable(shown),
        "awaited": missing_opinions(shown) if shown.state == "in_review" else [],
        "answer_form": WordsForm(auto_id="id_answer_%s"),
        "certificate": getattr(shown, "certificate", None),
        "link": shown.signing_links.filter(used_at=None, revoked_at=None).first(),
        "may_file": may_file,
        "may_edit": may_file and shown.state in EDITABLE,
        "may_resubmit": can(shown, "resubmit", actor),
        "may_withdraw": can(shown, "withdraw", actor),
        "may_terminate": can(shown, "terminate", actor),
        "may_renew": may_file and renewable(shown, clock.now()),
        "renewal": renewal_of(shown) if may_file else None,
        "awaiting": shown.state == "awaiting_signature" and may_file,
        "may_review": request.user.has_perm("licensing.moderate"),
        "at": clock.now(),
    }
    return render(request, "licensing/adhesion.html", context)


@login_required
def adhesion_edit(request, pk):
    """The form in four blocks. Each change is kept at once; a plain POST keeps it too."""
    draft = visible(request, pk)
    if not request.user.has_perm("licensing.file", draft) or draft.state not in EDITABLE:
        return redirect("licensing:adhesion", pk)
    form = DraftForm(request.POST or None, adhesion=draft)
    if request.method == "POST":
        saved = _save(form, draft, request.user)
        if request.htmx:
            return render(
                request, "licensing/parts/draft_saved.html", {"form": form, "saved": saved, "at": clock.now()}
            )
        if saved and not form.errors:
            target = "licensing:adhesion_preview" if "preview" in request.POST else "licensing:adhesion_edit"
            return redirect(target, pk)
    newer = newer_revision(draft, clock.now()) if draft.state == "draft" else None
    context = {
        "adhesion": draft,
        "form": form,
        "newer": newer,
        "changes": differences(draft.form_revision, newer) if newer else [],
        "missing": missing_to_send(draft),
        "warnings": representative_warnings(draft),
        "evidence_form": EvidenceForm(),
        "evidence": draft.evidence.all(),
        "sent_back": draft.decisions.last() if draft.state == SENT_BACK else None,
        "asked_changes": _asked(draft, form),
    }
    return render(request, "licensing/adhesion_edit.html", context, status=422 if form.errors else 200)


def _asked(draft, form):
    """Return what the office asks to change, and write each request at its field."""
    if draft.state != SENT_BACK:
        return []
    asked = changes_asked(draft)
    for one in asked:
        if one.request.field in form.fields:
            form.fields[one.request.field].help_text = escape(
                _("The office asks: %(words)s") % {"words": one.request.words}
            )
    return asked


def _save(form, draft, user) -> bool:
    """Keep what is right; what is wrong stays on the form with its reason."""
    form.is_valid()
    return attempt(form, lambda: verbs.edit_adhesion(adhesion=draft, actor=user, values=form.values()))


@login_required
def adhesion_preview(request, pk):
    """Show what will be sent to the legal representative, and what is missing."""
    draft = visible(request, pk)
    context = {
        "adhesion": draft,
        "missing": missing_to_send(draft),
        "warnings": representative_warnings(draft),
        "texts": texts_to_sign(draft.eligibility_class),
        "evidence": draft.evidence.all(),
        "may_send": draft.state == "draft" and request.user.has_perm("licensing.file", draft),
        "may_resubmit": can(draft, "resubmit", Actor.person(request.user)),
    }
    return render(request, "licensing/adhesion_preview.html", context)


@login_required
@require_POST
def adhesion_act(request, pk, verb):
    """Run one of the référent's verbs behind a button."""
    shown = visible(request, pk)
    user, language = request.user, request.POST.get("language", "") or (get_language() or "fr")[:2]
    calls = {
        "adopt": (
            lambda: verbs.adopt_revision(adhesion=shown, actor=user),
            _("The draft stands on the form in force now."),
        ),
        "send": (
            lambda: verbs.send_for_signature(adhesion=shown, actor=user, language=language),
            _("The link to sign was sent to the legal representative."),
        ),
        "reissue": (
            lambda: verbs.reissue_link(adhesion=shown, actor=user, language=language),
            _("A new link was sent; the one before is dead."),
        ),
        "recall": (
            lambda: verbs.recall_adhesion(adhesion=shown, actor=user),
            _("The form is a draft again; the link is dead."),
        ),
        "resubmit": (
            lambda: verbs.resubmit_adhesion(adhesion=shown, actor=user),
            _("The changes were sent to the office."),
        ),
        "withdraw": (lambda: verbs.withdraw_adhesion(adhesion=shown, actor=user), _("The adhesion was withdrawn.")),
        "terminate": (
            lambda: verbs.terminate_adhesion(adhesion=shown, actor=user),
            _("The adhesion has ended, and its rights with it."),
        ),
    }
    call, done = calls[verb]
    page = "licensing:adhesion_edit" if verb == "adopt" else "licensing:adhesion"
    return act(request, call, done=done, to=reverse(page, args=[pk]))


@login_required
@require_POST
def adhesion_renew(request, pk):
    """Open the renewal, and lead to its form."""
    former = visible(request, pk)
    try:
        renewal = verbs.renew_adhesion(adhesion=former, actor=request.user)
    except DomainError as error:
        tell(request, error)
        return redirect("licensing:adhesion", pk)
    return redirect("licensing:adhesion_edit", renewal.pk)


@login_required
@require_POST
def evidence_add(request, pk):
    """Keep one document with the adhesion."""
    shown = visible(request, pk)
    form = EvidenceForm(request.POST, request.FILES, cut=was_cut(request))
    if form.is_valid():
        data = form.cleaned_data
        if attempt(
            form,
            lambda: add_evidence(adhesion=shown, actor=request.user, title=data["title"], upload=data["file"]),
        ):
            return redirect(reverse("licensing:adhesion_edit", args=[pk]) + "#documents")
    context = {
        "adhesion": shown,
        "form": DraftForm(adhesion=shown),
        "missing": missing_to_send(shown),
        "evidence_form": form,
        "evidence": shown.evidence.all(),
    }
    return render(request, "licensing/adhesion_edit.html", context, status=422)


@login_required
@require_POST
def evidence_remove(request, pk):
    """Take one document back."""
    evidence = _evidence(request, pk)
    return act(
        request,
        lambda: remove_evidence(evidence=evidence, actor=request.user),
        done=_("The document was taken back."),
        to=reverse("licensing:adhesion_edit", args=[evidence.adhesion_id]) + "#documents",
    )


@login_required
def evidence_file(request, pk) -> HttpResponse:
    """Hand a document over as an attachment to those who may see the adhesion."""
    evidence = _evidence(request, pk)
    check_downloadable(evidence)
    return accel_response(evidence.storage_key, file_name=evidence.file_name, media_type=evidence.media_type)


def _evidence(request, pk):
    return get_object_or_404(
        EvidenceFile.objects.filter(adhesion__in=Adhesion.objects.visible_to(request.user)).select_related("adhesion"),
        pk=pk,
    )
