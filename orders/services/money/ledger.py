# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger of the envelopes: append-only, in integer m2, attempts of the provider and cents; the only writer of its
entries.

Taking capacity (holds, reductions, what is carried over) locks the envelopes, in the order of their ids, so that two
approvals never spend the same square metre; freeing it does not need to. What the database itself refuses, whoever
writes: an act done twice (`key`), a hold settled twice or both ways, more refunded than was held, more euros taken than
a ceiling leaves. Each entry says where its euros come from (docs/adr/0049).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Sum
from django.db.utils import OperationalError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.exceptions import Busy, IllegalTransition, Invalid, QuotaExceeded
from dinamis.core.templatetags.ui import euros
from dinamis.core.transitions import LOCK_NOT_AVAILABLE
from orders.domain.pool_rules import allot
from orders.enums import EntryKind, PriceBasis
from orders.models import Envelope, LedgerEntry, OrderItem
from orders.selectors.money.costs import attempts_of
from orders.selectors.money.envelope import Balance, balance, balances
from orders.selectors.money.prices import Price, prices_of
from orders.selectors.money.purses import Need, Part, Purse, TooLarge, share_out
from orders.services.money.alerts import warn_when_low

# First key of the advisory locks; the second is the id of the envelope.
LOCK_CLASS = 0x0D1A
WHOLE = Fraction(1)
GIVEN, AS_HELD = Price(basis=PriceBasis.BUDGET), Price(basis=PriceBasis.HOLD)


def grant(
    *,
    envelope: Envelope,
    amount_m2: int = 0,
    attempts: int = 0,
    amount_cents: int = 0,
    actor: Actor,
    key: str,
    words: str = "",
) -> LedgerEntry:
    """Add a budget to an envelope; the same key again changes nothing. Raises Invalid unless something is added."""
    amounts = {"m2": amount_m2, "attempts": attempts, "cents": amount_cents}
    if min(amounts.values()) < 0 or not any(amounts.values()):
        raise Invalid(_("A grant must be larger than zero."), pointer="amount_m2")
    return _write(envelope, EntryKind.GRANT, f"grant:{key}", actor=actor, price=GIVEN, words=words, **amounts)


def adjust(
    *, envelope: Envelope, amount_m2: int, attempts: int, amount_cents: int = 0, actor: Actor, key: str, words: str
) -> LedgerEntry:
    """Add to a budget, or take from it what nobody holds. Must be called inside a transaction; twice = once.

    Raises QuotaExceeded when more is taken than is left (or a first ceiling is below what is spent), Busy.
    """
    if min(amount_m2, attempts) < 0 or amount_cents:
        lock_envelopes([envelope.pk])
        left = balance(envelope)
        _check_left(envelope, left.available, -amount_m2, "m2")
        _check_left(envelope, left.available_attempts, -attempts, "attempts")
        _check_left(envelope, left.available_cents, -amount_cents, "cents")
        if amount_cents > 0 and not envelope.counts_euros:
            # A first ceiling leaves room for what is spent already.
            _check_left(envelope, amount_cents + left.granted_cents, left.spent_cents, "cents")
    amounts = {"m2": amount_m2, "attempts": attempts, "cents": amount_cents}
    return _write(envelope, EntryKind.ADJUST, f"adjust:{key}", actor=actor, price=GIVEN, words=words, **amounts)


def carry(
    *,
    ended: Envelope,
    following: Envelope,
    amount_m2: int,
    attempts: int,
    amount_cents: int = 0,
    actor: Actor,
    key: str,
) -> None:
    """Move what is left of a period to the next one. The caller holds the lock of the ended envelope; twice = once."""
    for envelope, sign in ((ended, -1), (following, 1)):
        _write(
            envelope,
            EntryKind.CARRY,
            f"carry:{ended.pk}:{envelope.pk}:{key}",
            actor=actor,
            m2=sign * amount_m2,
            attempts=sign * attempts,
            cents=sign * amount_cents,
            price=GIVEN,
        )


