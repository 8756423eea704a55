# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an order's page tells of it: in whose name, in what capacity, why, for how much, and who acts next."""

import re
from datetime import timedelta

import pytest
from django.utils import translation
from shapely.geometry import box

from dinamis.core import clock
from dinamis.providers.base import StatusCode
from orders.enums import Who
from orders.selectors.lifecycle.next_step import next_step
from orders.selectors.lifecycle.outlook import outlook
from orders.selectors.lifecycle.story import timeline
from orders.services.fulfilment import proposals
from orders.services.reviewing import review
from orders.services.reviewing.grants import within
from tests.factories.orders import (
    AREA,
    approved,
    approved_acquisition,
    delivered,
    in_review,
    placed,
    proposed,
    said,
    tasked,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def plain(text):
    """Without the spaces that do not break."""
    return re.sub(r"\s+", " ", text)


def told(order, title):
    """The last step of that title."""
    return [step for step in timeline(fresh(order)) if step.title == title][-1]


def test_everybody_is_named_with_their_capacity(w):
    order = approved(w)
    placed(order)
    said(order.items.get().provider_order, StatusCode.ACCEPTED)
    assert told(order, "Submitted").who == f"{w.researcher}, requester"
    assert told(order, "Approved").who == f"{w.moderator}, DINAMIS office"
    assert told(order, "Placed with the provider").who == "DINAMIS, automatically"
    assert told(order, "Accepted by the provider").who == "Airbus DS, the provider"


def test_money_is_told_with_the_step_that_moved_it(w):
    order = approved(w)
    (row,) = placed(order)
    held, priced = [plain(text) for text in told(order, "Approved").more]
    assert re.fullmatch(
        rf"Set aside in the envelope “{w.envelope}”: [\d.,]+ km²( \(€[\d.,]+\))?\.( This is what .* bills for .*)?",
        held,
    )
    said_of_it = rf"The price is €[\d.,]+ less than was set aside: it goes back to the envelope “{w.envelope}”\."
    assert re.fullmatch(said_of_it, priced)
    said(row, StatusCode.REJECTED, reason_code="rejected_by_operator", reason_text="The archive is closed for works.")
    end = told(order, "Cancelled by the provider")
    assert [plain(text).startswith(f"Given back to the envelope “{w.envelope}”: ") for text in end.more] == [True]
    assert (end.kind, end.reason, end.text) == ("bad", "the provider does not take this order", "")
    assert end.quote == "The archive is closed for works."


@pytest.mark.parametrize("words", ["RUNNING", "Completed", "IN PRODUCTION", ""])
def test_states_of_a_provider_are_no_words(w, words):
    order = approved(w)
    (row,) = placed(order)
    said(row, StatusCode.ACCEPTED, provider_state=words)
    said(row, StatusCode.FAILED, provider_state=words)
    assert {(step.text, step.quote) for step in timeline(fresh(order)) if "Airbus" in step.who} == {("", "")}


def test_a_part_that_is_granted_is_told_with_its_reason(w):
    order = in_review(w)
    west, south, east, north = AREA.bounds
    half = box(west, south, (west + east) / 2, north)
    rulings = within(list(order.items.all()), half, reason_code="already_held")
    review.approve_order(order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope, rulings=rulings)
    sentence = plain(told(order, "Approved in part").more[0])
    assert re.fullmatch(
        r"Granted: [\d.]+ km² of the [\d.]+ km² asked for\. Not granted: [\d.]+ km²\. "
        r"Reason: images that are held already answer the need\.",
        sentence,
    )


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (StatusCode.CANCELLED, "Airbus DS, the provider, cancelled this order"),
        (StatusCode.EXPIRED, "The time for making the image has passed"),
        (StatusCode.FAILED, "This order failed"),
    ],
)
def test_the_head_says_what_it_came_to_and_that_nobody_acts(w, code, sentence):
    order = approved(w)
    (row,) = placed(order)
    said(row, code)
    head = next_step(fresh(order), w.researcher)
    assert head.startswith(sentence)
    assert "Nobody has to act any more." in head
    assert outlook(fresh(order)) is None


def test_what_is_delivered_waits_for_nobody(w):
    order = delivered(w)
    assert outlook(order) is None
    assert "Nobody has to act any more" in next_step(order, w.researcher)


def test_until_the_window_closes_no_image_is_late(w):
    order = approved_acquisition(w)
    tasked(order.items.get())
    expected = outlook(fresh(order))
    assert (expected.who, expected.ends) == (Who.PROVIDER, order.items.get().period.upper)


def test_a_proposed_image_waits_for_its_requester(w):
    order = approved_acquisition(w)
    image = proposed(tasked(order.items.get()))
    assert next_step(fresh(order), w.researcher).startswith("You act next: say before ")
    assert next_step(fresh(order), w.moderator).startswith(f"{w.researcher} acts next")
    assert (outlook(fresh(order)).who, outlook(fresh(order)).answer_by) == (Who.REQUESTER, image.deadline)


def voted(w, image, order, choice="refuse"):
    code = "clouds_over_area" if choice == "refuse" else ""
    return proposals.vote(
        proposal=image, line=order.items.get(), actor=order.requester, choice=choice, reason_code=code, words="Voilée."
    )


def test_a_refused_image_is_told_with_who_refused_it_and_what_goes_on(w):
    order = approved_acquisition(w)
    image = proposed(tasked(order.items.get()))
    voted(w, image, order)
    word = told(order, "Proposed image refused for this area")
    assert (word.who, word.text) == (f"{w.researcher}, requester", "Voilée.")
    assert word.reason == "clouds over the area that was asked"
    end = told(order, "Proposed image not taken")
    assert end.more[-1] == "The provider goes on looking for an image of this area."
    titles = [step.title for step in timeline(fresh(order))]
    assert titles.index("Image proposed") < titles.index(word.title) < titles.index(end.title)


def test_each_order_is_told_of_its_own_part_of_a_shared_image(w):
    mine, other = approved_acquisition(w), approved_acquisition(w)
    image = proposed(tasked(mine.items.get(), other.items.get()))
    voted(w, image, mine)
    voted(w, image, other, "accept")
    refused = told(mine, "Proposed image taken for other areas, not for this one")
    assert "Nothing of it is bought for this order." in refused.more
    taken = told(other, "Proposed image taken")
    assert "Wanted by 1 of 2." in taken.more
    assert taken.more[-1] == "It is being produced."


def test_silence_is_told_as_silence(w):
    order = approved_acquisition(w)
    image = proposed(tasked(order.items.get()))
    at = image.deadline + timedelta(hours=1)
    with clock.at(at):
        assert proposals.close(proposal_id=image.pk, at=at)
    word = told(order, "Proposed image refused for this area")
    assert word.who == "DINAMIS, automatically"
    assert "Nobody answered in time: what was agreed for this case stands." in word.more


def test_who_has_answered_waits_for_the_others(w):
    mine, other = approved_acquisition(w), approved_acquisition(w)
    image = proposed(tasked(mine.items.get(), other.items.get()))
    voted(w, image, mine)
    assert next_step(fresh(mine), w.researcher).startswith("The others who share the proposed image act next")
