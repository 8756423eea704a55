# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person's own pages: rights, licence texts, signature for oneself, signatures given, projects."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.accounts.web.second_factor import recent_sign_in_required
from dinamis.core import clock
from dinamis.core.exceptions import StaleVersion
from dinamis.core.http import client_ip
from licensing.enums import Acceptors, LicenceVersionState
from licensing.models import Licence, LicenceVersion
from licensing.selectors.rights import current_version, rights_of, signatures_of
from licensing.services.licence import withdraw_signature
from licensing.services.names import same_name
from licensing.services.project import create_project
from licensing.services.shown_text import Trace, accept_shown, mark_shown
from licensing.web.forms import OwnSignatureForm, ProjectForm
from licensing.web.support import act, attempt, user_agent


@login_required
def rights(request):
    """Show, licence by licence, what may be done until when, and what would unlock the rest."""
    return render(request, "licensing/rights.html", {"rows": rights_of(request.user, clock.now())})


@login_required
@recent_sign_in_required
def sign(request, licence_id):
    """Show a licence in full and take the person's own signature on it."""
    licence = get_object_or_404(Licence, pk=licence_id)
    version = current_version(licence)
    if version is None or licence.acceptors not in {Acceptors.PERSON, Acceptors.BOTH}:
        raise Http404
    form = _signature_form(request, version, request.POST or None)
    next_url, status = _safe_next(request), 200
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


def _safe_next(request) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else ""


@login_required
def signatures(request):
    """List what the person signed."""
    return render(request, "licensing/signatures.html", {"acceptances": signatures_of(request.user)})


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


@login_required
def project_new(request):
    """Describe a project."""
    form = ProjectForm(request.POST or None, user=request.user)
    next_url = _safe_next(request)
    if request.method == "POST" and form.is_valid() and _created(request, form):
        messages.success(request, _("The project was added."))
        return redirect(next_url or "licensing:rights")
    context = {"form": form, "next": next_url}
    return render(request, "licensing/project_new.html", context, status=422 if form.errors else 200)


def _created(request, form) -> bool:
    return attempt(form, lambda: create_project(owner=request.user, **form.cleaned_data))
