# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's pages on licences: what they allow, their texts, what a change would close, publishing."""

from datetime import timedelta
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import StaleVersion
from licensing.enums import LicenceVersionState
from licensing.models import Licence, LicenceVersion
from licensing.selectors.comparison import differences
from licensing.selectors.rights import current_version
from licensing.services.licence import create_version, edit_draft, publish_version
from licensing.services.licence_settings import change_licence, impact_of_change, impact_of_version
from licensing.web.licence_forms import DraftForm, PublishForm, SettingsForm
from licensing.web.support import attempt


def publishers_only(view):
    """Answer 404 to everybody but those who publish licences: the page does not exist for them."""

    @login_required
    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if not request.user.has_perm("licensing.publish"):
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper


@publishers_only
def licences(request):
    """List every licence with the text in force and the draft."""
    rows = Licence.objects.prefetch_related("versions")
    return render(request, "licensing/office/licences.html", {"licences": rows})


@publishers_only
def licence(request, pk):
    """Show what a licence allows, its texts, and who changed what."""
    found = get_object_or_404(Licence, pk=pk)
    context = {
        "licence": found,
        "rows": _setting_rows(found),
        "versions": found.versions.all(),
        "draft": found.versions.filter(state=LicenceVersionState.DRAFT).first(),
        "changes": found.changes.select_related("changed_by"),
    }
    return render(request, "licensing/office/licence.html", context)


def _setting_rows(found):
    """Return (label, words) of each setting, read-only."""
    form = SettingsForm(initial=SettingsForm.values_of(found))
    rows = []
    for bound in form:
        if bound.name in {"words", "revision", "name_fr", "name_en"}:
            continue
        value = bound.initial
        labels = dict(getattr(bound.field, "choices", ()))
        if isinstance(value, bool):
            text = _("yes") if value else _("no")
        elif isinstance(value, list):
            text = ", ".join(str(labels.get(each, each)) for each in value)
        else:
            text = str(labels.get(value, "" if value is None else value))
        rows.append((bound.label, text or "—"))
    return rows


@publishers_only
def licence_settings(request, pk):
    """Change what a licence allows; the first button shows the effect, the second makes it so."""
    found = get_object_or_404(Licence, pk=pk)
    form = SettingsForm(request.POST or None, initial=SettingsForm.values_of(found))
    impact, status = None, 200
    if request.method == "POST" and form.is_valid():
        try:
            if "try" in request.POST:
                impact = _tried(request, form, found)
            elif attempt(form, lambda: _changed(request, form, found)):
                messages.success(request, _("The licence is changed."))
                return redirect("licensing:office_licence", found.pk)
        except StaleVersion as error:
            form.add_error(None, str(error))
            status = 409
    if form.errors and status == 200:
        status = 422
    context = {"licence": found, "form": form, "impact": impact}
    return render(request, "licensing/office/settings.html", context, status=status)


def _tried(request, form, found):
    given = {"actor": request.user, "expected_revision": form.cleaned_data["revision"]}
    at = clock.now() + timedelta(seconds=1)
    effect = []

    def run():
        effect.append(impact_of_change(licence=found, values=form.values(), at=at, **given))

    return effect[0] if attempt(form, run) else None


def _changed(request, form, found):
    data = form.cleaned_data
    change_licence(
        licence=found,
        values=form.values(),
        words=data["words"],
        actor=request.user,
        expected_revision=data["revision"],
    )


@publishers_only
def draft_new(request, pk):
    """Write the next version, starting from the text in force."""
    found = get_object_or_404(Licence, pk=pk)
    draft = found.versions.filter(state=LicenceVersionState.DRAFT).first()
    if draft is not None:
        return redirect("licensing:office_draft", draft.pk)
    current = current_version(found)
    initial = DraftForm.values_of(current) if current else {"material": True, "grace_days": 30}
    form = DraftForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        saved = []

        def create():
            saved.append(create_version(licence=found, actor=Actor.person(request.user), **form.texts()))

        if attempt(form, create):
            return redirect("licensing:office_version", saved[0].pk)
    return _draft_page(request, found, form)


@publishers_only
def draft(request, pk):
    """Rewrite a draft."""
    version = get_object_or_404(LicenceVersion.objects.select_related("licence"), pk=pk)
    if version.state != LicenceVersionState.DRAFT:
        return redirect("licensing:office_version", version.pk)
    form = DraftForm(request.POST or None, initial=DraftForm.values_of(version))
    if request.method == "POST" and form.is_valid() and "preview" not in request.POST:
        try:
            if attempt(form, lambda: _saved(request, form, version)):
                messages.success(request, _("The draft is saved."))
                return redirect("licensing:office_version", version.pk)
        except StaleVersion as error:
            form.add_error(None, str(error))
            return _draft_page(request, version.licence, form, status=409)
    return _draft_page(request, version.licence, form)


def _saved(request, form, version):
    edit_draft(
        version=version,
        actor=Actor.person(request.user),
        expected_version=form.cleaned_data["version"] or 0,
        **form.texts(),
    )


def _draft_page(request, found, form, status=200):
    shown = form.texts() if "preview" in request.POST and form.is_valid() else None
    if form.errors and status == 200:
        status = 422
    context = {"licence": found, "form": form, "preview": shown}
    return render(request, "licensing/office/draft.html", context, status=status)


@publishers_only
def version(request, pk):
    """Show a version beside the one before it and, for a draft, whom publishing it would close out."""
    found = get_object_or_404(LicenceVersion.objects.select_related("licence"), pk=pk)
    is_draft = found.state == LicenceVersionState.DRAFT
    form = PublishForm(request.POST or None, initial={"version": found.version}) if is_draft else None
    status = 200
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            if attempt(form, lambda: _published(request, form, found)):
                messages.success(request, _("The version is in force."))
                return redirect("licensing:office_licence", found.licence_id)
        except StaleVersion as error:
            form.add_error(None, str(error))
            status = 409
    if form is not None and form.errors and status == 200:
        status = 422
    before = found.licence.versions.filter(number__lt=found.number).first()
    context = {
        "version": found,
        "before": before,
        "form": form,
        "impact": impact_of_version(version=found, actor=Actor.person(request.user)) if is_draft else None,
        "texts": [
            (code, differences(before.text_in(code) if before else "", found.text_in(code))) for code in ("fr", "en")
        ],
    }
    return render(request, "licensing/office/version.html", context, status=status)


def _published(request, form, found):
    publish_version(version=found, actor=Actor.person(request.user), expected_version=form.cleaned_data["version"])
