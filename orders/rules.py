# SPDX-License-Identifier: AGPL-3.0-or-later
"""Predicates on (user, object)."""

from typing import Any

import rules

from dinamis.accounts.rules import is_moderator, is_referent_of_organisation
from dinamis.core import clock
from licensing.rules import belongs_to_organisation, is_opinion_giver
from orders import interests
from orders.enums import ReviewStage

OFFICE_STAGES = frozenset({ReviewStage.SECRETARIAT, ReviewStage.COMMITTEE, ReviewStage.FINAL})


@rules.predicate
def is_requester(user: Any, order: Any) -> bool:
    """The order is the person's own."""
    return bool(order is not None and order.requester_id == user.pk)


@rules.predicate
def is_requester_of_quote(user: Any, quote: Any) -> bool:
    """The quote is for an order of the person."""
    return bool(quote is not None and quote.order.requester_id == user.pk)


@rules.predicate
def pays_quote(user: Any, quote: Any) -> bool:
    """The person is the référent of the organisation the order is for."""
    return bool(quote is not None and is_referent_of_organisation(user, quote.order))


@rules.predicate
def is_requester_of_item(user: Any, item: Any) -> bool:
    """The line, or the hold-back, belongs to an order of the person."""
    return bool(item is not None and item.order.requester_id == user.pk)


@rules.predicate
def has_stepped_back(user: Any, order: Any) -> bool:
    """The person has declared an interest in the order."""
    return bool(order is not None and order.recusals.filter(person_id=user.pk).exists())


@rules.predicate
def has_interest(user: Any, order: Any) -> bool:
    """The person asked, belongs to the organisation that asks, or has stepped back: somebody else decides."""
    if order is None:
        return False
    asked = (is_requester, belongs_to_organisation, has_stepped_back)
    return interests.answer(user.pk, order.pk, lambda: any(predicate(user, order) for predicate in asked))


@rules.predicate
def is_involved_in_item(user: Any, item: Any) -> bool:
    """The person has a stake in the order of this line: nobody decides on their own organisation."""
    return bool(item is not None and has_interest(user, item.order))


@rules.predicate
def is_involved_in_review(user: Any, review: Any) -> bool:
    """The person has a stake in the reviewed order."""
    return bool(review is not None and has_interest(user, review.order))


@rules.predicate
def is_opinion_stage(user: Any, review: Any) -> bool:
    """The stage is an opinion: it is not the office's to end."""
    return bool(review is not None and review.stage not in OFFICE_STAGES)


@rules.predicate
def speaks_for_stage(user: Any, review: Any) -> bool:
    """The person speaks for the body whose opinion this stage asks."""
    return bool(review is not None and user.is_active and user.office_role == f"opinion_{review.stage}")


@rules.predicate
def proposed_adjustment(user: Any, adjustment: Any) -> bool:
    """The person proposed this change of a budget."""
    return bool(adjustment is not None and adjustment.proposed_by_id == user.pk)


@rules.predicate
def is_involved_in_adjustment(user: Any, adjustment: Any) -> bool:
    """The envelope is the person's own organisation's."""
    owner = adjustment.envelope.owner_id if adjustment is not None else None
    return owner is not None and user.memberships.exclude(state="ended").filter(organisation_id=owner).exists()


@rules.predicate
def proposed_closing(user: Any, closing: Any) -> bool:
    """The person proposed to close this year."""
    return bool(closing is not None and closing.proposed_by_id == user.pk)


@rules.predicate
def recorded_invoice(user: Any, invoice: Any) -> bool:
    """The person recorded this invoice."""
    return bool(invoice is not None and invoice.recorded_by_id == user.pk)


@rules.predicate
def is_involved_in_provider_order(user: Any, row: Any) -> bool:
    """The person has a stake in an order that this provider order serves."""
    lines = row.lines.select_related("order") if row is not None else ()
    return any(belongs_to_organisation(user, line.order) for line in lines)


@rules.predicate
def is_requester_of_delivery(user: Any, delivery: Any) -> bool:
    """What came answers an order of the person."""
    lines = getattr(delivery, "provider_order_id", None) and delivery.provider_order.lines
    return bool(lines and lines.filter(order__requester=user).exists())


@rules.predicate
def is_involved_in_delivery(user: Any, delivery: Any) -> bool:
    """The person has a stake in an order that this answers."""
    lines = getattr(delivery, "provider_order_id", None) and delivery.provider_order.lines
    return bool(lines and any(belongs_to_organisation(user, line.order) for line in lines.select_related("order")))


@rules.predicate
def is_party_of_pool(user: Any, pool: Any) -> bool:
    """The person speaks for a request of the grouping: made it, or is référent of its organisation."""
    return bool(pool is not None and any(speaks_for(user, member.line.order) for member in pool.living()))


@rules.predicate
def is_involved_in_pool(user: Any, pool: Any) -> bool:
    """A request of the grouping is of the person's organisation."""
    return bool(pool is not None and any(belongs_to_organisation(user, member.line.order) for member in pool.living()))


@rules.predicate
def speaks_for(user: Any, order: Any) -> bool:
    """Tell whether the person answers for a request: its requester, or a référent of its organisation."""
    return bool(order.requester_id == user.pk or is_referent_of_organisation(user, order))


