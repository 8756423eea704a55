# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person's own pages: rights, licence texts, signature for oneself, signatures given."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.accounts.web.second_factor import recent_sign_in_required
from dinamis.core import clock
from dinamis.core.exceptions import StaleVersion
from dinamis.core.handover import private
from dinamis.core.http import client_ip
from licensing.enums import Acceptors, LicenceVersionState
from licensing.models import Acceptance, Licence, LicenceVersion
from licensing.selectors.basis import licence_names
from licensing.selectors.block import blocks_on
from licensing.selectors.rights import current_version, rights_of, signatures_of
from licensing.services.licence import withdraw_signature
from licensing.services.names import same_name
from licensing.services.shown_text import Trace, accept_shown, mark_shown
from licensing.services.signed_text import signed_text_pdf
from licensing.web.forms import OwnSignatureForm
from licensing.web.support import act, attempt, safe_next, user_agent


@login_required
def rights(request):
    """Show, licence by licence, what may be done until when, and what would unlock the rest."""
    at = clock.now()
    context = {
        "rows": rights_of(request.user, at),
        "licence_names": licence_names(),
        "blocks": blocks_on(request.user, at),
    }
    return render(request, "licensing/rights.html", context)


@login_required
@recent_sign_in_required
def sign(request, licence_id):
    """Show a licence in full and take the person's own signature on it."""
    licence = get_object_or_404(Licence, pk=licence_id)
    version = current_version(licence)
    if version is None or licence.acceptors not in {Acceptors.PERSON, Acceptors.BOTH}:
        raise Http404
    form = _signature_form(request, version, request.POST or None)
    next_url, status = safe_next(request), 200
    if request.method == "POST" and form.is_valid():
        try:
            if attempt(form, lambda: _accept(request, form)):
                messages.success(request, _("You have signed: %(name)s.") % {"name": licence.name})
                return redirect(next_url or "licensing:rights")
        except StaleVersion as error:
            # The new text is shown with an empty box: what was ticked was ticked for another text.
            form = _signature_form(request, version, None)
            messages.error(request, str(error))
            status = 409
    return _sign_page(request, version, form, next_url, 422 if form.errors else status)


def _signature_form(request, version, data):
    language = _shown_language(request)
    return OwnSignatureForm(
        data,
        user=request.user,
        per_project=version.licence.signed_per_project,
        confirm_name=_must_confirm(request),
        initial={
            "mark": mark_shown(person=request.user, version=version, language=language),
            "language": language,
            "project": request.GET.get("project"),
        },
    )


def _accept(request, form):
    data = form.cleaned_data
    accept_shown(
        person=request.user,
        mark=data["mark"],
        typed_name=data["typed_name"],
        trace=Trace(client_ip(request), user_agent(request)),
        name_confirmed=data.get("name_confirmed", False),
        project=data.get("project"),
    )


def _sign_page(request, version, form, next_url, status):
    language = _shown_language(request)
    given = signatures_of(request.user).filter(licence_version=version, withdrawal=None)
    context = {
        "licence": version.licence,
        "version": version,
        "text": version.text_in(language),
        "sha256": version.sha256_in(language),
        "language": language,
        "form": form,
        "signed": None if version.licence.signed_per_project else given.first(),
        "signed_for": given if version.licence.signed_per_project else (),
        "next": next_url,
    }
    return render(request, "licensing/sign.html", context, status=status)


def _shown_language(request) -> str:
    asked = request.POST.get("language") or request.GET.get("language") or ""
    return asked if asked in {"fr", "en"} else (get_language() or "fr")[:2]


def _must_confirm(request) -> bool:
    typed = request.POST.get("typed_name", "")
    return bool(typed.strip()) and not same_name(typed, request.user.name)


@login_required
def signatures(request):
    """List what the person signed."""
    return render(request, "licensing/signatures.html", {"acceptances": signatures_of(request.user)})


@login_required
def signature_pdf(request, pk):
    """Hand over the copy of a signed text: to who signed it, to the référents of the organisation, to the office."""
    rows = Acceptance.objects.visible_to(request.user).select_related(
        "licence_version__licence", "organisation", "project", "withdrawal"
    )
    acceptance = get_object_or_404(rows, pk=pk)
    response = HttpResponse(signed_text_pdf(acceptance), content_type="application/pdf")
    name = f"{acceptance.licence_version.licence.code}-v{acceptance.licence_version.number}-{acceptance.pk}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return private(response)


@login_required
@require_POST
def signature_withdraw(request, pk):
    """Take one's own signature back."""
    acceptance = get_object_or_404(signatures_of(request.user), pk=pk)
    return act(
        request,
        lambda: withdraw_signature(acceptance=acceptance, person=request.user),
        done=_("Your signature is taken back: downloads under this licence have stopped."),
        to="licensing:signatures",
    )


def text(request, version_id):
    """Show one published text, in force or not; `?raw=1` downloads what the fingerprint was computed on."""
    version = get_object_or_404(
        LicenceVersion.objects.exclude(state=LicenceVersionState.DRAFT).select_related("licence"), pk=version_id
    )
    language = _shown_language(request)
    if "raw" in request.GET:
        response = HttpResponse(version.text_in(language), content_type="text/markdown; charset=utf-8")
        response["Content-Disposition"] = (
            f'attachment; filename="{version.licence.code}-v{version.number}.{language}.md"'
        )
        return response
    context = {
        "version": version,
        "text": version.text_in(language),
        "sha256": version.sha256_in(language),
        "language": language,
        "in_force": version.state == LicenceVersionState.PUBLISHED,
    }
    return render(request, "licensing/text.html", context)
