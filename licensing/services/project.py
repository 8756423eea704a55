# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on projects."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation, User
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.validation import checked
from licensing.enums import Purpose
from licensing.models import Project


def create_project(
    *,
    owner: User,
    organisation: Organisation,
    title: str,
    purpose: str = Purpose.PUBLIC_SERVICE,
    theme: str = "",
    description: str = "",
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Project:
    """Describe why imagery is used. Raises NotPermitted unless `owner` is an active member, Invalid (title, dates)."""
    if not owner.memberships.filter(organisation=organisation, state="active").exists():
        raise NotPermitted(_("Only an active member of the organisation describes its projects."))
    return save_project(
        Project(
            owner=owner,
            organisation=organisation,
            title=" ".join(title.split()),
            purpose=purpose,
            theme=theme.strip(),
            description=description.strip(),
            starts_on=starts_on,
            ends_on=ends_on,
        )
    )


def save_project(project: Project) -> Project:
    """Check and save a project. Raises Invalid: the title is used already, or the dates are reversed."""
    if Project.objects.filter(organisation=project.organisation, title=project.title).exists():
        raise Invalid(
            _("Your organisation has a project of this title already."), pointer="title", code="project_exists"
        )
    checked(project)
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError as error:
        raise Invalid(_("The project could not be saved as written."), pointer="title") from error
    return project


def prolong_project(project: Project, ends_on: date | None) -> Project:
    """Move the end of a project to the day its renewed adhesion states. Raises Invalid when it is before its start."""
    project.ends_on = ends_on
    checked(project)
    project.save(update_fields=["ends_on"])
    return project
