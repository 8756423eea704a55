# SPDX-License-Identifier: AGPL-3.0-or-later
"""Absence and delegation: a reviewer who is away names somebody of the same role, who may act for them meanwhile.

Nothing is lent but a name: the delegate acts with their own rights, and their own interests count (docs/adr/0040).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.actors import on_behalf_of
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from orders import notifications
from orders.models import Absence
from orders.selectors.reviewing.absences import delegations_of, possible_delegates


@transaction.atomic
def declare(*, person: Any, begins: datetime, ends: datetime, delegate: Any = None) -> Absence:
    """Declare that a reviewer is away in [begins, ends), with the delegate who may act for them; the delegate is told.

    Raises NotPermitted to who reviews nothing, Invalid: a period that is reversed, over or overlaps another absence, a
    delegate of another role, one who is away then, or who would be delegated to what the person does for others.
    """
    if not person.has_perm("orders.declare_absence"):
        raise NotPermitted(_("Only those who decide or give opinions declare an absence."))
    _check_period(person, begins, ends)
    # Two who name each other at the same moment wait for each other: no chain is made of two halves.
    involved = [person.pk, *([delegate.pk] if delegate else [])]
    list(User.objects.select_for_update(of=("self",)).filter(pk__in=involved).order_by("pk"))
    if delegate is not None:
        _check_delegate(person, delegate, begins, ends)
    try:
        with transaction.atomic():
            row = Absence.objects.create(person=person, delegate=delegate, period=(begins, ends))
    except IntegrityError as error:
        raise _overlap() from error
    if delegate is not None:
        notifications.delegate_named(row, begins=begins, ends=ends)
    return row


@transaction.atomic
def take_back(*, absence: Absence, actor: Any) -> Absence:
    """End an absence from now on; the delegate is told. Raises NotPermitted, IllegalTransition when it is over."""
    locked = Absence.objects.select_for_update(of=("self",)).select_related("person").get(pk=absence.pk)
    if not actor.has_perm("orders.end_absence", locked):
        raise NotPermitted(_("This absence is somebody else’s."))
    now = clock.now()
    if locked.taken_back_at is not None or locked.period.upper <= now:
        raise IllegalTransition(_("This absence is over."))
    locked.taken_back_at = now
    locked.save(update_fields=["taken_back_at"])
    if locked.delegate is not None:
        notifications.delegation_ended(locked)
    return locked


@contextmanager
def standing_in(actor: Any, person_id: int | None) -> Iterator[None]:
    """Act for somebody who is away (None = in one's own name): histories and reviews name both.

    Raises NotPermitted when they are not away at this moment, or have not named this person.
    """
    if person_id is None:
        yield
        return
    row = next((one for one in delegations_of(actor, clock.now()) if one.person_id == person_id), None)
    if row is None:
        raise NotPermitted(_("You may not act for this person now."))
    with on_behalf_of(row.person):
        yield


def _check_period(person: Any, begins: datetime, ends: datetime) -> None:
    if ends <= begins:
        raise Invalid(_("The absence ends before it begins."), pointer="until", repair=_("Choose a later day."))
    if ends <= clock.now():
        raise Invalid(_("The absence is over already."), pointer="until", repair=_("Choose a day to come."))
    if Absence.objects.standing().filter(person=person, period__overlap=(begins, ends)).exists():
        raise _overlap()


def _overlap() -> Invalid:
    return Invalid(
        _("You have declared an absence in this period."),
        pointer="since",
        repair=_("Take the other one back first, or choose other days."),
    )


def _check_delegate(person: Any, delegate: Any, begins: datetime, ends: datetime) -> None:
    if not possible_delegates(person).filter(pk=delegate.pk).exists():
        raise Invalid(
            _("%(name)s does not hold your role.") % {"name": delegate},
            pointer="delegate",
            repair=_("Name somebody else of the same role."),
        )
    then = Absence.objects.standing().filter(period__overlap=(begins, ends))
    if then.filter(person=delegate).exists():
        raise Invalid(
            _("%(name)s is away in this period too.") % {"name": delegate},
            pointer="delegate",
            repair=_("Name somebody who is there."),
        )
    if onward := then.filter(delegate=person).select_related("person").first():
        raise Invalid(
            _("You act for %(name)s in this period: what was delegated to you is not delegated onwards.")
            % {"name": onward.person},
            pointer="delegate",
            repair=_("Name nobody, and ask them to name somebody else."),
        )
