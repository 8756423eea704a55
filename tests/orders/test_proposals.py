# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposed images: measured over each area, voted on, answered once, at the real simulator process."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from shapely.geometry import mapping

from dinamis.core import clock, geo, outbox
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.providers.base import SegmentStatus
from orders import tasks
from orders.models import Proposal, ProposalVote
from orders.selectors.proposals import shares, waiting_for
from orders.services import proposals
from orders.services.placement import placed_order
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.orders import approved_acquisition, world
from tests.orders.conftest import drive
from tests.orders.sharing import CLOUD, CLOUDS, OUTLINE, A, B, shared
from tests.orders.test_tasking_flow import acquire, follow, fresh, mails, produced, tasking_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]


@pytest.fixture
def both(simulator):
    """Two worlds, their lines, the shared provider order, the image proposed."""
    simulator.faults(overcast=True)
    first, second = world(), world()
    row, a, b = shared(first, second)
    drive("orders.place")
    follow()
    acquire(simulator, fresh(row), CLOUD, OUTLINE, CLOUDS)
    follow()
    return first, second, fresh(row), a, b


def states(*lines):
    return [fresh(line).state for line in lines]


def segment(simulator, row, proposal):
    placed = placed_order(row)
    known = simulator.provider.segments(placed.contract_id, proposal.tasking_id)
    return next(one for one in known if one.id == proposal.segment_id)


def accept(proposal, line, who, choice="accept", **more):
    return proposals.vote(proposal=proposal, line=line, actor=who, choice=choice, **more)


def refuse(proposal, line, who):
    return accept(proposal, line, who, "refuse", reason_code="clouds_over_area")


def test_cloud_is_measured_over_each_area(both):
    _first, _second, row, a, b = both
    proposal = Proposal.objects.get()
    assert (proposal.cloud, proposal.state, states(a, b)) == (CLOUD, "proposed", ["proposed", "proposed"])
    measured = {share.line.pk: share for share in shares(proposal)}
    assert measured[a.pk].cloud == pytest.approx(2, abs=0.2)
    assert measured[b.pk].cloud == pytest.approx(70, abs=0.5)
    assert measured[a.pk].covered == pytest.approx(100)
    assert mails("proposed") == 2
    follow()
    assert (Proposal.objects.count(), mails("proposed")) == (1, 2)
    assert StateChange.objects.filter(aggregate="orders.orderitem", transition="propose").count() == 2
    assert row.state == "tasked"


def test_accepted_where_it_is_clear_and_sought_again_where_it_is_not(both, simulator):
    """The eighth acceptance test of the reference."""
    first, second, row, a, b = both
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    assert (fresh(proposal).state, states(a, b)) == ("proposed", ["proposed", "proposed"])
    assert not OutboxMessage.objects.filter(topic="orders.answer_proposal").exists()
    refuse(proposal, b, second.researcher)
    assert (fresh(proposal).state, states(a, b)) == ("accepted", ["producing", "in_progress"])
    assert geo.to_shapely(fresh(proposal).part).symmetric_difference(A).area < 1e-9
    drive("orders.answer_proposal")
    assert segment(simulator, row, proposal).status == SegmentStatus.ACCEPTED
    validated = tasking_of(simulator, row).validated_area_m2
    assert validated == pytest.approx(geo.area_m2(A), rel=0.01)
    produced(simulator, row, 1)
    assert states(a, b) == ["delivered", "in_progress"]
    acquire(simulator, row, 4)
    follow()
    produced(simulator, row, 2)
    assert states(a, b) == ["delivered", "delivered"]
    assert (a.products.count(), b.products.count()) == (1, 1)
    assert a.products.get() != b.products.get()


