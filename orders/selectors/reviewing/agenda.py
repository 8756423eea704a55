# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an agenda and the minutes say: names, numbers and codes, which each reader's language turns into words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from orders.enums import AgendaOutcome, Attendance, EntryKind, LineVerdict, OrderState, ReviewStage, ReviewState
from orders.models import AgendaRow, CommitteeSession, LedgerEntry, Order, Recusal, Review
from orders.selectors.reviewing.stages import open_review

GONE = frozenset({OrderState.DRAFT, OrderState.CANCELLED, OrderState.EXPIRED, OrderState.FAILED})
GRANTED = frozenset({AgendaOutcome.GRANTED, AgendaOutcome.IN_PART})
Facts = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """A row of the agenda as it stands now: its facts, and whether it waits for a decision."""

    row: AgendaRow
    facts: Facts

    @property
    def waits(self) -> bool:
        """Whether it can be decided in the session."""
        return not self.facts["outcome"]


def waiting_for_committee() -> QuerySet[Order]:
    """Return the orders at the stage of the committee that are on no agenda, those due soonest first."""
    here = Order.objects.filter(reviews__state=ReviewState.OPEN, reviews__stage=ReviewStage.COMMITTEE)
    free = here.exclude(agenda_rows__in=AgendaRow.objects.filter(outcome=""))
    return free.select_related("organisation").defer("aoi").order_by("reviews__due_at", "pk")


def rows_of(session: CommitteeSession) -> QuerySet[AgendaRow]:
    """Return the rows of an agenda in order, with all that is said of them."""
    said = Review.objects.select_related("decided_by").order_by("opened_at", "pk")
    related = ("order__organisation", "order__requester", "decided_by", "decided_for", "review__decided_by")
    return (
        session.rows.select_related(*related)
        .prefetch_related(
            "order__items__scene",
            Prefetch("order__reviews", queryset=said.filter(state=ReviewState.DECIDED), to_attr="said_reviews"),
            Prefetch("order__reviews", queryset=said.filter(state=ReviewState.OPEN), to_attr="open_reviews"),
            Prefetch("order__recusals", queryset=Recusal.objects.select_related("person", "noted_by")),
            "review__lines__item__scene",
        )
        .order_by("position")
    )


def standing_of(row: AgendaRow) -> str:
    """Return the outcome of a row; of one without, where its order has gone meanwhile ("" = waits)."""
    if row.outcome:
        return str(row.outcome)
    if row.order.state in GONE:
        return AgendaOutcome.WITHDRAWN.value
    stage = open_review(row.order)
    return "" if stage is not None and stage.stage == ReviewStage.COMMITTEE else AgendaOutcome.ELSEWHERE.value


def agenda_of(session: CommitteeSession) -> list[Seen]:
    """Return the agenda as it stands; a constant number of queries."""
    seats = {pk for member in session.members.all() for pk in (member.person_id, member.stand_in_id) if pk}
    return [Seen(row, _row_facts(row, seats)) for row in rows_of(session)]


def facts_of(session: CommitteeSession) -> Facts:
    """Return everything that the agenda and the minutes say, as JSON has it (m2, cents, ISO times, codes)."""
    members = list(session.members.select_related("person", "stand_in"))
    rows = [seen.facts for seen in agenda_of(session)]
    return {
        "reference": session.reference,
        "starts_at": session.starts_at.isoformat(),
        "place": session.place,
        "link": session.link,
        "convened_by": str(session.convened_by),
        "members": [
            {
                "name": str(member.person),
                "attendance": member.attendance,
                "stand_in": str(member.stand_in) if member.stand_in else "",
            }
            for member in members
        ],
        "rows": rows,
        "purses": _purses([row["order"] for row in rows if row["outcome"] in GRANTED]),
        "total": {name: sum(row[name] for row in rows) for name in ("asked_m2", "billed_m2", "cents")},
    }


def for_reader(facts: Facts, reader: Any) -> Facts:
    """Return the facts without the orders in which a member has an interest; the office reads all."""
    if reader.has_perm("orders.moderate"):
        return facts | {"hidden": 0}
    hidden = _concerned(reader, [row["order"] for row in facts["rows"]])
    rows = [row for row in facts["rows"] if row["order"] not in hidden]
    purses = facts["purses"] if not hidden else []
    return facts | {"rows": rows, "purses": purses, "hidden": len(facts["rows"]) - len(rows)}


def is_there(attendance: str) -> bool:
    """Tell whether somebody sits and may vote: the member, or their delegate."""
    return attendance in {Attendance.PRESENT, Attendance.REPRESENTED}


def _concerned(reader: Any, orders: Iterable[int]) -> set[int]:
    mine = reader.memberships.exclude(state="ended").values("organisation")
    interest = Q(requester=reader) | Q(organisation__in=mine) | Q(recusals__person=reader)
    return set(Order.objects.filter(interest, pk__in=list(orders)).values_list("pk", flat=True))


def _row_facts(row: AgendaRow, seats: set[int]) -> Facts:
    order: Any = row.order
    items = list(order.items.all())
    return {
        "order": order.pk,
        "position": row.position,
        "late": row.late,
        "reference": order.reference,
        "title": order.title,
        "organisation": order.organisation.name,
        "family": order.family,
        "kind": order.kind,
        "asked_m2": sum(item.asked_area_m2 or item.area_m2 for item in items),
        "billed_m2": sum(item.billed_area_m2 for item in items),
        "cents": sum(item.price_cents or 0 for item in items),
        "opinions": [_opinion(one) for one in order.said_reviews if one.stage != ReviewStage.COMMITTEE],
        "recused": [
            {"name": str(one.person), "code": one.reason_code, "noted_by": str(one.noted_by) if one.noted_by else ""}
            for one in order.recusals.all()
            if one.person_id in seats
        ],
        "outcome": standing_of(row),
        **_decision_facts(row),
    }


def _opinion(review: Review) -> Facts:
    return {"stage": review.stage, "verdict": review.verdict, "words": review.words}


def _decision_facts(row: AgendaRow) -> Facts:
    source: Any = row.review or row
    lines = row.review.lines.all() if row.review else []
    voted = row.votes_for is not None
    return {
        "reason_code": source.reason_code,
        "words": source.words,
        "decided_by": str(row.decided_by) if row.decided_by else "",
        "decided_for": str(row.decided_for) if row.decided_for else "",
        "decided_at": row.decided_at.isoformat() if row.decided_at else "",
        "votes": [row.votes_for, row.votes_against, row.abstentions] if voted else [],
        "grants": [
            {
                "line": line.item.kept_label,
                "position": line.item.position,
                "verdict": line.verdict,
                "m2": _granted_m2(line),
                "code": line.reason_code,
            }
            for line in lines
            if line.item
        ],
    }


def _granted_m2(line: Any) -> int:
    if line.verdict == LineVerdict.REFUSED:
        return 0
    return int(line.area_m2 or line.item.area_m2)


def _purses(orders: list[int]) -> list[Mapping[str, Any]]:
    """What each purse holds for the orders that were granted, in m2, and for how many of them."""
    held = LedgerEntry.objects.filter(kind=EntryKind.HOLD, order_item__order__in=orders)
    sums: dict[str, int] = defaultdict(int)
    served: dict[str, set[int]] = defaultdict(set)
    named = held.values_list("envelope__name", "order_item__order").annotate(sum=Sum("amount_m2"))
    for name, order, taken in named.order_by("envelope__name", "order_item__order"):
        sums[name] -= taken
        served[name].add(order)
    return [{"name": name, "m2": m2, "orders": len(served[name])} for name, m2 in sums.items()]
