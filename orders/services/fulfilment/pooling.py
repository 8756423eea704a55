# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groupings of acquisition requests: proposed, answered by each party, placed as one, or dissolved.

Locks, everywhere in this order: the orders by their ids, then the grouping, then the envelopes. Nothing of a request
changes before its grouping is placed: its place in the queue, its cost and what its envelope holds are those it has
alone, so dissolving a grouping takes nothing from anybody. A line is in one living grouping at most; the database
sees to it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dinamis.core import clock, geo, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, QuotaExceeded, StaleVersion
from dinamis.core.sentences import several
from dinamis.core.transitions import apply_transition, lock, lock_rows, record_creation
from orders import notifications
from orders.domain.pool_rules import Ask, Limits, Together, groups, together
from orders.enums import ItemState, Leaving, OrderKind, PoolAnswer, PoolState, SplitRule
from orders.models import Order, OrderItem, Pool, PoolMember, ProviderOrder
from orders.rules import speaks_for
from orders.selectors.fulfilment.pools import LIVING, kept_apart, limits, open_asks, parties_told
from orders.selectors.money.envelope import envelopes_for
from orders.selectors.requests.rights import missing_for
from orders.sentences import BOUGHT_TOGETHER, LEFT
from orders.services.money import ledger

PER_MESSAGE = 50
OVER = (ItemState.DELIVERED, ItemState.CANCELLED, ItemState.EXPIRED, ItemState.FAILED)


def announce(order: Order) -> None:
    """Queue a look at the neighbours of an acquisition request that was submitted, changed, decided or ended."""
    if order.kind != OrderKind.ACQUISITION:
        return
    outbox.put("orders.look_around", {"order_id": order.pk})


def look_around(order_id: int) -> list[Pool]:
    """Settle the groupings a request is in, and propose those its lines make with their neighbours."""
    at = clock.now()
    members = PoolMember.objects.filter(line__order=order_id, left_at__isnull=True, pool__state__in=LIVING)
    for pool_id in set(members.values_list("pool_id", flat=True)):
        settle(pool_id, at=at)
    made, rules = [], limits()
    for line in open_asks(at=at, order=order_id):
        neighbours = open_asks(at=at, near=line.area)
        found = groups(neighbours, rules, apart=kept_apart(ask.line for ask in neighbours))
        of_line = [[ask.line for ask in group] for group in found]
        made += [propose(lines, rules=rules) for lines in of_line if line.line in lines]
    return [pool for pool in made if pool]


def find_all(*, at: datetime) -> list[tuple[Ask, ...]]:
    """Return the requests of every grouping worth proposing among the open ones."""
    asks = open_asks(at=at)
    return groups(asks, limits(), apart=kept_apart(ask.line for ask in asks))


def queue_all(*, at: datetime) -> int:
    """Queue the proposal of every grouping there may be, some in each message; returns how many groupings.

    The hour is part of the key, so two rounds at once write one message.
    """
    lines = [sorted(ask.line for ask in group) for group in find_all(at=at)]
    for first in range(0, len(lines), PER_MESSAGE):
        key = f"orders.propose_pools:{at:%Y-%m-%dT%H}:{first}"
        outbox.put("orders.propose_pools", {"groups": lines[first : first + PER_MESSAGE]}, key=key)
    return len(lines)


@transaction.atomic
def propose(lines: Sequence[int], *, rule: SplitRule | None = None, rules: Limits | None = None) -> Pool | None:
    """Propose to buy lines (ids) as one and tell the parties; None when they cannot be, or not any more.

    `rules` are the `limits()` of the same moment, for who has them.
    """
    locked = _lock_lines(OrderItem.objects.filter(pk__in=list(lines)).only("pk"))
    asks = open_asks(at=clock.now(), lines=lines)
    merged = together(asks, rules or limits(), rule=rule) if len(asks) == len(locked) else []
    return _write(merged, SYSTEM) if isinstance(merged, Together) else None


@transaction.atomic
def propose_by_office(*, lines: Sequence[int], actor: Any, rule: SplitRule | None = None) -> Pool:
    """Propose a grouping the office thinks of. Raises NotPermitted (a request of the own organisation), Invalid with
    every reason why they cannot be bought as one, IllegalTransition when one is in a grouping already."""
    items = _lock_lines(OrderItem.objects.filter(pk__in=list(lines)).select_related("order"))
    if not items or any(not actor.has_perm("orders.propose_pool", item) for item in items):
        raise NotPermitted(_("You may not propose a grouping of these requests."))
    asks = open_asks(at=clock.now(), lines=lines)
    if len(asks) < len(set(lines)):
        raise IllegalTransition(_("One of these requests is not an open acquisition request any more."))
    merged = together(asks, limits(), rule=rule)
    if not isinstance(merged, Together):
        words = " ".join(clash.words for clash in merged)
        raise Invalid(words, pointer="orders", repair=_("Choose requests that fit together."), code=merged[0].code)
    pool = _write(merged, Actor.person(actor))
    if pool is None:
        raise IllegalTransition(_("One of these requests is in a grouping already."), code="in_a_grouping")
    return pool


