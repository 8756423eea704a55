# SPDX-License-Identifier: AGPL-3.0-or-later
"""Personal data of the ground floor, of what Django keeps beside it, and of what stands in no table."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.actors import FOR
from dinamis.core.models import Event, EventSalt, OutboxMessage, StateChange
from dinamis.core.personal import (
    Basis,
    End,
    Holding,
    Rule,
    Until,
    belongs,
    holds,
    holds_outside,
    register,
    tells_nothing,
)
from dinamis.core.retention import delete, months_before, sweep
from dinamis.core.statemachine import By
from dinamis.core.triggers import ERASED

HISTORY = Holding(
    _("History: who changed what and when, and the words given"),
    _("tell those concerned who decided and why"),
    Basis.PUBLIC_TASK,
)
PROOF = Holding(
    _("Evidence: a numbered line for each change, with salted fingerprints instead of names and words"),
    _("prove that nothing was changed unseen"),
    Basis.LEGAL_DUTY,
)
MAILS = Holding(_("Mails sent and work done by the site"), _("send each mail exactly once"), Basis.PUBLIC_TASK)
LOGS = Holding(
    _("Technical logs: address, browser and page of each request"),
    _("recognise attacks and repair faults"),
    Basis.LEGITIMATE,
)
SIGNED_IN = Holding(_("The cookie that keeps you signed in"), _("know who asks"), Basis.PUBLIC_TASK)
OFFICE_LOG = Holding(_("Log of the administration site"), _("know who of the office changed what"), Basis.LEGITIMATE)
PROOF_TIME = Until(_("%(number)s months after the end of what it proves"), "PROOF_MONTHS")

holds(
    "core.statechange",
    Rule(HISTORY, ("actor", "actor_label", "words"), Until(_("until the account is erased")), End.PSEUDONYM),
)
holds(
    "core.event",
    Rule(PROOF, ("actor_id", "on_behalf", "before", "after"), Until(_("as long as the evidence itself")), End.NUMBER),
)
holds("core.eventsalt", Rule(PROOF, ("salt",), PROOF_TIME, End.EMPTY, secret=True))
holds(
    "core.outboxmessage",
    Rule(
        MAILS,
        ("payload", "last_error"),
        Until(_("%(number)s months after it was done"), "MAIL_MONTHS"),
        End.EMPTY,
    ),
)
holds(
    "core.idempotencyrecord",
    Rule(MAILS, ("answer",), Until(_("%(number)s hours"), "IDEMPOTENCY_HOURS"), End.ERASE, secret=True),
)
holds(
    "admin.logentry",
    Rule(
        OFFICE_LOG,
        ("user", "object_id", "object_repr", "change_message"),
        Until(_("%(number)s months after the change"), "TRACE_MONTHS"),
        End.ERASE,
    ),
)
holds(
    "sessions.session",
    Rule(
        SIGNED_IN, ("session_key", "session_data"), Until(_("12 hours after the last sign-in")), End.ERASE, secret=True
    ),
)
belongs("core.statechange", "actor")
belongs("core.event", "actor_id")
belongs("core.outboxmessage", address="payload__to")
belongs("admin.logentry", "user")
holds_outside(
    "log files of the web server and of the processes",
    Rule(LOGS, (), Until(_("%(number)s months, by the rotation of the host"), "TRACE_MONTHS"), End.ERASE),
)
holds_outside(
    "cache: counters of attempts to sign in, by address",
    Rule(LOGS, (), Until(_("one hour")), End.ERASE),
)

CODES = "codes, numbers of tables and hashes"
tells_nothing(
    "core.event", "role", "actor_kind", "action", "reason_code", "operation", "table_name", "sha256", why=CODES
)
tells_nothing("core.eventsalt", "table_name", why=CODES)
tells_nothing("core.eventlink", "*", why=CODES)
tells_nothing("core.dailyseal", "*", why=CODES)
tells_nothing(
    "core.statechange",
    *("aggregate", "transition", "from_state", "to_state", "actor_kind", "reason_code"),
    why="codes",
)
tells_nothing("core.outboxmessage", "topic", "key", why="a code and numbers of rows")
tells_nothing("core.idempotencyrecord", "token", "body_sha256", why="hashes")
for model in ("auth.permission", "auth.group", "auth.group_permissions", "contenttypes.contenttype"):
    tells_nothing(model, "*", why="Django's own vocabulary")
for model in ("gis.postgisgeometrycolumns", "gis.postgisspatialrefsys"):
    tells_nothing(model, "*", why="PostGIS's own vocabulary")


def _done_messages(now: datetime) -> "QuerySet[OutboxMessage]":
    limit = months_before(now, "MAIL_MONTHS")
    return OutboxMessage.objects.filter(Q(done_at__lt=limit) | Q(dead_at__lt=limit)).exclude(payload={})


def _forget_content(message: OutboxMessage) -> None:
    # The row stays: its key is what prevents the same mail from being sent again.
    message.payload, message.last_error = {}, ""
    message.save(update_fields=["payload", "last_error"])


def _salts_of_the_past(now: datetime) -> "QuerySet[EventSalt]":
    """Salts of objects that were deleted, or minimised by erasure or retention, when the time of proof is over."""
    ended = Event.objects.filter(
        Q(operation="delete")
        | Q(operation="update", action__startswith="retention.")
        | Q(operation="update", action="accounts.erasure.carry_out"),
        table_name=OuterRef("table_name"),
        object_id=OuterRef("object_id"),
        at__lt=months_before(now, "PROOF_MONTHS"),
    )
    return EventSalt.objects.filter(Exists(ended), erased_at__isnull=True)


def _forget_who_acted(person: Any) -> None:
    StateChange.objects.filter(actor=person).update(actor_label=ERASED)
    # Who stood in for them named them too.
    StateChange.objects.filter(actor_kind=By.PERSON, actor_label__endswith=f"{FOR}{person}").update(actor_label=ERASED)


def _empty_salt(salt: EventSalt) -> None:
    salt.salt, salt.erased_at = "", clock.now()
    salt.save(update_fields=["salt", "erased_at"])


def _old_log(now: datetime) -> "QuerySet[Any]":
    entries = apps.get_model("admin", "LogEntry")._default_manager
    return entries.filter(action_time__lt=months_before(now, "TRACE_MONTHS"))


def _ended_sign_ins(now: datetime) -> "QuerySet[Any]":
    return apps.get_model("sessions", "Session")._default_manager.filter(expire_date__lt=now)


register.erasers.append(_forget_who_acted)
sweep("outbox messages", due=_done_messages, apply=_forget_content)
sweep("salts of the past", due=_salts_of_the_past, apply=_empty_salt)
sweep("log of the administration site", due=_old_log, apply=delete)
sweep("ended sign-ins", due=_ended_sign_ins, apply=delete)
