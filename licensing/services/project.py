# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on projects: described, changed, ended. What a right rests on is frozen under it (docs/adr/0019)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.enums import MembershipState
from dinamis.accounts.models import Organisation, User
from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.keys import refuse_keys
from dinamis.core.templatetags.ui import datetime_words
from dinamis.core.validation import checked
from licensing import project_mails
from licensing.enums import Purpose
from licensing.models import Project
from licensing.models.entitlement import GROUNDS

# What may change of a project; GROUNDS only while no right rests on it.
CHANGEABLE = ("title", "theme", "description", "partners", "starts_on", "ends_on", *GROUNDS)


@dataclass(frozen=True)
class ProjectChange:
    """What is to change: values by name (CHANGEABLE), and who takes part (None = as it is, none = every member)."""

    values: Mapping[str, Any]
    members: Collection[User] | None = None


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
    partners: str = "",
) -> Project:
    """Describe why imagery is used. Raises NotPermitted unless `owner` is an active member, Invalid (title, dates)."""
    if not owner.memberships.filter(organisation=organisation, state="active").exists():
        raise NotPermitted(_("Only an active member of the organisation describes its projects."))
    return save_project(
        Project(
            owner=owner,
            organisation=organisation,
            title=_tidy(title),
            purpose=purpose,
            theme=theme.strip(),
            description=description.strip(),
            partners=partners.strip(),
            starts_on=starts_on,
            ends_on=ends_on,
        )
    )


def save_project(project: Project) -> Project:
    """Check and save a project. Raises Invalid: the title is used already, or the dates are reversed."""
    namesakes = Project.objects.filter(organisation=project.organisation, title=project.title)
    if namesakes.exclude(pk=project.pk).exists():
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


def change_project(*, project: Project, change: ProjectChange, actor: User, expected_revision: int) -> Project:
    """Change a project and who takes part in it, on the revision that was read.

    Raises NotPermitted (neither owner nor référent), StaleVersion naming who changed it meanwhile, IllegalTransition
    (it has ended), Invalid (a ground of a right, a title in use, dates, somebody who is no active member).
    """
    if unknown := set(change.values) - set(CHANGEABLE):
        raise Invalid(_("This cannot be set."), pointer=min(unknown))
    with transaction.atomic(), acting(Actor.person(actor), action="licensing.project.change"):
        held = _held(project, actor, expected_revision)
        for name, value in change.values.items():
            _set(held, name, _tidy(value) if name == "title" else value)
        if change.members is not None:
            _name_members(held, change.members, actor)
        _touch(held, actor)
        save_project(held)
    return held


def add_member(*, project: Project, person: User, actor: User, expected_revision: int) -> Project:
    """Let one more person take part in a project; who takes part already stays. Raises as `change_project` does."""
    members = {*project.members.all(), person}
    return change_project(
        project=project, change=ProjectChange({}, members), actor=actor, expected_revision=expected_revision
    )


def remove_member(*, project: Project, person: User, actor: User, expected_revision: int) -> Project:
    """Let a person take part no more.

    Raises Invalid (`last_member`) for the last one named: nobody named means every member of the organisation. Raises
    as `change_project` does.
    """
    members = set(project.members.all()) - {person}
    if not members:
        raise Invalid(
            _("This is the last person named: without any, every member of the organisation takes part."),
            pointer="members",
            repair=_("Name somebody else first, or set the list of members to none."),
            code="last_member",
        )
    return change_project(
        project=project, change=ProjectChange({}, members), actor=actor, expected_revision=expected_revision
    )


def end_project(*, project: Project, words: str, actor: User, expected_revision: int) -> Project:
    """End a project for good, with the reason: what was allowed for it stops at the next check.

    Raises as `change_project` does.
    """
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("The members of the project read it."))
    with transaction.atomic(), acting(Actor.person(actor), action="licensing.project.end"):
        held = _held(project, actor, expected_revision)
        held.ended_at, held.ended_by, held.ended_words = clock.now(), actor, words.strip()
        _touch(held, actor)
        held.save(update_fields=["ended_at", "ended_by", "ended_words", "revision", "changed_at", "changed_by"])
        project_mails.project_ended(held)
    return held


def _held(project: Project, actor: User, expected_revision: int) -> Project:
    held = Project.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=project.pk)
    if not actor.has_perm("licensing.lead_project", held):
        raise NotPermitted(_("Only the owner of the project or a référent of its organisation may do this."))
    if held.revision != expected_revision:
        raise _stale(held)
    if held.ended_at is not None:
        raise IllegalTransition(_("This project has ended."))
    return held


def _stale(held: Project) -> StaleVersion:
    told = _("This project has changed since you opened the page. Read it again.")
    if held.changed_by is None or held.changed_at is None:
        return StaleVersion(told)
    who = str(held.changed_by)
    last = _("Last change: %(who)s, %(time)s.") % {
        "who": who,
        "time": datetime_words(held.changed_at),
    }
    return StaleVersion(f"{told} {last}", changed_by=who, changed_at=held.changed_at.isoformat())


def _set(held: Project, name: str, value: Any) -> None:
    if name in GROUNDS and value != getattr(held, name) and held.entitlements.exists():
        raise Invalid(
            _("A right rests on this: it cannot change any more."),
            pointer=name,
            repair=_("Describe another project, or renew the adhesion with it."),
            code="frozen",
        )
    setattr(held, name, value.strip() if isinstance(value, str) else value)


def _name_members(held: Project, members: Collection[User], actor: User) -> None:
    if actor in members and not held.members.filter(pk=actor.pk).exists():
        # A key gives nothing to the person it acts for.
        refuse_keys()
    active = set(held.organisation.memberships.filter(state=MembershipState.ACTIVE).values_list("user_id", flat=True))
    for person in members:
        if person.pk not in active:
            raise Invalid(
                _("%(name)s is no active member of the organisation.") % {"name": person},
                pointer="members",
                code="not_a_member",
            )
    held.members.set(members)


def _touch(held: Project, actor: User) -> None:
    held.revision += 1
    held.changed_at, held.changed_by = clock.now(), actor


def _tidy(title: str) -> str:
    return " ".join(title.split())


def adopt_project(project: Project, *, grounds: Mapping[str, str], ends_on: date | None) -> Project:
    """Let a right rest on a project that is there: the adhesion states its grounds (GROUNDS) and its end.

    What nobody had said is filled in; what says otherwise is refused, since rights may rest on it. Raises Invalid.
    """
    frozen = project.entitlements.exists()
    for name, value in grounds.items():
        if getattr(project, name) not in {"", value}:
            raise Invalid(
                _("The project of this title has another purpose, partner or contract."),
                pointer="project_title",
                repair=_("Give this one a title of its own."),
                code="project_differs",
            )
        if not frozen:
            setattr(project, name, value)
    if project.ended_at is not None:
        raise Invalid(
            _("The project of this title has ended."),
            pointer="project_title",
            repair=_("Give this one a title of its own."),
            code="project_ended",
        )
    project.ends_on = ends_on
    checked(project)
    project.save(update_fields=["ends_on", *grounds])
    return project