def test_the_provider_is_told_once(both, simulator):
    first, second, row, a, b = both
    proposal = Proposal.objects.get()
    refuse(proposal, a, first.researcher)
    refuse(proposal, b, second.researcher)
    assert fresh(proposal).state == "refused"
    assert OutboxMessage.objects.filter(topic="orders.answer_proposal").count() == 1
    simulator.faults(server_error={"times": 20})
    drive("orders.answer_proposal")
    assert fresh(proposal).answered_at is None
    simulator.call("DELETE", "/simulator/faults")
    assert segment(simulator, row, proposal).status == SegmentStatus.PROPOSED
    simulator.faults(overcast=True)
    OutboxMessage.objects.filter(topic="orders.answer_proposal").update(available_at=clock.now())
    drive("orders.answer_proposal")
    assert segment(simulator, row, proposal).status == SegmentStatus.REFUSED
    answered = fresh(proposal).answered_at
    outbox.put("orders.answer_proposal", {"proposal_id": proposal.pk})
    drive("orders.answer_proposal")
    assert (fresh(proposal).answered_at, fresh(proposal).answer_error) == (answered, "")
    assert states(a, b) == ["in_progress", "in_progress"]


def test_an_answer_that_the_provider_does_not_take_is_told_to_the_office(both, simulator):
    first, second, row, a, b = both
    proposal = Proposal.objects.get()
    placed = placed_order(row)
    simulator.provider.refuse_segment(placed.contract_id, proposal.tasking_id, proposal.segment_id)
    accept(proposal, a, first.researcher)
    accept(proposal, b, second.researcher)
    drive("orders.answer_proposal")
    assert fresh(proposal).answer_error == "refused"
    assert mails("answer_refused")


def test_the_clear_part_of_an_area_is_taken_alone(both):
    first, second, _row, a, b = both
    proposal = Proposal.objects.get()
    refuse(proposal, a, first.researcher)
    accept(proposal, b, second.researcher, "split")
    taken = geo.to_shapely(fresh(proposal).part)
    assert taken.area == pytest.approx(0.3 * B.area, rel=0.01)
    assert (fresh(proposal).state, states(a, b)) == ("accepted", ["in_progress", "in_progress"])


def test_when_all_accept_the_whole_is_taken(both):
    first, second, _row, a, b = both
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    accept(proposal, b, second.researcher)
    assert (fresh(proposal).state, fresh(proposal).part, states(a, b)) == ("accepted", None, ["producing", "producing"])
    assert mails("proposal_decided") == 2


def test_an_answer_may_be_changed_until_all_have_answered(both):
    first, second, _row, a, b = both
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    refuse(proposal, a, first.researcher)
    assert list(ProposalVote.objects.values_list("choice", flat=True)) == ["refuse"]
    refuse(proposal, b, second.researcher)
    for choice in ("accept", "refuse"):
        with pytest.raises(IllegalTransition):
            accept(proposal, a, first.researcher, choice, reason_code="haze")
    assert ProposalVote.objects.count() == 2
    assert fresh(proposal).state == "refused"


def test_who_may_answer_and_how(both):
    first, second, _row, a, b = both
    proposal = Proposal.objects.get()
    for stranger in (second.researcher, first.moderator, UserFactory(), ModeratorFactory()):
        with pytest.raises(NotPermitted):
            accept(proposal, a, stranger)
    for choice, more, pointer in (
        ("perhaps", {}, "choice"),
        ("refuse", {}, "reason_code"),
        ("refuse", {"reason_code": "need_established"}, "reason_code"),
        ("refuse", {"reason_code": "other"}, "words"),
    ):
        with pytest.raises(Invalid) as refused:
            accept(proposal, a, first.researcher, choice, **more)
        assert refused.value.pointer == pointer
    Proposal.objects.update(cloud_mask=None)
    with pytest.raises(Invalid) as refused:
        accept(proposal, a, first.researcher, "split")
    assert refused.value.code == "no_mask"
    stranger = approved_acquisition(world(), aoi=A).items.get()
    with pytest.raises(IllegalTransition):
        accept(proposal, stranger, stranger.order.requester)
    assert not ProposalVote.objects.exists()
    assert (fresh(proposal).state, states(a, b)) == ("proposed", ["proposed", "proposed"])


