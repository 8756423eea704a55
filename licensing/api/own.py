# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a caller names of their own."""

from typing import Any

from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.accounts.selectors.membership import active_memberships
from dinamis.core.exceptions import Invalid
from licensing.models import Project
from licensing.selectors.partners import projects_of


def own_organisation(person: Any, pk: int) -> Organisation:
    """Return an organisation the person is an active member of. Raises Invalid (pointer `organisation`)."""
    membership = active_memberships(person).filter(organisation=pk).first()
    if membership is None:
        raise Invalid(_("This organisation is not one of yours."), pointer="organisation", code="organisation")
    return membership.organisation


def only_organisation(person: Any, pk: int | None) -> Organisation:
    """Return the organisation named, or the only one the person belongs to. Raises Invalid (pointer `organisation`)."""
    if pk is not None:
        return own_organisation(person, pk)
    mine = active_memberships(person)[:2]
    if len(mine) != 1:
        raise Invalid(
            _("Say for which organisation."),
            pointer="organisation",
            repair=_("One that you belong to; /me names them."),
            code="organisation",
        )
    return mine[0].organisation


def own_project(person: Any, pk: int) -> Project:
    """Return a project of one of the person's organisations. Raises Invalid (pointer `project`)."""
    project = projects_of(person).filter(pk=pk).first()
    if project is None:
        raise Invalid(_("This project is not one of yours."), pointer="project", code="project")
    return project