def hold(*, purses: Sequence[Envelope], items: Sequence[OrderItem], actor: Actor) -> list[LedgerEntry]:
    """Reserve the cost of every line in `purses`, taken in their order; a line may be split over several. Its euros are
    those of the price in force (`prices_of`), in the proportion of the area.

    Must be called inside the transaction of the approval; whoever holds several times in one transaction first calls
    `lock_envelopes` for all of them. A line that is already held is left alone. Returns the entries written.

    Raises QuotaExceeded (`available`, `required`, `unit`, `resets_at`) and then nothing is written; Busy when another
    approval keeps an envelope locked too long.
    """
    lock_envelopes(envelope.pk for envelope in purses)
    written = _holds(items)
    new = [item for item in items if all(row.released for row in written.get(item.pk, ()))]
    known = balances(envelope.pk for envelope in purses)
    prices = prices_of(new)
    needs = [Need(item.billed_area_m2, attempts_of(item), price.cents) for item, price in zip(new, prices, strict=True)]
    parts = _shared_out(needs, purses, known)
    by_id = {envelope.pk: envelope for envelope in purses}
    # A line that was released and is held again counts on: the number makes the key, so that nobody holds it twice.
    entries = LedgerEntry.objects.bulk_create(
        _entry(
            by_id[part.purse],
            EntryKind.HOLD,
            f"hold:{item.pk}:{number}",
            actor=actor,
            item=item,
            m2=-part.m2,
            attempts=-part.attempts,
            cents=-part.cents,
            price=price,
        )
        for item, price, shares in zip(new, prices, parts, strict=True)
        for number, part in enumerate(shares, len(written.get(item.pk, ())))
    )
    for pk, left in _left_after(known, entries).items():
        warn_when_low(by_id[pk], left)
    return entries


def _shared_out(needs: Sequence[Need], purses: Sequence[Envelope], known: Mapping[int, Balance]) -> list[list[Part]]:
    try:
        return share_out(needs, [Purse.of(envelope, known[envelope.pk]) for envelope in purses])
    except TooLarge as error:
        raise _exceeded(purses, error) from error


def commit(item: OrderItem, *, actor: Actor, price: Price | None = None) -> None:
    """Turn the holds of a line into a debt, once the provider has acknowledged the order. Twice = once.

    What it costs more or less than was held by then is an entry of its own, whatever is left: it is owed.

    Raises IllegalTransition when nothing is held, or when the hold was released.
    """
    for held in _held(item):
        bought = replace(AS_HELD, provider_order_id=item.provider_order_id)
        key = f"settle:{held.pk}"
        entry = _write(held.envelope, EntryKind.COMMIT, key, actor=actor, item=item, hold=held, price=bought)
        if entry.kind != EntryKind.COMMIT:
            raise _released(item)
    if price is not None:
        reprice(item, price, actor=actor)


def price_of(item: OrderItem) -> int:
    """Return what the purses of a line hold or owe for it, in cents, before anything is given back."""
    return sum(_prices(_open_holds(item)).values())


def given_back(item: OrderItem) -> bool:
    """Tell whether a part of a committed line was refunded: its price does not change any more."""
    return bool(_refunded(_open_holds(item)))


def reprice(item: OrderItem, price: Price, *, actor: Actor, words: str = "") -> None:
    """Bring what the purses of a line hold to its price, in the proportion of what each holds, by entries of the
    difference; twice = once. What was given back in part keeps its price.

    Must be called inside a transaction. Raises QuotaExceeded where more is wanted than a ceiling leaves and the line is
    not committed, IllegalTransition when nothing is held, Busy.
    """
    holds = _held(item)
    owed = is_committed(item)
    if not owed:
        # Before anything is read: whoever prices the line at the same moment goes on from what this one writes.
        lock_envelopes(held.envelope_id for held in holds)
    if _refunded(holds):
        return
    changes = _changes(holds, price.cents)
    for held, more in changes:
        if held.envelope.counts_euros and not owed:
            _check_left(held.envelope, balance(held.envelope).available_cents, more, "cents")
    for held, more in changes:
        number = held.answers.filter(kind=EntryKind.PRICE).count()
        _write(
            held.envelope,
            EntryKind.PRICE,
            f"price:{held.pk}:{number}",
            actor=actor,
            item=item,
            hold=held,
            cents=-more,
            price=price,
            words=words,
        )
        warn_when_low(held.envelope, balance(held.envelope))


def release(item: OrderItem, *, actor: Actor, words: str = "") -> None:
    """Give back what was held for a line that will not be bought. Twice = once; nothing held = nothing to do.

    Raises IllegalTransition when the line was committed: then only a refund helps.
    """
    holds = _open_holds(item)
    for held, cents in zip(holds, _prices(holds).values(), strict=True):
        entry = _write(
            held.envelope,
            EntryKind.RELEASE,
            f"settle:{held.pk}",
            actor=actor,
            item=item,
            hold=held,
            m2=-held.amount_m2,
            attempts=-held.attempts,
            cents=cents,
            price=AS_HELD,
            words=words,
        )
        if entry.kind != EntryKind.RELEASE:
            raise IllegalTransition(_("%(line)s is committed: it can only be refunded.") % {"line": item})