# --- the deadline ----------------------------------------------------------------------------------------------------


def end(proposal):
    with clock.at(proposal.deadline + timedelta(minutes=1)):
        tasks.watch_proposals()


def test_silence_counts_as_what_was_measured(both):
    first, _second, _row, a, b = both
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    end(proposal)
    vote = ProposalVote.objects.get(line=b)
    assert (vote.choice, vote.person, vote.reason_code) == ("refuse", None, "clouds_over_area")
    assert (fresh(proposal).state, states(a, b)) == ("accepted", ["producing", "in_progress"])
    changes = StateChange.objects.count()
    end(proposal)
    assert StateChange.objects.count() == changes


def test_too_few_answers_let_it_lapse(both, simulator):
    _first, _second, row, a, b = both
    proposal = Proposal.objects.get()
    end(proposal)
    assert (fresh(proposal).state, ProposalVote.objects.count()) == ("lapsed", 0)
    assert states(a, b) == ["in_progress", "in_progress"]
    OutboxMessage.objects.filter(topic="orders.answer_proposal").update(available_at=clock.now())
    drive("orders.answer_proposal")
    assert segment(simulator, row, proposal).status == SegmentStatus.REFUSED


@pytest.mark.parametrize(("rule", "state"), [("accept", "accepted"), ("refuse", "refused")])
def test_the_default_is_a_setting(both, settings, rule, state):
    settings.DINAMIS = {**settings.DINAMIS, "PROPOSAL_DEFAULT": rule, "PROPOSAL_QUORUM_PERCENT": 0}
    end(Proposal.objects.get())
    assert Proposal.objects.get().state == state


def test_nobody_answers_after_the_deadline(both):
    first, _second, _row, a, _b = both
    proposal = Proposal.objects.get()
    with clock.at(proposal.deadline), pytest.raises(IllegalTransition):
        accept(proposal, a, first.researcher)
    assert not ProposalVote.objects.exists()


def test_who_has_not_answered_is_reminded_once(both):
    first, second, _row, a, _b = both
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    with clock.at(proposal.deadline - timedelta(hours=25)):
        tasks.watch_proposals()
    assert mails("proposed_reminder") == 0
    for _ in range(2):
        with clock.at(proposal.deadline - timedelta(hours=23)):
            tasks.watch_proposals()
    (reminder,) = OutboxMessage.objects.filter(payload__template="orders/mail/proposed_reminder")
    assert reminder.payload["to"] == second.researcher.email


def test_a_single_requester_needs_no_quorum(simulator):
    simulator.faults(overcast=True)
    line = approved_acquisition(world(), aoi=A).items.get()
    drive("orders.place")
    follow()
    acquire(simulator, fresh(line).provider_order, CLOUD, OUTLINE, CLOUDS)
    follow()
    end(Proposal.objects.get())
    assert (Proposal.objects.get().state, fresh(line).state) == ("accepted", "producing")


def test_a_tasking_that_ends_lets_its_proposals_lapse(both, simulator):
    _first, _second, row, a, b = both
    simulator.provider.cancel(placed_order(row))
    follow()
    assert (Proposal.objects.get().state, states(a, b)) == ("lapsed", ["cancelled", "cancelled"])


def test_the_database_takes_one_vote_for_a_line(both):
    first, _second, _row, a, _b = both
    accept(Proposal.objects.get(), a, first.researcher)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProposalVote.objects.create(proposal=Proposal.objects.get(), line=a, choice="accept")
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(state="lapsed", cloud=400)
    assert ProposalVote.objects.count() == 1


