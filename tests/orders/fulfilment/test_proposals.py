# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposed images: measured over each area, voted on, decided when all have answered or the deadline is over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from shapely.geometry import mapping

from dinamis.core import clock, geo
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage, StateChange
from orders import tasks
from orders.models import Proposal, ProposalVote
from orders.selectors.fulfilment.proposals import shares, waiting_for
from tests.factories.accounts import ModeratorFactory, UserFactory
from tests.factories.orders import approved_acquisition, world
from tests.orders.conftest import at_simulator
from tests.orders.fulfilment.proposing import accept, end, proposed, refuse, states
from tests.orders.fulfilment.sharing import CLOUD, A, B
from tests.orders.fulfilment.test_tasking_flow import follow, fresh, mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]


@pytest.fixture(scope="module")
def written(module_rows, simulator_process, tmp_path_factory):
    """The same for all who do not: the provider hears nothing of what they answer."""
    with override_settings(**at_simulator(simulator_process.socket, tmp_path_factory.mktemp("files"))):
        return proposed(simulator_process)


def test_cloud_is_measured_over_each_area(w):
    _first, _second, row, a, b = w
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


def test_the_clear_part_of_an_area_is_taken_alone(w):
    first, second, _row, a, b = w
    proposal = Proposal.objects.get()
    refuse(proposal, a, first.researcher)
    accept(proposal, b, second.researcher, "split")
    taken = geo.to_shapely(fresh(proposal).part)
    assert taken.area == pytest.approx(0.3 * B.area, rel=0.01)
    assert (fresh(proposal).state, states(a, b)) == ("accepted", ["in_progress", "in_progress"])


def test_when_all_accept_the_whole_is_taken(w):
    first, second, _row, a, b = w
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    accept(proposal, b, second.researcher)
    assert (fresh(proposal).state, fresh(proposal).part, states(a, b)) == ("accepted", None, ["producing", "producing"])
    assert mails("proposal_decided") == 2


def test_an_answer_may_be_changed_until_all_have_answered(w):
    first, second, _row, a, b = w
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


def test_who_may_answer_and_how(w):
    first, second, _row, a, b = w
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


@pytest.mark.usefixtures("in_no_language")
def test_silence_counts_as_what_was_measured(w):
    first, _second, _row, a, b = w
    proposal = Proposal.objects.get()
    accept(proposal, a, first.researcher)
    end(proposal)
    vote = ProposalVote.objects.get(line=b)
    assert (vote.choice, vote.person, vote.reason_code) == ("refuse", None, "clouds_over_area")
    assert (fresh(proposal).state, states(a, b)) == ("accepted", ["producing", "in_progress"])
    changes = StateChange.objects.count()
    end(proposal)
    assert StateChange.objects.count() == changes


@pytest.mark.parametrize(("rule", "state"), [("accept", "accepted"), ("refuse", "refused")])
def test_the_default_is_a_setting(w, settings, rule, state):
    settings.DINAMIS = {**settings.DINAMIS, "PROPOSAL_DEFAULT": rule, "PROPOSAL_QUORUM_PERCENT": 0}
    end(Proposal.objects.get())
    assert Proposal.objects.get().state == state


def test_nobody_answers_after_the_deadline(w):
    first, _second, _row, a, _b = w
    proposal = Proposal.objects.get()
    with clock.at(proposal.deadline), pytest.raises(IllegalTransition):
        accept(proposal, a, first.researcher)
    assert not ProposalVote.objects.exists()


def test_who_has_not_answered_is_reminded_once(w):
    first, second, _row, a, _b = w
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


def test_the_database_takes_one_vote_for_a_line(w):
    first, _second, _row, a, _b = w
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


def test_a_proposal_waits_until_each_of_ones_lines_has_a_word(w):
    first, second, row, a, b = w
    type(b.order).objects.filter(pk=b.order_id).update(requester=first.researcher)
    proposal = Proposal.objects.get()
    assert list(waiting_for(first.researcher)) == [proposal]
    accept(proposal, a, first.researcher)
    assert list(waiting_for(first.researcher)) == [proposal]
    ProposalVote.objects.create(proposal=proposal, line=b, person=first.researcher, choice="accept")
    assert (list(waiting_for(first.researcher)), list(waiting_for(second.researcher))) == ([], [])
    assert row.proposals.count() == 1


def test_the_page_shows_ones_own_area_and_takes_the_answer(w):
    first, second, _row, a, b = w
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


def test_strangers_see_nothing(w):
    _first, _second, _row, a, _b = w
    proposal = Proposal.objects.get()
    client = signed_in(UserFactory())
    for name in ("proposal", "proposal_quicklook"):
        assert client.get(reverse(f"orders:{name}", args=[a.order.reference, proposal.pk])).status_code == 404
    vote = reverse("orders:proposal_vote", args=[a.order.reference, proposal.pk])
    assert client.post(vote, {"line": a.pk, "choice": "accept"}).status_code == 404
    assert not ProposalVote.objects.exists()


# --- the programs' interface -----------------------------------------------------------------------------------------


def test_a_program_reads_and_a_person_answers(w):
    first, second, _row, a, b = w
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