@transaction.atomic
def accept(*, pool: Pool, line: int, actor: Any, sponsor: bool = False, expected_version: int | None = None) -> Pool:
    """Accept for the request of `line`; the last party that does makes the grouping agreed.

    With `sponsor` its organisation pays all: the shares of the others become zero. Raises NotPermitted,
    IllegalTransition (over, already answered, a sponsor there is), StaleVersion.
    """
    row = _locked(pool)
    members = list(row.living())
    member = _member(members, line, actor)
    _check_version(row, expected_version)
    if row.state != PoolState.PROPOSED or member.answer:
        raise IllegalTransition(_("This grouping does not wait for your answer any more."), state=row.state)
    if sponsor:
        _sponsor(row, members, member)
    _answer(member, PoolAnswer.ACCEPTED, actor)
    if all(one.answer == PoolAnswer.ACCEPTED for one in members):
        until = clock.now() + timedelta(days=settings.DINAMIS["POOL_APPROVAL_DAYS"])
        row = apply_transition(row, "agree", actor=Actor.person(actor), deadline=min(until, row.period.upper))
        notifications.pool_agreed(row, members)
        queue_if_ready(row, members)
    return row


@transaction.atomic
def decline(*, pool: Pool, line: int, actor: Any, words: str = "", expected_version: int | None = None) -> Pool:
    """Decline for the request of `line`, or leave after having accepted: the grouping is dissolved, and proposed anew
    without it where that is still worth it. Raises NotPermitted, IllegalTransition once it is placed, StaleVersion."""
    row = _locked(pool)
    members = list(row.living())
    member = _member(members, line, actor)
    _check_version(row, expected_version)
    row = apply_transition(row, "decline", actor=Actor.person(actor), reason=Reason(Leaving.DECLINED, words))
    _answer(member, PoolAnswer.DECLINED, actor, words)
    _disband(row, members, {member.pk: Leaving.DECLINED})
    return row


@transaction.atomic
def dissolve(*, pool: Pool, actor: Any, words: str, expected_version: int | None = None) -> Pool:
    """End a grouping from the office, with the words the parties read. Raises NotPermitted, IllegalTransition,
    StaleVersion, Invalid without words."""
    row = _locked(pool)
    members = list(row.living())
    why = Reason(Leaving.OFFICE, words) if words.strip() else None
    row = apply_transition(row, "dissolve", actor=Actor.person(actor), reason=why, expected_version=expected_version)
    _disband(row, members, dict.fromkeys((member.pk for member in members), Leaving.OFFICE), words)
    return row


@transaction.atomic
def settle(pool_id: int, *, at: datetime) -> Pool:
    """Look at a grouping: who changed or ended its request, who did not answer in time, whether all is delivered."""
    row = _locked(Pool.objects.get(pk=pool_id))
    members = list(row.living())
    if row.state == PoolState.PLACED and all(member.line.state in OVER for member in members):
        return apply_transition(row, "close", actor=SYSTEM)
    if row.state not in LIVING:
        return row
    if leaving := _leaving(row, members, at):
        return _break_up(row, members, leaving)
    queue_if_ready(row, members)
    return row


@transaction.atomic
def place(pool: Pool) -> ProviderOrder | None:
    """Write the one provider order of an agreed grouping once all its lines are approved; each line takes its share.

    Called again it returns the same row; None while the grouping waits, or when it had to be dissolved: a party has
    lost the right, changed its request, or its envelope does not suffice for what it took over.
    """
    row = _locked(pool)
    members = list(row.living())
    if row.provider_order:
        return _order_again(row, [member.line for member in members])
    if row.state != PoolState.AGREED or not _all_approved(members):
        return None
    leaving = _leaving(row, members, clock.now()) or _without_right(members)
    if leaving:
        _break_up(row, members, leaving)
        return None
    try:
        with transaction.atomic():
            return _buy(row, members)
    except QuotaExceeded:
        _break_up(row, members, {member.pk: Leaving.PURSE_SHORT for member in members if member.sponsor})
        return None


def queue_if_ready(pool: Pool, members: Sequence[PoolMember]) -> None:
    """Queue the placing of an agreed grouping whose lines are all approved; twice = once."""
    if pool.state == PoolState.AGREED and _all_approved(members):
        _queue_placing(members[0].line, pool.reference)


