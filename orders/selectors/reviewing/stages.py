# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which stages an order goes through, where it stands, who acts next and until when (docs/adr/0034)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Prefetch, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.enums import AdhesionState
from licensing.models import Adhesion
from orders.enums import LineVerdict, ReviewStage, ReviewState
from orders.models import LineDecision, Order, Review
from orders.selectors.money.costs import M2_PER_KM2

ORDERED = list(ReviewStage)
OPINIONS = (ReviewStage.CNES, ReviewStage.AIRBUS)


@dataclass(frozen=True)
class StageFacts:
    """What the stages depend on: the class of the organisation ("" = not known), the family, the billed area in m2."""

    eligibility_class: str
    family: str
    billed_m2: int


@dataclass(frozen=True)
class Step:
    """A stage of one order: `state` is done, now or next; `review` is its row once it was opened."""

    stage: ReviewStage
    state: str
    review: Review | None = None

    @property
    def label(self) -> str:
        """The words of the stage."""
        return str(self.stage.label)


def stages_needed(facts: StageFacts) -> tuple[ReviewStage, ...]:
    """Return the stages an order of these facts goes through, in order.

    The setting ORDER_STAGES names for a class and a family ("" = any) from how many billed km2 on a stage is needed.
    The secretariat always looks first; after an opinion the office has the final word. A class that is not known needs
    every stage: unknown evidence is not positive evidence.
    """
    needed = {
        ReviewStage(stage)
        for stage, klass, family, km2 in settings.DINAMIS["ORDER_STAGES"]
        if klass in {"", facts.eligibility_class} or not facts.eligibility_class
        if family in {"", facts.family} and facts.billed_m2 >= km2 * M2_PER_KM2
    }
    asked = tuple(stage for stage in ORDERED if stage in needed)
    final = (ReviewStage.FINAL,) if needed & set(OPINIONS) else ()
    return (ReviewStage.SECRETARIAT, *asked, *final)


def facts_of(order: Order) -> StageFacts:
    """Return the facts that the stages of an order depend on, as they are now."""
    billed = order.items.aggregate(all=Sum("billed_area_m2"))["all"] or 0
    return StageFacts(class_of(order.organisation_id), order.family, billed)


def class_of(organisation_id: int) -> str:
    """Return the class of the organisation's adhesion in force, or ""."""
    inside = Adhesion.objects.filter(organisation_id=organisation_id, state=AdhesionState.APPROVED)
    return inside.order_by("-pk").values_list("eligibility_class", flat=True).first() or ""


def stage_after(order: Order, stage: str) -> ReviewStage | None:
    """Return the stage an order needs after this one, or None when this one decides."""
    place = ORDERED.index(ReviewStage(stage))
    return next((one for one in stages_needed(facts_of(order)) if ORDERED.index(one) > place), None)


def due_at(stage: str, opened_at: datetime) -> datetime:
    """Return until when a stage opened then should be over (setting ORDER_STAGE_DAYS)."""
    return opened_at + timedelta(days=settings.DINAMIS["ORDER_STAGE_DAYS"][str(stage)])


def open_review(order: Order) -> Review | None:
    """Return the stage that is open, with who works on it; no query for an order of `listing.with_lines`."""
    known = getattr(order, "open_reviews", None)
    if known is not None:
        return next(iter(known), None)
    return order.reviews.select_related("claimed_by").filter(state=ReviewState.OPEN).first()


def reviews_of(order: Order) -> list[Review]:
    """Return every stage an order has been through, the first first, with what was said of each line."""
    # Lines that were written anew since are others: of those that are gone nothing is shown.
    lines = LineDecision.objects.filter(item__isnull=False).select_related("item__scene").order_by("item__position")
    rows = order.reviews.select_related("decided_by", "decided_for", "claimed_by")
    return list(rows.prefetch_related(Prefetch("lines", lines)).order_by("opened_at", "pk"))


def line_decisions(order: Order) -> list[LineDecision]:
    """Return what was not granted of an order that was approved in part, line by line."""
    said = LineDecision.objects.filter(review__order=order, review__verdict="approve", item__isnull=False)
    limited = said.exclude(verdict=LineVerdict.WHOLE)
    return list(limited.select_related("item__scene").order_by("item__position"))


def steps_of(order: Order, reviews: Sequence[Review]) -> list[Step]:
    """Return the stages of the present round, from those behind to those to come; none for a draft."""
    if order.submitted_at is None:
        return []
    round_ = {row.stage: row for row in reviews if row.opened_at >= order.submitted_at}
    states = {ReviewState.OPEN: "now", ReviewState.DECIDED: "done", ReviewState.LAPSED: "done"}
    over = not any(row.state == ReviewState.OPEN for row in round_.values())
    to_come = () if over else stages_needed(facts_of(order))
    stages = [stage for stage in ORDERED if stage in round_ or stage in to_come]
    return [
        Step(stage, states[ReviewState(round_[stage].state)] if stage in round_ else "next", round_.get(stage))
        for stage in stages
    ]


def who_acts(review: Review, at: datetime) -> str:
    """Say in one sentence who acts next on an order under review, and until when."""
    sentences = {
        ReviewStage.SECRETARIAT: _("The DINAMIS secretariat acts next"),
        ReviewStage.COMMITTEE: _("The committee acts next"),
        ReviewStage.CNES: _("CNES acts next: its opinion is asked"),
        ReviewStage.AIRBUS: _("Airbus DS acts next: its opinion is asked"),
        ReviewStage.FINAL: _("The DINAMIS office acts next: it has the final word"),
    }
    days = (review.due_at - at).days
    until = (
        ngettext("it is %(days)d day late", "it is %(days)d days late", -days) % {"days": -days}
        if days < 0
        else ngettext(
            "an answer is expected within %(days)d day", "an answer is expected within %(days)d days", days + 1
        )
        % {"days": days + 1}
    )
    return f"{sentences[ReviewStage(review.stage)]} ({until})."