def refund(item: OrderItem, *, actor: Actor, words: str, part: Fraction = WHOLE, key: str = "rest") -> None:
    """Give back `part` (0 < part ≤ 1) of a committed line that was not acquired, over the purses pro rata: of its area
    and of its price, each rounded down over all purses together; the whole = all that was not given back before, with
    the attempts, which a part leaves spent. Each `key` once.

    Raises IllegalTransition when the line was not committed, Invalid for a part out of range and when more would be
    given back than was held.
    """
    if not 0 < part <= 1:
        raise Invalid(_("The part that was not acquired lies between 0 and 1."), pointer="part")
    holds = _held(item)
    if not is_committed(item):
        raise IllegalTransition(_("%(line)s is not committed.") % {"line": item})
    given, prices = _refunded(holds), list(_prices(holds).values())
    areas = _portions([-held.amount_m2 for held in holds], part)
    for held, share, price, owed in zip(holds, areas, prices, allot(int(sum(prices) * part), prices), strict=True):
        name = f"refund:{held.pk}:{key}"
        m2, attempts, cents = given.get(held.pk, (0, 0, 0))
        rest = -held.amount_m2 - m2
        amount = rest if part == WHOLE else share
        back = -held.attempts - attempts if part == WHOLE else 0
        # Cents rounded to the largest remainder several times may come to one more than there is: never more is given.
        money = price - cents if part == WHOLE else min(owed, price - cents)
        if not (amount or back or money) or LedgerEntry.objects.filter(key=name).exists():
            continue
        if amount > rest:
            raise Invalid(_("More would be given back than was held."), pointer="part", code="refund_above_hold")
        _write(
            held.envelope,
            EntryKind.REFUND,
            name,
            actor=actor,
            item=item,
            hold=held,
            m2=amount,
            attempts=back,
            cents=money,
            price=AS_HELD,
            words=words,
        )


def give_back(item: OrderItem, *, actor: Actor, words: str) -> None:
    """Release or refund, whichever the line needs."""
    if is_committed(item):
        refund(item, actor=actor, words=words)
    else:
        release(item, actor=actor, words=words)


def is_committed(item: OrderItem) -> bool:
    """Tell whether the provider has acknowledged the line."""
    return LedgerEntry.objects.filter(order_item=item, kind=EntryKind.COMMIT).exists()


def purses_of(item: OrderItem) -> list[Envelope]:
    """Return the envelopes that hold the cost of a line, in the order in which they were taken."""
    return list(dict.fromkeys(held.envelope for held in _open_holds(item)))


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


def _holds(items: Iterable[OrderItem]) -> dict[int, list[Any]]:
    """All holds of each line in the order they were written; `released` tells whether they were given back."""
    given_back = LedgerEntry.objects.filter(hold=OuterRef("pk"), kind=EntryKind.RELEASE)
    rows = LedgerEntry.objects.filter(order_item__in=list(items), kind=EntryKind.HOLD).select_related("envelope")
    found: dict[int, list[Any]] = {}
    for row in rows.annotate(released=Exists(given_back)).order_by("pk"):
        found.setdefault(int(row.order_item_id or 0), []).append(row)
    return found


def _open_holds(item: OrderItem) -> list[LedgerEntry]:
    return [row for row in _holds([item]).get(item.pk, ()) if not row.released]


def _left_after(known: Mapping[int, Balance], entries: Iterable[LedgerEntry]) -> dict[int, Balance]:
    """The balances of the envelopes that were held from, as they are now."""
    left: dict[int, Balance] = {}
    for entry in entries:
        before = left.get(entry.envelope_id, known[entry.envelope_id])
        left[entry.envelope_id] = replace(
            before,
            held=before.held - entry.amount_m2,
            held_attempts=before.held_attempts - entry.attempts,
            held_cents=before.held_cents - entry.amount_cents,
        )
    return left


def _held(item: OrderItem) -> list[LedgerEntry]:
    holds = _open_holds(item)
    if holds:
        return holds
    if LedgerEntry.objects.filter(order_item=item, kind=EntryKind.RELEASE).exists():
        raise _released(item)
    raise IllegalTransition(_("Nothing is held for %(line)s.") % {"line": item})


