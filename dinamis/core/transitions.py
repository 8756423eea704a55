# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only code that writes a state: lock, re-read, check, save, remember."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
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
    found = lock_rows(type(obj)._base_manager.filter(pk=obj.pk))
    if not found:
        raise type(obj).DoesNotExist(f"{obj._meta.label} {obj.pk}")
    return found[0]


def lock_rows(rows: QuerySet[M]) -> list[M]:
    """Read rows under locks of their own, taken in the order of the query; raises Busy as `lock` does.

    What joins them is read, not locked. Must be called inside a transaction.
    """
    try:
        with connection.execute_wrapper(_in_time):
            return list(rows.select_for_update(of=("self",)))
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
            raise Busy(_("Somebody is changing this at the same moment. Try again in a few seconds.")) from error
        raise


def _in_time(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> None:
    """Say how long a lock is waited for, in the message that asks for it."""
    execute(
        f"SELECT set_config('lock_timeout', %s, true); {sql}",
        (settings.DINAMIS["LOCK_TIMEOUT"], *params),
        many,
        context,
    )
    context["cursor"].nextset()


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
    locked: bool = False,
    **changes: Any,
) -> M:
    """Move `obj` along the transition `name` and return the locked, saved row.

    `locked`: `obj` was read by `lock` or `lock_rows` in this transaction, and nothing of it is unsaved; it is not read
    again. `changes` are other fields saved in the same statement. Raises NotPermitted, IllegalTransition, StaleVersion
    (`expected_version` is the version the person saw), Invalid when a reason is due and missing, Busy, KeyForbidden
    while an API key acts, unless the arrow says `keys`.
    """
    if not obj.machine.find(name).keys:
        refuse_keys()
    reason = reason or Reason()
    action = f"{obj.machine.aggregate}.{name}"
    for_whom = f"person {behalf().pk}" if behalf() is not None else ""
    with _one_transaction(), acting(actor, action=action, on_behalf=for_whom, reason_code=reason.code):
        row = obj if locked else lock(obj)
        arrow = row.machine.find(name)
        _check(row, arrow, actor, reason, expected_version)
        before = row.state
        for field, value in changes.items():
            setattr(row, field, value)
        row.state = arrow.target
        row.version += 1
        row.save(update_fields=["state", "version", *changes])
        _remember(row, arrow, actor, reason, before)
    for field in ("state", "version", *changes):
        setattr(obj, field, getattr(row, field))
    return row


def _one_transaction() -> AbstractContextManager[None]:
    """A transaction, or the one we are in: nothing is written before the last check, and what the database refuses
    afterwards ends it, so a savepoint would keep nothing apart."""
    return nullcontext() if connection.in_atomic_block else transaction.atomic()


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
