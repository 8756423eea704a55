# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may act on an order, and what each person reads: colleagues, the office with a stake, other organisations."""

import pytest
from django.urls import reverse

from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.catalogue.selectors.viewer import viewer_of
from dinamis.core import clock, geo
from dinamis.core.exceptions import NotPermitted
from dinamis.core.keys import KeyForbidden, act_as, refuse_model, window
from orders.models import Envelope, JoinRequest, KeptRequest, Pool, Proposal, Recusal, Review
from orders.selectors.fulfilment.proposal_page import proposal_page
from orders.selectors.fulfilment.proposals import visible_proposals, waiting_for
from orders.selectors.holdings.running import running_over
from orders.selectors.requests.mine import running_elsewhere, tags_of
from orders.selectors.reviewing.stages import open_review
from orders.services.duties.erasure import erase_drafts
from orders.services.fulfilment import pooling
from orders.services.money import quotes
from orders.services.requests import draft, kept_requests, sharing
from orders.services.reviewing.review import approve_order, pass_on, refuse_order, start_review, step_back
from orders.web.money.quote_panel import quote_context
from orders.web.requests.acts import acts, kept
from orders.web.requests.mine import JoinForm
from orders.web.reviewing.review import _standing
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import ProjectFactory
from tests.factories.orders import (
    AREA,
    acquisition,
    acquisition_request,
    approved,
    approved_acquisition,
    arrived,
    drafted,
    in_review,
    member_of,
    neighbour,
    offered,
    placed,
    pool_of,
    proposed,
    submitted,
    tasked,
)

pytestmark = pytest.mark.django_db


def fresh(row):
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def other(w):
    """Another organisation with the same rights."""
    return neighbour(w)


@pytest.fixture
def colleague(w):
    """A member of the requester's organisation, without a part in its orders."""
    return member_of(w.organisation)


@pytest.fixture
def biased(w):
    """Somebody of the office who is a member of the requester's organisation."""
    person = ModeratorFactory()
    active_membership(person, w.organisation)
    return person


@pytest.fixture
def asked_of_cnes(settings):
    settings.DINAMIS = {**settings.DINAMIS, "ORDER_STAGES": (("cnes", "", "", 0),)}


@pytest.fixture
def at_cnes(w, asked_of_cnes):
    """An order of which the opinion of CNES is awaited."""
    order = in_review(w)
    pass_on(order=order, actor=w.moderator, reason="Avis demandé.")
    assert open_review(fresh(order)).stage == "cnes"
    return fresh(order)


# --- drafts, quotes, votes -------------------------------------------------------------------------------------------


def test_a_colleague_changes_no_draft(w, colleague):
    order = drafted(w)
    with pytest.raises(NotPermitted):
        draft.edit_draft(order=order, actor=colleague, project=w.project, aoi=AREA, title="Autre")
    assert fresh(order).title == order.title


def test_a_draft_is_not_moved_to_a_foreign_project(w, other):
    order = drafted(w)
    with pytest.raises(NotPermitted):
        draft.edit_draft(order=order, actor=w.researcher, project=other.project, aoi=AREA, title=order.title)
    assert fresh(order).project == w.project


