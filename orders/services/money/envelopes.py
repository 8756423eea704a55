# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes: opening them, changing their budgets by two people, and their periods."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing.models import Project
from orders.enums import CarryRule, EntryKind, EnvelopeKind
from orders.models import Adjustment, Envelope, LedgerEntry, NationalProgramme
from orders.selectors.money.envelope import SUMS, balance
from orders.selectors.money.periods import next_period, period_label
from orders.sentences import PROPOSED_BY
from orders.services.money import ledger
from orders.services.money.alerts import warn_when_low

_SUMS = ", ".join(SUMS)
# One statement: whoever reads sees the differences or their sum, never both. Of two that run at once the second one
# sums up what the first one left.
SUM_UP = f"""
    WITH many AS (SELECT envelope_id FROM orders_envelopetally GROUP BY envelope_id HAVING count(*) > 50),
    gone AS (DELETE FROM orders_envelopetally t USING many WHERE t.envelope_id = many.envelope_id
             RETURNING t.envelope_id, {_SUMS})
    INSERT INTO orders_envelopetally (envelope_id, {_SUMS})
    SELECT envelope_id, {", ".join(f"sum({name})" for name in SUMS)} FROM gone GROUP BY envelope_id
"""  # noqa: S608  (constants only)


@transaction.atomic
def open_envelope(
    *,
    actor: Any,
    name: str,
    family: str,
    kind: str,
    starts: datetime,
    last_day: date,
    owner: Organisation | None = None,
    programme: str = "",
    counts_attempts: bool = False,
    counts_euros: bool = False,
    renews: bool = False,
    carry: str = CarryRule.NONE,
    carry_percent: int | None = None,
) -> Envelope:
    """Open an empty envelope from `starts` (aware) to the end of `last_day` in Paris; `programme` is a name.

    Raises NotPermitted, Invalid: an owner or a programme that is missing or does not belong, a period that ends before
    it begins, a share of nothing.
    """
    refuse_keys()
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office opens envelopes."))
    _check_owner(kind, owner, programme.strip())
    period = _period(starts, last_day)
    if carry == CarryRule.SHARE and not carry_percent:
        raise Invalid(_("Say which share is carried over."), pointer="carry_percent", repair=_("Between 1 and 99."))
    percent = {CarryRule.NONE: 0, CarryRule.ALL: 100}.get(CarryRule(carry), carry_percent or 0)
    envelope = Envelope.objects.create(
        name=name.strip(),
        family=family,
        kind=kind,
        owner=owner,
        programme=_programme(programme.strip()),
        period=period,
        counts_attempts=counts_attempts,
        counts_euros=counts_euros,
        renews=renews,
        carry=carry,
        carry_percent=percent,
        created_at=clock.now(),
    )
    envelope.refresh_from_db(fields=["period"])
    return envelope


def _period(starts: datetime, last_day: date) -> DateTimeTZRange:
    ends = datetime.combine(last_day + timedelta(days=1), time(), tzinfo=clock.PARIS)
    if ends <= starts:
        raise Invalid(
            _("The period ends before it begins."), pointer="ends", repair=_("Choose a last day after the first one.")
        )
    return DateTimeTZRange(starts, ends)


@transaction.atomic
def set_projects(*, programme: NationalProgramme, projects: Iterable[Project], actor: Any) -> None:
    """Say whose projects draw on the envelopes of a programme. Raises NotPermitted."""
    refuse_keys()
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office says who draws on a programme."))
    programme.projects.set(projects)


