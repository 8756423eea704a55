# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only code that writes a state: lock, re-read, check, save, remember."""

from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor, Reason, behalf
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import Busy, IllegalTransition, Invalid, NotPermitted, StaleVersion
from dinamis.core.keys import refuse_keys, refuse_model, writing_history
from dinamis.core.models import StateChange, StatefulModel
from dinamis.core.statemachine import By, Transition

M = TypeVar("M", bound=StatefulModel)

LOCK_NOT_AVAILABLE = "55P03"


def lock(obj: M) -> M:
    """Re-read `obj` under a row lock. Raises Busy when the lock is not free within the timeout.

    Must be called inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [settings.DINAMIS["LOCK_TIMEOUT"]])
    try:
        return type(obj)._base_manager.select_for_update(of=("self",)).get(pk=obj.pk)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise Busy(_("Somebody is changing this at the same moment. Try again in a few seconds.")) from error
        raise


def can(obj: StatefulModel, name: str, actor: Actor) -> bool:
    """Tell whether `actor` may cause the transition `name` from the state `obj` shows now."""
    transition_ = obj.machine.find(name)
    return obj.state in transition_.sources and _may(obj, transition_, actor)


def apply_transition(
    obj: M,
    name: str,
    *,
    actor: Actor,
    reason: Reason | None = None,
    expected_version: int | None = None,
    **changes: Any,
) -> M:
    """Move `obj` along the transition `name` and return the locked, saved row.

    `changes` are other fields saved in the same statement. Raises NotPermitted, IllegalTransition, StaleVersion
    (`expected_version` is the version the person saw), Invalid when a reason is due and missing, Busy, KeyForbidden
    while an API key acts, unless the arrow says `keys`.
    """
    if not obj.machine.find(name).keys:
        refuse_keys()
    reason = reason or Reason()
    action = f"{obj.machine.aggregate}.{name}"
    for_whom = f"person {behalf().pk}" if behalf() is not None else ""
    with transaction.atomic(), acting(actor, action=action, on_behalf=for_whom, reason_code=reason.code):
        locked = lock(obj)
        arrow = locked.machine.find(name)
        _check(locked, arrow, actor, reason, expected_version)
        before = locked.state
        for field, value in changes.items():
            setattr(locked, field, value)
        locked.state = arrow.target
        locked.version += 1
        locked.save(update_fields=["state", "version", *changes])
        _remember(locked, arrow, actor, reason, before)
    for field in ("state", "version", *changes):
        setattr(obj, field, getattr(locked, field))
    return locked


def _check(obj: StatefulModel, arrow: Transition, actor: Actor, reason: Reason, expected_version: int | None) -> None:
    if not _may(obj, arrow, actor):
        raise NotPermitted(_("You may not do this: %(action)s.") % {"action": arrow.label})
    if expected_version is not None and expected_version != obj.version:
        raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))
    if obj.state not in arrow.sources:
        raise IllegalTransition(
            _("“%(action)s” is not possible any more: the state is now “%(state)s”.")
            % {"action": arrow.label, "state": obj.get_state_display()},
            state=obj.state,
        )
    if arrow.reason and not reason:
        raise Invalid(_("Give a reason."), pointer="reason", repair=_("Write one sentence the other side can read."))


def _may(obj: StatefulModel, arrow: Transition, actor: Actor) -> bool:
    if actor.kind not in arrow.by:
        return False
    if actor.kind is not By.PERSON:
        return True
    return bool(arrow.permission) and actor.user.has_perm(arrow.permission, obj)


def _remember(obj: StatefulModel, arrow: Transition, actor: Actor, reason: Reason, before: str) -> None:
    with writing_history():
        StateChange.objects.create(
            aggregate=obj.machine.aggregate,
            object_id=obj.pk,
            transition=arrow.name,
            from_state=before,
            to_state=arrow.target,
            actor=actor.user,
            actor_kind=actor.kind.value,
            actor_label=actor.label,
            reason_code=reason.code,
            words=reason.words,
            at=clock.now(),
        )


def record_creation(obj: StatefulModel, *, actor: Actor, words: str = "") -> None:
    """Write the first line of a history: the row exists, in its initial state, because of `actor`."""
    refuse_model(type(obj))
    with writing_history():
        StateChange.objects.create(
            aggregate=obj.machine.aggregate,
            object_id=obj.pk,
            transition="create",
            from_state="",
            to_state=obj.state,
            actor=actor.user,
            actor_kind=actor.kind.value,
            actor_label=actor.label,
            words=words,
            at=clock.now(),
        )