def test_a_colleague_reads_a_quote_and_answers_none(w, colleague):
    quote = offered(acquisition(w))
    seen = {reader: quote_context(quote.order, reader) for reader in (w.researcher, colleague)}
    assert [context["may_answer_quote"] for context in seen.values()] == [True, False]
    for act in (
        lambda: quotes.accept(quote=quote, actor=colleague, fingerprint=quote.fingerprint),
        lambda: quotes.refuse(quote=quote, actor=colleague, reason_code="too_expensive"),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert fresh(quote).state == "offered"


def test_who_may_ask_for_a_quote(w, colleague, biased):
    order = acquisition(w)
    people = (w.researcher, w.moderator, colleague, biased)
    assert [quote_context(order, one)["may_ask_quote"] for one in people] == [True, True, False, False]


def test_a_colleague_reads_a_proposal_and_does_not_vote(w, colleague, other):
    proposal = proposed(tasked(approved_acquisition(w).items.get()))
    assert [row.may_vote for row in proposal_page(proposal, w.researcher).rows] == [True]
    assert [row.may_vote for row in proposal_page(proposal, colleague).rows] == [False]
    assert (proposal_page(proposal, other.researcher).rows, proposal_page(proposal, other.researcher).others) == ((), 1)
    assert list(waiting_for(w.researcher)) == list(visible_proposals(colleague)) == [proposal]
    assert not waiting_for(colleague)
    assert not waiting_for(other.researcher)
    assert not visible_proposals(other.researcher)


def test_a_picture_elsewhere_is_not_led_to(client, w):
    proposal = proposed(tasked(approved_acquisition(w).items.get()))
    address = reverse(
        "orders:proposal_quicklook", args=[proposal.provider_order.lines.get().order.reference, proposal.pk]
    )
    client.force_login(w.researcher)
    assert client.get(address).status_code == 302
    Proposal.objects.update(quicklook_url="https://elsewhere.example/scene.jpg")
    assert client.get(address).status_code == 404


def test_only_the_requester_disputes_what_came(w, colleague):
    delivery = arrived(placed(approved(w))[0])
    assert w.researcher.has_perm("orders.dispute", delivery)
    assert not colleague.has_perm("orders.dispute", delivery)


def test_a_colleague_stops_no_order(w, colleague):
    order = approved(w)
    placed(order)
    assert [acts(fresh(order), one)["may_stop"] for one in (w.researcher, colleague)] == [True, False]


# --- the office ------------------------------------------------------------------------------------------------------


def test_only_the_office_takes_an_order_in_charge(w, colleague):
    order = in_review(w)
    Review.objects.update(claimed_by=None, claimed_until=None)
    for person in (w.researcher, colleague, UserFactory(office_role="opinion_cnes")):
        with pytest.raises(NotPermitted):
            start_review(order=order, actor=person)
    assert open_review(fresh(order)).claimed_by is None


def test_who_has_a_stake_decides_nothing(w, biased):
    order = in_review(w)
    Review.objects.update(claimed_by=None, claimed_until=None)
    with pytest.raises(NotPermitted):
        approve_order(order=order, actor=biased, reason="Besoin établi.", envelope=w.envelope)
    standing = _standing(biased, fresh(order), clock.now())
    assert (standing["involved"], standing["may_claim"], standing["may_decide"]) == (True, False, False)
    assert fresh(order).state == "in_review"


def test_the_office_does_not_end_the_stage_of_an_opinion(w, at_cnes):
    with pytest.raises(NotPermitted):
        refuse_order(order=at_cnes, actor=w.moderator, reason="Hors programme.")
    standing = _standing(w.moderator, at_cnes, clock.now())
    assert (standing["involved"], standing["may_claim"], standing["may_decide"]) == (False, False, False)
    assert (fresh(at_cnes).state, open_review(fresh(at_cnes)).stage) == ("in_review", "cnes")


def test_stepping_back_is_for_those_who_decide_and_touches_their_claim_only(w, colleague):
    order = in_review(w)
    with pytest.raises(NotPermitted):
        step_back(order=order, actor=colleague, reason_code="personal_interest")
    assert Recusal.objects.count() == 0
    second = ModeratorFactory()
    step_back(order=order, actor=second, reason_code="personal_interest")
    assert open_review(fresh(order)).claimed_by == w.moderator
    assert not second.has_perm("orders.review", order)
    assert w.moderator.has_perm("orders.review", order)


def test_opinions_are_read_by_their_body_without_a_stake(client, w, at_cnes):
    speaker, member, stepped = (UserFactory(office_role="opinion_cnes") for _one in range(3))
    active_membership(member, w.organisation)
    step_back(order=at_cnes, actor=stepped, reason_code="personal_interest")
    airbus = UserFactory(office_role="opinion_airbus")
    gone = UserFactory(office_role="opinion_cnes", is_active=False)
    asked = open_review(at_cnes)
    people = (speaker, member, stepped, airbus, gone, w.researcher)
    assert [Review.objects.visible_to(one).filter(pk=asked.pk).exists() for one in people] == [True, *[False] * 5]
    assert [one.has_perm("orders.give_opinion", asked) for one in people] == [True, *[False] * 5]
    for one, count in ((speaker, 1), (airbus, 0)):
        client.force_login(one)
        assert len(client.get(reverse("orders:opinions")).context["waiting"]) == count


def test_the_office_proposes_no_grouping_of_its_own_organisation(w, biased):
    line = submitted(w).items.get()
    assert w.moderator.has_perm("orders.propose_pool", line)
    assert not biased.has_perm("orders.propose_pool", line)


def test_a_party_of_a_grouping_answers_for_its_own_request(w, other):
    orders = [acquisition_request(one) for one in (w, other)]
    pool = pooling.propose([order.items.get().pk for order in orders])
    with pytest.raises(NotPermitted):
        pooling.accept(pool=pool, line=orders[1].items.get().pk, actor=w.researcher)
    assert set(pool.members.values_list("answer", flat=True)) == {""}


def test_groupings_are_read_by_their_parties_and_the_office(w, other):
    pool = pool_of(w)
    people = (w.researcher, w.moderator, other.researcher)
    assert [Pool.objects.visible_to(one).filter(pk=pool.pk).exists() for one in people] == [True, True, False]


# --- what is one's own -----------------------------------------------------------------------------------------------


def test_marks_and_wishes_are_ones_own(client, w, other, colleague):
    order = submitted(w)
    third = neighbour(w)
    sharing.follow(order=order, person=third.researcher, following=True)
    sharing.ask_join(order=order, person=third.researcher, project=third.project)
    (row,) = running_elsewhere(other.researcher)
    assert (row.following, row.asked) == (False, False)
    client.force_login(other.researcher)
    assert not client.get(reverse("orders:running")).context["wishes"]
    sharing.mark(order=order, person=w.researcher, own_reference="MINE-1", tags=["littoral"])
    assert (tags_of(w.researcher), tags_of(colleague)) == (["littoral"], [])
    assert kept(order, colleague)["mark"].pk is None
    client.force_login(colleague)
    assert [one["mark"] for one in client.get(reverse("orders:list")).context["rows"]] == [None]
    assert JoinRequest.objects.count() == 1


def test_ones_own_request_is_not_elsewhere_after_having_left(w):
    order = submitted(w)
    w.researcher.memberships.update(state="ended", ended_at=order.submitted_at)
    assert running_elsewhere(w.researcher) == []


def test_a_reference_is_told_to_those_who_read_the_order(w, other, colleague):
    order = submitted(w)
    area = geo.to_shapely(order.aoi)

    def told(person):
        return running_over(area, viewer_of(person), person, SearchFilters()).own

    assert [told(one) for one in (colleague, other.researcher, w.moderator)] == [(order.reference,), (), ()]


def test_one_joins_for_a_project_one_may_read(w, other):
    ended = ProjectFactory(organisation=other.organisation, owner=other.researcher, ended_at=w.scene.datetime)
    choices = JoinForm(person=other.researcher).fields["project"].queryset
    assert other.project in choices
    assert w.project not in choices
    assert ended not in choices


def test_templates_are_shared_with_ones_own_organisation(w, other):
    with pytest.raises(NotPermitted):
        kept_requests.save_template(owner=w.researcher, name="Littoral", fields={}, organisation=other.organisation)
    assert KeptRequest.objects.count() == 0


def test_erasing_a_person_leaves_what_others_keep(w, colleague):
    for person in (w.researcher, colleague):
        kept_requests.save_template(owner=person, name="Littoral", fields={})
    erase_drafts(w.researcher)
    assert KeptRequest.objects.get().owner == colleague


def test_the_list_of_the_interface_holds_what_one_may_read(client, w, other):
    order = submitted(w)
    for person, found in ((w.researcher, [order.reference]), (other.researcher, [])):
        client.force_login(person)
        answer = client.get("/api/v1/orders", {"state": "submitted"})
        assert [one["reference"] for one in answer.json()["results"]] == found


def test_a_key_writes_no_row_of_a_model_closed_to_keys():
    with window():
        act_as(object())
        with pytest.raises(KeyForbidden):
            refuse_model(Envelope)
        refuse_model(Review)