# --- the page --------------------------------------------------------------------------------------------------------


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def test_the_page_shows_ones_own_area_and_takes_the_answer(both):
    first, second, _row, a, b = both
    proposal = Proposal.objects.get()
    client = signed_in(first.researcher)
    url = reverse("orders:proposal", args=[a.order.reference, proposal.pk])
    assert url in client.get(reverse("orders:detail", args=[a.order.reference])).content.decode()
    page = client.get(url).context["page"]
    assert ([row.share.line for row in page.rows], page.others, page.may_vote) == ([a], 1, True)
    assert len(page.picture.areas) == 1
    assert page.aoi == mapping(geo.to_shapely(a.aoi)) or page.aoi["type"] == "MultiPolygon"
    vote = reverse("orders:proposal_vote", args=[a.order.reference, proposal.pk])
    assert client.post(vote, {"line": b.pk, "choice": "accept"}).status_code in {302, 403}
    assert not ProposalVote.objects.exists()
    assert client.post(vote, {"line": a.pk, "choice": "accept"}).status_code == 302
    assert ProposalVote.objects.get().person == first.researcher
    assert [one.pk for one in waiting_for(second.researcher)] == [proposal.pk]
    assert not waiting_for(first.researcher).exists()
    refuse(proposal, b, second.researcher)
    assert not client.get(url).context["page"].may_vote


def test_strangers_see_nothing(both):
    _first, _second, _row, a, _b = both
    proposal = Proposal.objects.get()
    client = signed_in(UserFactory())
    for name in ("proposal", "proposal_quicklook"):
        assert client.get(reverse(f"orders:{name}", args=[a.order.reference, proposal.pk])).status_code == 404
    vote = reverse("orders:proposal_vote", args=[a.order.reference, proposal.pk])
    assert client.post(vote, {"line": a.pk, "choice": "accept"}).status_code == 404
    assert not ProposalVote.objects.exists()


# --- the programs' interface -----------------------------------------------------------------------------------------


def test_a_program_reads_and_a_person_answers(both):
    first, second, _row, a, b = both
    proposal = Proposal.objects.get()
    client = signed_in(first.researcher)
    (listed,) = client.get("/api/v1/proposals", {"state": "proposed", "order": a.order.reference}).json()["results"]
    read = client.get(f"/api/v1/proposals/{proposal.pk}").json()
    assert listed == read
    assert (read["cloud_percent"], read["other_areas"], read["state"]) == (CLOUD, 1, "proposed")
    (area,) = read["areas"]
    assert (area["line"], area["vote"], area["may_vote"], area["by_default"]) == (a.pk, None, True, "accept")
    url = f"/api/v1/proposals/{proposal.pk}/votes"
    wrong = client.post(url, {"line": b.pk, "choice": "accept"}, content_type="application/json")
    assert wrong.status_code == 403
    refused = client.post(url, {"line": a.pk, "choice": "refuse"}, content_type="application/json")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"].rpartition("/")[2]) == (422, "reason_code")
    assert not ProposalVote.objects.exists()
    said = client.post(url, {"line": a.pk, "choice": "accept"}, content_type="application/json")
    assert (said.status_code, said.json()["areas"][0]["vote"]) == (200, "accept")
    refuse(proposal, b, second.researcher)
    late = client.post(url, {"line": a.pk, "choice": "accept"}, content_type="application/json")
    assert late.status_code == 409
    assert client.get("/api/v1/proposals", {"order": b.order.reference}).json()["results"] == []


class Forgetful:
    """A provider that does not list its taskings for a while."""

    def __init__(self, provider):
        self.provider = provider

    def taskings(self, *_args, **_words):
        return []

    def __getattr__(self, name):
        return getattr(self.provider, name)


def test_a_tasking_that_is_not_listed_for_a_while_ends_no_vote(both, simulator):
    _first, _second, row, _a, _b = both
    with pytest.raises(outbox.Again):
        tasks._follow_tasking(Forgetful(simulator.provider), row)
    assert Proposal.objects.get().state == "proposed"