def _released(item: OrderItem) -> IllegalTransition:
    return IllegalTransition(_("The hold of %(line)s has been released.") % {"line": item})


def _prices(holds: Sequence[LedgerEntry]) -> dict[int, int]:
    """What each hold comes to in cents with the differences since, in their order."""
    rows = LedgerEntry.objects.filter(hold__in=holds, kind=EntryKind.PRICE).order_by().values_list("hold")
    since = dict(rows.annotate(cents=Sum("amount_cents")))
    return {held.pk: -held.amount_cents - since.get(held.pk, 0) for held in holds}


def _changes(holds: Sequence[LedgerEntry], cents: int) -> list[tuple[LedgerEntry, int]]:
    """By how many cents each hold changes, where it does, for all of them to come to `cents`."""
    known = list(_prices(holds).values())
    parts = allot(cents, known if any(known) else [-held.amount_m2 for held in holds])
    return [(held, part - before) for held, part, before in zip(holds, parts, known, strict=True) if part != before]


def _refunded(holds: Sequence[LedgerEntry]) -> dict[int, tuple[int, int, int]]:
    rows = LedgerEntry.objects.filter(hold__in=holds, kind=EntryKind.REFUND).order_by().values_list("hold")
    sums = rows.annotate(m2=Sum("amount_m2"), tries=Sum("attempts"), cents=Sum("amount_cents"))
    return {pk: (m2, attempts, cents) for pk, m2, attempts, cents in sums}


def _portions(amounts: Sequence[int], part: Fraction) -> list[int]:
    """Cut `part` out of each amount in whole m2; together they are `part` of the sum, rounded down."""
    edges = [int(total * part) for total in accumulate(amounts, initial=0)]
    return [above - below for below, above in pairwise(edges)]


def _check_left(envelope: Envelope, available: int, required: int, unit: str) -> None:
    if required > max(available, 0):
        raise _exceeded([envelope], TooLarge(available, required, unit))


def _exceeded(purses: Sequence[Envelope], error: TooLarge) -> QuotaExceeded:
    names = ", ".join(str(envelope) for envelope in purses)
    ends = [envelope.period.upper for envelope in purses if envelope.period.upper]
    if not purses:
        message = _("No envelope of the current period covers this product for this organisation.")
    elif error.unit == "cents":
        message = _short_of_euros(names, len(purses), error)
    elif len(purses) == 1:
        message = _("The envelope “%(name)s” does not suffice for this order.") % {"name": names}
    else:
        message = _("These envelopes together do not suffice for this order: %(names)s.") % {"names": names}
    return QuotaExceeded(
        message,
        available=error.available,
        required=error.required,
        unit=error.unit,
        resets_at=min(ends).isoformat() if ends else None,
    )


def _short_of_euros(names: str, count: int, error: TooLarge) -> str:
    return ngettext(
        "The ceiling of the envelope %(names)s leaves %(left)s, and %(wanted)s are wanted: take less, or have two "
        "people of the office raise it.",
        "The ceilings of the envelopes %(names)s leave %(left)s, and %(wanted)s are wanted: take less, or have two "
        "people of the office raise one.",
        count,
    ) % {"names": names, "left": euros(max(error.available, 0)), "wanted": euros(error.required)}


def _write(envelope: Envelope, kind: EntryKind, key: str, **facts: Any) -> LedgerEntry:
    """Write an entry, or return the one that has the key already."""
    row = _entry(envelope, kind, key, **facts)
    columns = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields if field.name != "id"}
    entry, _created = LedgerEntry.objects.get_or_create(key=columns.pop("key"), defaults=columns)
    return entry


def _entry(
    envelope: Envelope,
    kind: EntryKind,
    key: str,
    *,
    actor: Actor,
    m2: int = 0,
    attempts: int = 0,
    cents: int = 0,
    price: Price,
    item: OrderItem | None = None,
    hold: LedgerEntry | None = None,
    words: str = "",
) -> LedgerEntry:
    return LedgerEntry(
        envelope=envelope,
        kind=kind,
        key=key,
        amount_m2=m2,
        attempts=attempts,
        amount_cents=cents,
        basis=price.basis,
        tariff_id=price.tariff_id,
        quote_id=price.quote_id,
        provider_order_id=price.provider_order_id,
        order_item=item,
        hold=hold,
        actor_label=actor.label,
        words=words,
        at=clock.now(),
    )