def watch(*, at: datetime) -> int:
    """Settle every grouping that is not over; returns how many were looked at."""
    alive = Pool.objects.exclude(state__in=Pool.machine.final).values_list("pk", flat=True)
    for pool_id in alive:
        settle(pool_id, at=at)
    return len(alive)


def _lock_lines(lines: QuerySet[OrderItem]) -> list[OrderItem]:
    """Lock lines, with their orders locked first."""
    _lock_orders(lines)
    return lock_rows(lines.order_by("pk"))


def _lock_orders(lines: QuerySet[OrderItem]) -> None:
    lock_rows(Order.objects.filter(pk__in=lines.order_by().values("order")).order_by("pk").only("pk"))


def _locked(pool: Pool) -> Pool:
    """The grouping, with its orders locked first."""
    _lock_orders(OrderItem.objects.filter(pool_members__pool=pool.pk))
    return lock(pool)


def _write(merged: Together, actor: Actor) -> Pool | None:
    """Write a proposal and tell the parties; None when a line has found another grouping meanwhile."""
    try:
        with transaction.atomic():
            pool = _rows(merged, actor)
    except IntegrityError:
        return None
    record_creation(pool, actor=actor)
    notifications.pool_proposed(pool, list(parties_told(pool)))
    return pool


def _rows(merged: Together, actor: Actor) -> Pool:
    days = timedelta(days=settings.DINAMIS["POOL_ANSWER_DAYS"])
    pool = Pool.objects.create(
        reference=_next_reference(),
        family=merged.asks[0].family,
        collection_id=merged.asks[0].collection,
        aoi=geo.to_multipolygon(merged.area),
        period=DateTimeTZRange(*merged.window),
        terms=merged.terms.as_json(),
        area_m2=merged.area_m2,
        billed_m2=merged.billed_m2,
        price_cents=merged.cents,
        rule=merged.rule,
        deadline=min(clock.now() + days, merged.window[1]),
        proposed_by=actor.user,
    )
    PoolMember.objects.bulk_create(
        PoolMember(
            pool=pool,
            line_id=ask.line,
            own_m2=share.own_m2,
            shared_m2=share.shared_m2,
            share_m2=share.m2,
            share_cents=share.cents,
            alone_m2=ask.billed_m2,
            alone_cents=ask.cents or 0,
            fingerprint=ask.fingerprint,
        )
        for ask, share in zip(merged.asks, merged.shares, strict=True)
    )
    return pool


def _member(members: Sequence[PoolMember], line: int, actor: Any) -> PoolMember:
    member = next((one for one in members if one.line_id == line), None)
    if member is None:
        raise IllegalTransition(_("This request is not in the grouping any more."))
    if not speaks_for(actor, member.line.order):
        raise NotPermitted(_("Only the requester or a référent of the organisation answers for a request."))
    return member


def _check_version(pool: Pool, expected: int | None) -> None:
    if expected is not None and expected != pool.version:
        raise StaleVersion(_("This page is out of date: somebody acted since you opened it. Read it again."))


def _answer(member: PoolMember, answer: PoolAnswer, actor: Any, words: str = "") -> None:
    member.answer, member.answered_by, member.answered_at = answer, actor, clock.now()
    member.words = words.strip()
    member.save(update_fields=["answer", "answered_by", "answered_at", "words"])


def _sponsor(pool: Pool, members: Sequence[PoolMember], sponsor: PoolMember) -> None:
    if pool.rule == SplitRule.SPONSOR:
        raise IllegalTransition(_("Another party has already offered to pay for all."))
    pool.rule = SplitRule.SPONSOR
    pool.version += 1
    pool.save(update_fields=["rule", "version"])
    for member in members:
        member.sponsor = member.pk == sponsor.pk
        member.share_m2 = pool.billed_m2 if member.sponsor else 0
        member.share_cents = pool.price_cents if member.sponsor else 0
        member.save(update_fields=["sponsor", "share_m2", "share_cents"])


def _all_approved(members: Sequence[PoolMember]) -> bool:
    return all(member.line.state == ItemState.APPROVED for member in members)


def _leaving(pool: Pool, members: Sequence[PoolMember], at: datetime) -> dict[int, Leaving]:
    """Who is in the grouping no longer, and why; empty = it stands."""
    asks = {ask.line: ask for ask in open_asks(at=at, lines=[member.line_id for member in members])}
    why = {member.pk: _why_leaving(pool, member, asks.get(member.line_id), at) for member in members}
    return {pk: code for pk, code in why.items() if code}