@transaction.atomic
def propose_adjustment(
    *,
    envelope: Envelope,
    actor: Any,
    words: str,
    amount_m2: int = 0,
    attempts: int = 0,
    amount_cents: int = 0,
    recurs: bool = False,
) -> Adjustment:
    """Propose to add to a budget, or to take from it; nothing moves before somebody else confirms. The first euros of
    an envelope without a ceiling are its ceiling.

    Raises NotPermitted, Invalid: no reason, nothing changed, attempts of an envelope that does not count them.
    """
    refuse_keys()
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office changes budgets."))
    if not words.strip():
        raise Invalid(_("Give a reason."), pointer="words", repair=_("Write one sentence the other side can read."))
    if not (amount_m2 or attempts or amount_cents):
        raise Invalid(_("Nothing would change."), pointer="amount", repair=_("Give an area in km², attempts or euros."))
    if attempts and not envelope.counts_attempts:
        raise Invalid(_("This envelope counts no attempts."), pointer="attempts", repair=_("Leave the attempts empty."))
    row = Adjustment.objects.create(
        envelope=envelope,
        amount_m2=amount_m2,
        attempts=attempts,
        amount_cents=amount_cents,
        recurs=recurs,
        words=words.strip(),
        proposed_by=actor,
        proposed_at=clock.now(),
    )
    record_creation(row, actor=Actor.person(actor), words=row.words)
    return row


@transaction.atomic
def confirm_adjustment(*, adjustment: Adjustment, actor: Any, expected_version: int | None = None) -> Adjustment:
    """Carry out what somebody else proposed: the ledger gets its entry, with both names.

    Raises QuotaExceeded when more is taken than is left (nothing changes), NotPermitted (the proposer, a member of the
    organisation whose envelope it is), IllegalTransition, StaleVersion, Busy.
    """
    moved = _decide(adjustment, "confirm", actor, Reason("confirmed"), expected_version)
    # The row stays open to entries that name it: an approval that holds from it waits for nobody here.
    envelope = Envelope.objects.select_for_update(no_key=True).get(pk=moved.envelope_id)
    ledger.adjust(
        envelope=envelope,
        amount_m2=moved.amount_m2,
        attempts=moved.attempts,
        amount_cents=moved.amount_cents,
        key=str(moved.pk),
        actor=Actor.person(actor),
        words=PROPOSED_BY.keep(words=moved.words, name=str(moved.proposed_by)),
    )
    if moved.amount_cents and not envelope.counts_euros:
        envelope.counts_euros = True
        envelope.save(update_fields=["counts_euros"])
    if moved.recurs:
        envelope.renew_cents = max(0, envelope.renew_cents + moved.amount_cents)
        envelope.renew_m2 = max(0, envelope.renew_m2 + moved.amount_m2)
        envelope.renew_attempts = max(0, envelope.renew_attempts + moved.attempts)
        envelope.save(update_fields=["renew_m2", "renew_attempts", "renew_cents"])
    warn_when_low(envelope, balance(envelope))
    return moved


@transaction.atomic
def refuse_adjustment(
    *, adjustment: Adjustment, actor: Any, words: str, expected_version: int | None = None
) -> Adjustment:
    """Leave a budget as it is, with the reason. Raises Invalid without words, NotPermitted, IllegalTransition,
    StaleVersion."""
    reason = Reason("refused", words) if words.strip() else Reason()
    return _decide(adjustment, "refuse", actor, reason, expected_version)


@transaction.atomic
def withdraw_adjustment(*, adjustment: Adjustment, actor: Any, expected_version: int | None = None) -> Adjustment:
    """Take one's own proposal back. Raises NotPermitted, IllegalTransition, StaleVersion."""
    return apply_transition(lock(adjustment), "withdraw", actor=Actor.person(actor), expected_version=expected_version)


def open_periods(*, at: datetime) -> int:
    """Open the next period of each envelope that renews and ends within ENVELOPE_OPENS_DAYS; returns how many.

    The next one has the same owner, rules and renewed budget. An envelope has one next (a unique column), so that two
    workers open one.
    """
    soon = at + timedelta(days=settings.DINAMIS["ENVELOPE_OPENS_DAYS"])
    due = Envelope.objects.filter(renews=True, next__isnull=True, period__endswith__lte=soon)
    return sum(_open_next(envelope) for envelope in due)


