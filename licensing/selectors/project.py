# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of projects: their standing, their rights, what of them cannot change any more."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dinamis.accounts.models import User
from dinamis.core.clock import PARIS
from licensing.models import Entitlement, Project
from licensing.selectors.rights import STANDINGS as RIGHT_STANDINGS
from licensing.selectors.rights import standing

STANDINGS = {
    "running": (pgettext_lazy("project", "runs"), "ok"),
    "scheduled": (_("not begun yet"), "wait"),
    "over": (pgettext_lazy("project", "over"), "over"),
    "ended": (pgettext_lazy("project", "ended"), "over"),
}


def projects_for(user: Any) -> QuerySet[Project]:
    """Return the projects a person may open: those of their organisations; for the office, all."""
    rows = Project.objects.all() if user.has_perm("licensing.moderate") else Project.objects.visible_to(user)
    return rows.select_related("organisation", "owner", "ended_by", "changed_by")


def project_standing(project: Project, at: datetime) -> str:
    """Return ended, scheduled, over or running at `at`; first and last day are those of Paris."""
    today = at.astimezone(PARIS).date()
    if project.ended_at is not None and project.ended_at <= at:
        return "ended"
    if project.starts_on is not None and today < project.starts_on:
        return "scheduled"
    return "over" if project.ends_on is not None and today > project.ends_on else "running"


def rights_for(project: Project, at: datetime) -> QuerySet[Entitlement]:
    """Return the rights of a project and, unless it has ended, those of its organisation for any project.

    They are read with what their standing at `at` is computed from.
    """
    wanted = Q(project=project)
    if project.ended_at is None:
        wanted |= Q(project=None, organisation=project.organisation_id, purpose=project.purpose)
    rows = Entitlement.objects.filter(wanted).select_related("licence").with_standing(at)
    return rows.order_by("licence__position", "-period", "id")


def right_rows(project: Project, at: datetime) -> list[dict[str, Any]]:
    """Return those rights with their computed standing."""
    rows = []
    for right in rights_for(project, at):
        label, tone = RIGHT_STANDINGS[standing(right, at)]
        rows.append({"right": right, "label": label, "tone": tone})
    return rows


def grounds_frozen(project: Project) -> bool:
    """Tell whether a right rests on the project, so that purpose, partner and contract stay."""
    return project.entitlements.exists()


def possible_members(project: Project) -> QuerySet[User]:
    """Return who may be named: active members of the organisation, by name."""
    return (
        User.objects.filter(
            is_active=True, memberships__organisation=project.organisation_id, memberships__state="active"
        )
        .distinct()
        .order_by("name", "pk")
    )