@rules.predicate
def is_requester_of_joined(user: Any, join: Any) -> bool:
    """The request that somebody wants to join is the person's own."""
    return bool(join is not None and join.order.requester_id == user.pk)


@rules.predicate
def asked_to_join(user: Any, join: Any) -> bool:
    """The person asked to join."""
    return bool(join is not None and join.person_id == user.pk)


@rules.predicate
def is_emergency(user: Any, order: Any) -> bool:
    """The order is that of an activation of CIEST², whoever asks."""
    return bool(order is not None and hasattr(order, "activation"))


@rules.predicate
def is_emergency_scientist(user: Any) -> bool:
    """The office has named the person as one who may activate CIEST², for a period that holds now."""
    now = clock.now()
    return bool(user.is_active and user.emergency_grants.filter(valid__contains=now, revoked_at__isnull=True).exists())


@rules.predicate
def is_line_of_emergency(user: Any, item: Any) -> bool:
    """The line belongs to the order of an activation."""
    return bool(item is not None and is_emergency(user, item.order))


@rules.predicate
def owes(user: Any, obligation: Any) -> bool:
    """The obligation, or the publication, is the person's own."""
    return bool(obligation is not None and obligation.person_id == user.pk)


@rules.predicate
def declared_absence(user: Any, absence: Any) -> bool:
    """The absence is the person's own."""
    return bool(absence is not None and absence.person_id == user.pk)


@rules.predicate
def holds_delegation(user: Any, absence: Any) -> bool:
    """The absence names the person as delegate, and both hold the same office role: another role is not lent."""
    if absence is None or absence.delegate_id != user.pk or not absence.person.is_active:
        return False
    return bool(user.office_role == absence.person.office_role)


rules.add_perm("orders.activate_emergency", is_emergency_scientist)
rules.add_perm("orders.activate", is_emergency & is_requester & is_emergency_scientist)
rules.add_perm("orders.activate_item", is_line_of_emergency & is_requester_of_item & is_emergency_scientist)
rules.add_perm("orders.stop_activation", is_requester | (is_moderator & ~belongs_to_organisation))
rules.add_perm("orders.moderate", is_moderator)
rules.add_perm("orders.run_session", is_moderator)
rules.add_perm("orders.declare_absence", is_moderator | is_opinion_giver)
rules.add_perm("orders.end_absence", declared_absence)
rules.add_perm("orders.stand_in", (is_moderator | is_opinion_giver) & holds_delegation)
rules.add_perm("orders.opine", is_opinion_giver)
rules.add_perm("orders.edit", is_requester)
rules.add_perm("orders.cancel", is_requester | (is_moderator & ~belongs_to_organisation))
rules.add_perm("orders.cancel_item", is_requester_of_item | (is_moderator & ~is_involved_in_item))
rules.add_perm(
    "orders.ask_quote",
    is_requester | is_referent_of_organisation | (is_moderator & ~belongs_to_organisation),
)
rules.add_perm("orders.answer_quote", is_requester_of_quote | pays_quote)
rules.add_perm("orders.vote", is_requester_of_item)
rules.add_perm("orders.review", is_moderator & ~has_interest)
rules.add_perm("orders.review_item", is_moderator & ~is_involved_in_item)
rules.add_perm("orders.decide_adjustment", is_moderator & ~proposed_adjustment & ~is_involved_in_adjustment)
rules.add_perm("orders.withdraw_adjustment", proposed_adjustment)
rules.add_perm("orders.decide_closing", is_moderator & ~proposed_closing)
rules.add_perm("orders.withdraw_closing", proposed_closing)
rules.add_perm("orders.decide_invoice", is_moderator & ~recorded_invoice)
rules.add_perm("orders.edit_invoice", recorded_invoice)
rules.add_perm("orders.settle_difference", is_moderator & ~is_involved_in_provider_order)
rules.add_perm("orders.reopen", is_requester | (is_moderator & ~belongs_to_organisation))
rules.add_perm("orders.dispute", is_requester_of_delivery)
rules.add_perm("orders.settle", is_moderator & ~is_involved_in_delivery)
rules.add_perm("orders.decide_review", is_moderator & ~is_opinion_stage & ~is_involved_in_review)
rules.add_perm("orders.give_opinion", speaks_for_stage & ~is_involved_in_review)
rules.add_perm("orders.answer_pool", is_party_of_pool)
rules.add_perm("orders.propose_pool", is_moderator & ~is_involved_in_item)
rules.add_perm("orders.dissolve_pool", is_moderator & ~is_involved_in_pool)
rules.add_perm("orders.answer_join", is_requester_of_joined)
rules.add_perm("orders.withdraw_join", asked_to_join)
rules.add_perm("orders.release_hold_back", is_requester_of_item)
rules.add_perm("orders.decide_hold_back", is_moderator & ~is_involved_in_item)
rules.add_perm("orders.answer_obligation", owes | is_referent_of_organisation)
rules.add_perm("orders.lift_obligation", is_moderator & ~owes & ~belongs_to_organisation)
rules.add_perm("orders.remove_publication", owes | is_referent_of_organisation)