def carry_over(*, at: datetime) -> int:
    """Move what is left of the periods that ended to those that follow, by the rule of each; returns how many moved.

    Called again it moves the same share of what was given back meanwhile, and nothing twice.
    """
    ended = Envelope.objects.filter(next__isnull=False, period__endswith__lte=at).exclude(carry=CarryRule.NONE)
    return sum(_carry(envelope) for envelope in ended.select_related("next"))


def sum_up() -> int:
    """Replace the differences of envelopes that have many by their sums; returns how many envelopes."""
    with connection.cursor() as cursor:
        cursor.execute(SUM_UP)
        return int(cursor.rowcount)


def _check_owner(kind: str, owner: Organisation | None, programme: str) -> None:
    of_organisation = kind in {EnvelopeKind.ORGANISATION, EnvelopeKind.PREFINANCED}
    if of_organisation != (owner is not None):
        text = _("Name the organisation.") if of_organisation else _("This envelope is no organisation’s.")
        raise Invalid(text, pointer="owner", repair=_("An organisation goes with its envelope or volume, only."))
    if (kind == EnvelopeKind.PROGRAMME) != bool(programme):
        text = _("Name the programme.") if not programme else _("This envelope is no programme’s.")
        raise Invalid(text, pointer="programme", repair=_("A programme goes with its envelope, only."))


def _programme(name: str) -> NationalProgramme | None:
    return NationalProgramme.objects.get_or_create(name=name)[0] if name else None


def _decide(adjustment: Adjustment, name: str, actor: Any, reason: Reason, version: int | None) -> Adjustment:
    return apply_transition(
        lock(adjustment),
        name,
        actor=Actor.person(actor),
        reason=reason,
        expected_version=version,
        decided_by=actor,
        decided_at=clock.now(),
    )


@transaction.atomic
def _open_next(envelope: Envelope) -> bool:
    period = next_period(envelope.family, envelope.period.upper)
    following, new = Envelope.objects.get_or_create(
        previous=envelope,
        defaults={
            "name": _renamed(envelope, period),
            "period": DateTimeTZRange(*period),
            "created_at": clock.now(),
            **{
                name: getattr(envelope, name)
                for name in (
                    "family", "kind", "owner", "programme", "counts_attempts", "counts_euros", "carry", "carry_percent",
                    "renews", "renew_m2", "renew_attempts", "renew_cents",
                )
            },
        },
    )  # fmt: skip
    if new and (envelope.renew_m2 or envelope.renew_attempts or envelope.renew_cents):
        ledger.grant(
            envelope=following,
            amount_m2=envelope.renew_m2,
            attempts=envelope.renew_attempts,
            amount_cents=envelope.renew_cents,
            actor=SYSTEM,
            key=f"period:{following.pk}",
        )
    return new


def _renamed(envelope: Envelope, period: tuple[datetime, datetime]) -> str:
    """The name with the label of the new period in place of the old one, where the name holds it."""
    old, new = (period_label(envelope.family, start) for start in (envelope.period.lower, period[0]))
    return envelope.name.replace(old, new)


@transaction.atomic
def _carry(ended: Envelope) -> bool:
    ledger.lock_envelopes([ended.pk])
    left = balance(ended)
    before = LedgerEntry.objects.filter(envelope=ended, kind=EntryKind.CARRY, key__startswith=f"carry:{ended.pk}:")
    available = (left.available, left.available_attempts, left.available_cents if ended.counts_euros else 0)
    gone = [
        -sum(amounts) for amounts in zip(*before.values_list("amount_m2", "attempts", "amount_cents"), strict=True)
    ] or [0] * 3
    m2, attempts, cents = (
        max(0, (rest + moved) * ended.carry_percent // 100 - moved) for rest, moved in zip(available, gone, strict=True)
    )
    if not (m2 or attempts or cents):
        return False
    ledger.carry(
        ended=ended,
        following=ended.next,
        amount_m2=m2,
        attempts=attempts,
        amount_cents=cents,
        actor=SYSTEM,
        key=str(before.count() + 1),
    )
    return True
