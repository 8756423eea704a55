# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger of the envelopes: append-only, in integer m2. The key of an entry makes each act unique.

Taking capacity (hold) locks the envelopes, in the order of their ids, so that two approvals never spend the same square
metre; freeing it does not need to. A commit and a release share one key: a line is settled once, one way.
"""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import Busy, IllegalTransition, Invalid, QuotaExceeded
from dinamis.core.transitions import LOCK_NOT_AVAILABLE
from orders.enums import EntryKind
from orders.models import Envelope, LedgerEntry, OrderItem
from orders.selectors.envelope import balance

# First key of the advisory locks; the second is the id of the envelope.
LOCK_CLASS = 0x0D1A


def grant(*, envelope: Envelope, amount_m2: int, actor: Actor, key: str, words: str = "") -> LedgerEntry:
    """Add a budget to an envelope; the same key again changes nothing. Raises Invalid unless the amount is positive."""
    if amount_m2 <= 0:
        raise Invalid(_("A grant must be larger than zero."), pointer="amount_m2")
    return _write(envelope, EntryKind.GRANT, amount_m2, f"grant:{key}", actor=actor, words=words)


def hold(*, envelope: Envelope, items: Sequence[OrderItem], actor: Actor) -> None:
    """Reserve the billed area of every line. Must be called inside the transaction of the approval.

    A line that is already held is left alone. Raises QuotaExceeded (`available`, `required`, `unit`, `resets_at`) and
    then nothing is written; Busy when another approval keeps the envelope locked too long.
    """
    lock_envelopes([envelope.pk])
    known = set(LedgerEntry.objects.filter(key__in=[_hold_key(item) for item in items]).values_list("key", flat=True))
    new = [item for item in items if _hold_key(item) not in known]
    required = sum(item.billed_area_m2 for item in new)
    available = balance(envelope).available
    if required > available:
        raise QuotaExceeded(
            _("The envelope “%(name)s” does not suffice for this order.") % {"name": envelope},
            available=available,
            required=required,
            unit="m2",
            resets_at=envelope.period.upper.isoformat() if envelope.period.upper else None,
        )
    for item in new:
        _write(envelope, EntryKind.HOLD, -item.billed_area_m2, _hold_key(item), actor=actor, item=item)


def commit(item: OrderItem, *, actor: Actor) -> None:
    """Turn the hold of a line into a debt, once the provider has acknowledged the order. Twice = once.

    Raises IllegalTransition when nothing is held, or when the hold was released.
    """
    held = _held(item)
    entry = _write(held.envelope, EntryKind.COMMIT, 0, _settle_key(item), actor=actor, item=item)
    if entry.kind != EntryKind.COMMIT:
        raise IllegalTransition(_("The hold of %(line)s has been released.") % {"line": item})


def release(item: OrderItem, *, actor: Actor, words: str = "") -> None:
    """Give back what was held for a line that will not be bought. Twice = once; nothing held = nothing to do.

    Raises IllegalTransition when the line was committed: then only a refund helps.
    """
    held = LedgerEntry.objects.filter(key=_hold_key(item)).select_related("envelope").first()
    if held is None:
        return
    entry = _write(
        held.envelope, EntryKind.RELEASE, -held.amount_m2, _settle_key(item), actor=actor, item=item, words=words
    )
    if entry.kind != EntryKind.RELEASE:
        raise IllegalTransition(_("%(line)s is committed: it can only be refunded.") % {"line": item})


def refund(item: OrderItem, *, actor: Actor, words: str) -> None:
    """Give back the cost of a committed line that will not be delivered, as a new entry. Twice = once.

    Raises IllegalTransition when the line was not committed.
    """
    held = _held(item)
    if not is_committed(item):
        raise IllegalTransition(_("%(line)s is not committed.") % {"line": item})
    _write(held.envelope, EntryKind.REFUND, -held.amount_m2, f"refund:{item.pk}", actor=actor, item=item, words=words)


def give_back(item: OrderItem, *, actor: Actor, words: str) -> None:
    """Release or refund, whichever the line needs."""
    if is_committed(item):
        refund(item, actor=actor, words=words)
    else:
        release(item, actor=actor, words=words)


def is_committed(item: OrderItem) -> bool:
    """Tell whether the provider has acknowledged the line."""
    return LedgerEntry.objects.filter(key=_settle_key(item), kind=EntryKind.COMMIT).exists()


def lock_envelopes(envelope_ids: Iterable[int]) -> None:
    """Take the locks of envelopes until the transaction ends, always in the same order. Raises Busy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [settings.DINAMIS["LOCK_TIMEOUT"]])
        try:
            for envelope_id in sorted(set(envelope_ids)):
                cursor.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", [LOCK_CLASS, envelope_id])
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
                raise Busy(
                    _("Another approval is using this envelope at the same moment. Try again in a few seconds.")
                ) from error
            raise


def _held(item: OrderItem) -> LedgerEntry:
    held = LedgerEntry.objects.filter(key=_hold_key(item)).select_related("envelope").first()
    if held is None:
        raise IllegalTransition(_("Nothing is held for %(line)s.") % {"line": item})
    return held


def _hold_key(item: OrderItem) -> str:
    return f"hold:{item.pk}"


def _settle_key(item: OrderItem) -> str:
    return f"settle:{item.pk}"


def _write(
    envelope: Envelope,
    kind: EntryKind,
    amount_m2: int,
    key: str,
    *,
    actor: Actor,
    item: OrderItem | None = None,
    words: str = "",
) -> LedgerEntry:
    entry, _created = LedgerEntry.objects.get_or_create(
        key=key,
        defaults={
            "envelope": envelope,
            "kind": kind,
            "amount_m2": amount_m2,
            "order_item": item,
            "actor_label": actor.label,
            "words": words,
            "at": clock.now(),
        },
    )
    return entry
