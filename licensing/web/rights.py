# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person's own pages: rights, licence texts, signature for oneself, signatures given, projects."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dinamis.accounts.web.second_factor import recent_sign_in_required
from dinamis.core import clock
from dinamis.core.exceptions import StaleVersion
from dinamis.core.http import client_ip
from licensing.enums import Acceptors, LicenceVersionState
from licensing.models import Licence, LicenceVersion
from licensing.selectors.rights import current_version, rights_of, signatures_of
from licensing.services.licence import accept_for_self
from licensing.services.names import same_name
from licensing.services.project import create_project
from licensing.web.forms import ProjectForm, SignatureForm
from licensing.web.support import attempt, user_agent


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
    language = _shown_language(request)
    signed = signatures_of(request.user).filter(licence_version=version).first()
    form = SignatureForm(
        request.POST or None, versions=[version], language=language, confirm_name=_must_confirm(request)
    )
    next_url = _safe_next(request)
    if request.method == "POST" and form.is_valid() and _signed(request, form, version):
        messages.success(request, _("You have signed: %(name)s.") % {"name": licence.name})
        return redirect(next_url or "licensing:rights")
    context = {
        "licence": licence,
        "version": version,
        "text": version.text_in(language),
        "sha256": version.sha256_in(language),
        "language": language,
        "form": form,
        "row": form.rows()[0],
        "signed": signed,
        "next": next_url,
    }
    return render(request, "licensing/sign.html", context, status=422 if form.errors else 200)


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


def _signed(request, form, version) -> bool:
    """Sign, or put the reason on the form. A text that changed meanwhile is shown anew."""
    data = form.cleaned_data
    box = f"text-{version.pk}"
    if not data.get(box):
        form.add_error(box, _("Tick the box to accept the text."))
        return False
    try:
        return attempt(
            form,
            lambda: accept_for_self(
                person=request.user,
                version=version,
                typed_name=data["typed_name"],
                language=data["language"],
                sha256=data[f"sha256-{version.pk}"],
                ip=client_ip(request),
                user_agent=user_agent(request),
                name_confirmed=data.get("name_confirmed", False),
            ),
        )
    except StaleVersion as error:
        form.add_error(None, str(error))
        form.data = form.data.copy()
        form.data[f"sha256-{version.pk}"] = version.sha256_in(_shown_language(request))
        form.data.pop(box, None)
        return False


@login_required
def signatures(request):
    """List what the person signed."""
    return render(request, "licensing/signatures.html", {"acceptances": signatures_of(request.user)})


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