def _why_leaving(pool: Pool, member: PoolMember, ask: Ask | None, at: datetime) -> Leaving | None:
    if ask is None:
        return Leaving.ENDED
    if ask.fingerprint != member.fingerprint:
        return Leaving.CHANGED
    if at < pool.deadline:
        return None
    if pool.state == PoolState.PROPOSED:
        return None if member.answer else Leaving.SILENT
    return None if member.line.state == ItemState.APPROVED else Leaving.UNDECIDED


def _without_right(members: Sequence[PoolMember]) -> dict[int, Leaving]:
    """Each organisation has its own right: who has lost it meanwhile does not buy with the others."""
    at = clock.now()
    return {member.pk: Leaving.RIGHT_LOST for member in members if missing_for(member.line.order, at=at)}


def _break_up(pool: Pool, members: Sequence[PoolMember], leaving: Mapping[int, Leaving]) -> Pool:
    """Dissolve a grouping because of those who leave, each named with the reason."""
    told = [
        LEFT.keep(organisation=str(member.line.order.organisation), why=leaving[member.pk])
        for member in members
        if member.pk in leaving
    ]
    code = next(iter(leaving.values()), Leaving.DISSOLVED)
    row = apply_transition(pool, "dissolve", actor=SYSTEM, reason=Reason(code, several(*told)))
    _disband(row, members, leaving)
    return row


def _disband(pool: Pool, members: Sequence[PoolMember], leaving: Mapping[int, Leaving], words: str = "") -> None:
    """Let everybody go: each is told why, what is approved is placed alone, the others are proposed anew."""
    at = clock.now()
    for member in members:
        member.left_at, member.left_code = at, leaving.get(member.pk, Leaving.DISSOLVED)
        member.save(update_fields=["left_at", "left_code"])
    rest = [member for member in members if member.pk not in leaving]
    again = propose([member.line_id for member in rest]) if len(rest) > 1 else None
    notifications.pool_dissolved(pool, members, again, words)
    for member in members:
        if member.line.state == ItemState.APPROVED:
            _queue_placing(member.line, pool.reference)


def _queue_placing(line: OrderItem, bucket: str) -> None:
    outbox.put("orders.place", {"item_id": line.pk}, key=f"orders.place:{line.pk}:{bucket}")


def _buy(pool: Pool, members: Sequence[PoolMember]) -> ProviderOrder:
    row = _provider_order(pool, pool.reference)
    for member in members:
        line = member.line
        line.provider_order = row
        line.billed_area_m2, line.price_cents = member.share_m2, member.share_cents
        line.save(update_fields=["provider_order", "billed_area_m2", "price_cents"])
    _hold_shares(pool, members)
    apply_transition(pool, "place", actor=SYSTEM, provider_order=row)
    return row


def _order_again(pool: Pool, lines: Sequence[OrderItem]) -> ProviderOrder | None:
    """Return the provider order; a new one for lines whose delivery was withdrawn, at no further cost."""
    again = [line for line in lines if line.provider_order_id is None and line.state == ItemState.APPROVED]
    if again:
        count = ProviderOrder.objects.filter(reference__startswith=f"{pool.reference}-").count()
        row = _provider_order(pool, f"{pool.reference}-{count + 2}")
        OrderItem.objects.filter(pk__in=[line.pk for line in again]).update(provider_order=row)
        pool.provider_order = row
        pool.save(update_fields=["provider_order"])
    return pool.provider_order


def _provider_order(pool: Pool, reference: str) -> ProviderOrder:
    row = ProviderOrder.objects.create(aoi=pool.aoi, provider=settings.DEFAULT_PROVIDER, reference=reference)
    record_creation(row, actor=SYSTEM)
    return row


def _hold_shares(pool: Pool, members: Sequence[PoolMember]) -> None:
    """Let each envelope hold its share in place of what the request would have cost alone. Raises QuotaExceeded when
    what a sponsor may use does not suffice for all."""
    purses = {member.line_id: ledger.purses_of(member.line) for member in members}
    for member in members:
        if member.sponsor:
            order = member.line.order
            usable = envelopes_for(
                family=order.family,
                organisation_id=order.organisation_id,
                project_id=order.project_id,
                at=clock.now(),
            )
            purses[member.line_id] = list(dict.fromkeys([*purses[member.line_id], *usable]))
    ledger.lock_envelopes(envelope.pk for named in purses.values() for envelope in named)
    words = BOUGHT_TOGETHER.keep(pool=pool.reference)
    for member in members:
        ledger.release(member.line, actor=SYSTEM, words=words)
    for member in members:
        ledger.hold(purses=purses[member.line_id], items=[member.line], actor=SYSTEM)


def _next_reference() -> str:
    """The next "G-2026-0007": year of Paris, then a number of at least four digits that never comes back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('orders_pool_reference_seq')")
        (number,) = cursor.fetchone()
    return f"G-{clock.today().year}-{number:04d}"
