# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of projects: the list, one project, its description, its end."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.widgets import DayInput
from licensing.models import Project
from licensing.models.entitlement import GROUNDS
from licensing.selectors.project import (
    STANDINGS,
    grounds_frozen,
    possible_members,
    project_standing,
    projects_for,
    right_rows,
)
from licensing.services.project import CHANGEABLE, ProjectChange, change_project, create_project, end_project
from licensing.web.forms import ProjectForm, ProjectModelForm
from licensing.web.support import act, attempt, safe_next

DAY = DayInput()


class ProjectEditForm(ProjectModelForm):
    """What may change of a project; what a right rests on is not asked."""

    members = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Members who may use imagery for it"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nobody named: every member of the organisation."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Project
        fields = CHANGEABLE
        widgets = {  # noqa: RUF012  (Django reads a mapping)
            "starts_on": DAY,
            "ends_on": DAY,
            "description": forms.Textarea(attrs={"rows": 4}),
            "partners": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelMultipleChoiceField[User]", self.fields["members"])
        field.queryset = possible_members(self.instance)
        self.initial.update(members=self.instance.members.all(), revision=self.instance.revision)
        if grounds_frozen(self.instance):
            for name in GROUNDS:
                del self.fields[name]

    def change(self) -> ProjectChange:
        """Return what the verb takes."""
        data = self.cleaned_data
        return ProjectChange({name: data[name] for name in CHANGEABLE if name in data}, list(data["members"]))


class EndForm(forms.Form):
    """Why a project ends, on the revision that was read."""

    words = forms.CharField(
        label=gettext_lazy("Why it ends"), max_length=5000, widget=forms.Textarea(attrs={"rows": 2})
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


@login_required
def project_list(request):
    """List the projects of the person's organisations."""
    at = clock.now()
    rows = [
        {"project": project, "label": label, "tone": tone}
        for project in Project.objects.visible_to(request.user).select_related("organisation", "owner")
        for label, tone in [STANDINGS[project_standing(project, at)]]
    ]
    return render(request, "licensing/projects.html", {"rows": rows})


@login_required
def project_new(request):
    """Describe a project."""
    form = ProjectForm(request.POST or None, user=request.user)
    next_url = safe_next(request)
    if request.method == "POST" and form.is_valid() and _created(request, form):
        messages.success(request, _("The project was added."))
        return redirect(next_url or "licensing:projects")
    context = {"form": form, "next": next_url}
    return render(request, "licensing/project_new.html", context, status=422 if form.errors else 200)


def _created(request, form) -> bool:
    return attempt(form, lambda: create_project(owner=request.user, **form.cleaned_data))


@login_required
def project(request, pk):
    """Show one project: who, why, for whom, until when, with whom, and the rights it may use."""
    found = get_object_or_404(projects_for(request.user), pk=pk)
    at = clock.now()
    label, tone = STANDINGS[project_standing(found, at)]
    may_lead = found.ended_at is None and request.user.has_perm("licensing.lead_project", found)
    context = {
        "project": found,
        "label": label,
        "tone": tone,
        "members": found.members.order_by("name", "pk"),
        "rows": right_rows(found, at),
        "frozen": grounds_frozen(found),
        "may_lead": may_lead,
        "end_form": EndForm(initial={"revision": found.revision}) if may_lead else None,
    }
    return render(request, "licensing/project.html", context)


@login_required
def project_edit(request, pk):
    """Change a project; what somebody else changed meanwhile is the answer (409)."""
    found = get_object_or_404(projects_for(request.user), pk=pk)
    if not request.user.has_perm("licensing.lead_project", found):
        raise PermissionDenied
    form = ProjectEditForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid() and _changed(request, form, pk):
        messages.success(request, _("The project is changed."))
        return redirect("licensing:project", pk)
    context = {"project": found, "form": form, "frozen": grounds_frozen(found)}
    return render(request, "licensing/project_edit.html", context, status=422 if form.errors else 200)


def _changed(request, form, pk) -> bool:
    # The form has written on its own copy of the row.
    row = Project.objects.get(pk=pk)
    given = {"actor": request.user, "expected_revision": form.cleaned_data["revision"]}
    return attempt(form, lambda: change_project(project=row, change=form.change(), **given))


@login_required
@require_POST
def project_end(request, pk):
    """End a project."""
    found = get_object_or_404(projects_for(request.user), pk=pk)
    form = EndForm(request.POST)
    form.is_valid()
    data = form.cleaned_data
    given = {"words": data.get("words", ""), "expected_revision": data.get("revision", -1)}
    return act(
        request,
        lambda: end_project(project=found, actor=request.user, **given),
        done=_("The project has ended: nothing is allowed for it any more."),
        to=reverse("licensing:project", args=[pk]),
    )
