# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing, sending, deciding, cancelling an order: what each verb does, and what it leaves undone when it refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from shapely.geometry import Polygon, box

from dinamis.core import clock
from dinamis.core.exceptions import (
    IllegalTransition,
    Invalid,
    NotEntitled,
    NotPermitted,
    NotVisible,
    QuotaExceeded,
    StaleVersion,
)
from dinamis.core.models import OutboxMessage, StateChange
from licensing.models import Suspension
from orders.models import LedgerEntry, Order, OrderItem, ProviderOrder, Review
from orders.selectors.money.envelope import Balance, balance
from orders.selectors.requests.estimate import estimate, price_cents
from orders.services.fulfilment.placement import agreed_cents, prepare_placement
from orders.services.requests.draft import create_draft, edit_draft
from orders.services.requests.submission import cancel_order, submit_order
from orders.services.reviewing.review import approve_order, refuse_order, request_changes, start_review
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.orders import (
    AREA,
    FOOTPRINT,
    KM2,
    CollectionFactory,
    SceneFactory,
    approved,
    areas,
    drafted,
    envelope,
    in_review,
    submitted,
    world,
)

pytestmark = pytest.mark.django_db


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def mails():
    found = OutboxMessage.objects.filter(topic="core.send_mail", payload__template__startswith="orders/")
    return sorted(set(found.values_list("payload__template", flat=True)))


# --- estimates and drafts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "billed_m2", "cents"),
    [
        ("pleiades", 25 * KM2, 10_150),
        ("pleiades", 100 * KM2, 40_600),
        ("pleiades", 1, 0),
        ("spot-6-7", 500 * KM2, 0),
        ("spot-1-5", KM2, 0),
    ],
)
def test_prices_follow_the_tariff(family, billed_m2, cents):
    assert price_cents(family, billed_m2) == cents


def test_a_small_area_is_billed_at_the_minimum(w):
    costs = estimate([w.scene], box(3.70, 43.35, 3.71, 43.36))
    (line,) = costs.lines
    assert line.area_m2 < KM2
    assert (line.billed_m2, line.price_cents, costs.minimum_applies) == (25 * KM2, 10_150, True)


def test_lines_are_cut_to_their_scenes(w):
    costs = estimate([w.scene], box(3.5, 43.35, 3.7, 43.41))
    (line,) = costs.lines
    assert line.aoi.bounds == (3.6, 43.35, 3.7, 43.41)
    assert line.area_m2 == pytest.approx(costs.area_m2 / 2, rel=1e-3)


def test_without_an_area_the_scene_is_taken_whole(w):
    assert estimate([w.scene], None).lines[0].aoi.equals(FOOTPRINT)


def test_a_scene_outside_the_area_is_named(w):
    with pytest.raises(Invalid) as refused:
        estimate([w.scene], box(10, 10, 10.1, 10.1))
    assert str(w.scene) in str(refused.value)
    assert (refused.value.pointer, refused.value.code) == ("aoi", "disjoint")


def test_a_scene_that_is_only_touched_is_outside(w):
    with pytest.raises(Invalid):
        estimate([w.scene], box(3.9, 43.3, 4.0, 43.5))


def test_one_order_one_family(w):
    spot = SceneFactory(collection=CollectionFactory(licence=w.licence, family="spot-6-7"))
    with pytest.raises(Invalid) as refused:
        estimate([w.scene, spot], AREA)
    assert refused.value.code == "several_families"
    with pytest.raises(Invalid):
        estimate([], AREA)


def test_a_draft_has_a_reference_and_lines(w):
    second = SceneFactory(collection=w.collection)
    order = drafted(w, scenes=[w.scene, second])
    assert order.reference.startswith(f"D-{clock.today().year}-")
    assert len(order.reference) >= len("D-2026-0001")
    assert [item.position for item in order.items.order_by("position")] == [1, 2]
    assert int(drafted(w).reference.rsplit("-")[-1]) > int(order.reference.rsplit("-")[-1])
    assert StateChange.objects.filter(aggregate="orders.order", object_id=order.pk, transition="create").exists()


@pytest.mark.parametrize("title", ["", "   ", "x" * 201])
def test_a_draft_has_a_title(w, title):
    with pytest.raises(Invalid) as refused:
        drafted(w, title=title)
    assert refused.value.pointer == "title"
    assert (Order.objects.count(), OrderItem.objects.count()) == (0, 0)


def test_only_members_order_and_only_for_their_projects(w):
    other = world()
    common = {"scenes": [w.scene.pk], "aoi": AREA, "title": "x"}
    with pytest.raises(NotPermitted):
        create_draft(requester=UserFactory(), organisation=w.organisation, project=w.project, **common)
    with pytest.raises(NotPermitted):
        create_draft(requester=w.researcher, organisation=w.organisation, project=other.project, **common)
    with pytest.raises(NotVisible):
        create_draft(
            requester=w.researcher, organisation=w.organisation, project=w.project, **{**common, "scenes": [0]}
        )
    assert Order.objects.count() == 0


def test_an_area_that_crosses_itself_is_refused(w):
    with pytest.raises(Invalid) as refused:
        drafted(w, aoi=Polygon([(3.7, 43.3), (3.8, 43.4), (3.8, 43.3), (3.7, 43.4)]))
    assert refused.value.code == "self_intersecting"


def test_editing_prices_again_and_respects_the_version(w):
    order = drafted(w)
    before = order.items.get().billed_area_m2
    edit_draft(order=order, actor=w.researcher, project=w.project, aoi=None, title="Toute l’image", expected_version=0)
    assert (fresh(order).title, fresh(order).version) == ("Toute l’image", 1)
    assert order.items.get().billed_area_m2 > before
    with pytest.raises(StaleVersion):
        edit_draft(order=order, actor=w.researcher, project=w.project, aoi=AREA, title="x", expected_version=0)
    with pytest.raises(NotPermitted):
        edit_draft(order=order, actor=w.moderator, project=w.project, aoi=AREA, title="x")
    with pytest.raises(NotPermitted):
        edit_draft(order=order, actor=w.researcher, project=world().project, aoi=AREA, title="x")
    assert (fresh(order).project, fresh(order).version) == (w.project, 1)
    with pytest.raises(IllegalTransition):
        edit_draft(order=submitted(w), actor=w.researcher, project=w.project, aoi=AREA, title="x")


# --- sending -------------------------------------------------------------------------------------------------------


def test_submitting_opens_a_review_and_tells_the_office(w):
    order = submitted(w)
    assert (order.state, order.submitted_at is not None) == ("submitted", True)
    assert Review.objects.get(order=order).state == "open"
    assert mails() == ["orders/mail/submitted"]


def test_what_is_missing_is_named_and_the_draft_stays(w):
    order = drafted(w)
    Suspension.objects.create(entitlement=w.entitlement, cause="inquiry", words="contrôle")
    with pytest.raises(NotEntitled) as refused:
        submit_order(order=order, actor=w.researcher)
    assert [reason["code"] for reason in refused.value.extra["missing"]] == ["entitlement_suspended"]
    assert (fresh(order).state, Review.objects.count(), mails()) == ("draft", 0, [])


def test_only_the_requester_submits(w):
    order = drafted(w)
    with pytest.raises(NotPermitted):
        submit_order(order=order, actor=w.moderator)
    assert fresh(order).state == "draft"


def test_an_area_that_is_held_needs_words(w):
    SceneFactory(collection=w.collection, held=True)
    order = drafted(w, justification="")
    with pytest.raises(Invalid) as refused:
        submit_order(order=order, actor=w.researcher)
    assert (refused.value.code, refused.value.pointer) == ("already_held", "justification")
    assert fresh(order).state == "draft"
    assert submitted(w, justification="Avant et après la tempête").state == "submitted"


def test_images_of_another_family_do_not_count_as_held(w):
    SceneFactory(collection=CollectionFactory(licence=w.licence, family="spot-6-7"), held=True)
    assert submitted(w, justification="").state == "submitted"


# --- deciding ------------------------------------------------------------------------------------------------------


def test_approving_holds_the_cost_and_queues_the_placing(w):
    order = approved(w)
    line = order.items.get()
    assert (order.state, order.envelope, line.state) == ("approved", w.envelope, "approved")
    assert areas(w.envelope) == Balance(10_000 * KM2, held=line.billed_area_m2)
    assert OutboxMessage.objects.get(topic="orders.place").payload == {"item_id": line.pk}
    review = Review.objects.get(order=order)
    assert (review.state, review.verdict, review.decided_by, review.words) == (
        "decided",
        "approve",
        w.moderator,
        "Besoin établi.",
    )
    assert "orders/mail/approved" in mails()


def test_what_does_not_fit_changes_nothing():
    w = world(budget_km2=50)
    order = in_review(w)
    with pytest.raises(QuotaExceeded) as refused:
        approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope)
    required = order.items.get().billed_area_m2
    assert (refused.value.status, refused.value.extra["available"], refused.value.extra["required"]) == (
        409,
        50 * KM2,
        required,
    )
    assert (fresh(order).state, fresh(order).envelope, order.items.get().state) == ("in_review", None, "pending")
    assert (LedgerEntry.objects.filter(envelope=w.envelope).count(), Review.objects.get().state) == (1, "open")
    assert not OutboxMessage.objects.filter(topic="orders.place").exists()


def test_a_right_that_ended_meanwhile_stops_the_approval(w):
    order = in_review(w)
    Suspension.objects.create(entitlement=w.entitlement, cause="inquiry", words="contrôle")
    with pytest.raises(NotEntitled):
        approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope)
    assert (fresh(order).state, balance(w.envelope).held) == ("in_review", 0)


def test_an_envelope_of_another_family_or_organisation_or_period_cannot_pay(w):
    now = clock.now()
    order = in_review(w)
    wrong = [
        envelope(1000, family="spot-6-7"),
        envelope(1000, owner=world().organisation),
        envelope(1000, period=(now - timedelta(days=90), now)),
    ]
    for pot in wrong:
        with pytest.raises(Invalid) as refused:
            approve_order(order=order, actor=w.moderator, reason="oui", envelope=pot)
        assert refused.value.pointer == "envelope"
    assert fresh(order).state == "in_review"
    approve_order(order=order, actor=w.moderator, reason="oui", envelope=envelope(1000, name="Pot commun"))
    assert fresh(order).envelope.name == "Pot commun"


@pytest.mark.parametrize("verb", [refuse_order, request_changes, approve_order])
def test_a_decision_gives_its_reason(w, verb):
    order = in_review(w)
    extra = {"envelope": w.envelope} if verb is approve_order else {}
    with pytest.raises(Invalid) as refused:
        verb(order=order, actor=w.moderator, reason="  ", **extra)
    assert refused.value.pointer == "reason"
    assert fresh(order).state == "in_review"


def test_four_eyes(w):
    order = submitted(w)
    insider = ModeratorFactory()
    active_membership(insider, w.organisation)
    with pytest.raises(NotPermitted):
        start_review(order=order, actor=insider)
    with pytest.raises(NotPermitted):
        start_review(order=order, actor=w.researcher)
    start_review(order=order, actor=w.moderator)
    with clock.at(clock.now() + timedelta(hours=1)), pytest.raises(NotPermitted):
        approve_order(order=order, actor=insider, reason="oui", envelope=w.envelope)
    assert fresh(order).state == "in_review"


def test_a_claim_is_a_lease(w):
    order = in_review(w)
    other = ModeratorFactory()
    with pytest.raises(IllegalTransition):
        start_review(order=order, actor=other)
    with clock.at(clock.now() + timedelta(minutes=31)):
        start_review(order=order, actor=other)
        assert Review.objects.get().claimed_by == other


def test_changes_are_asked_made_and_sent_back(w):
    order = in_review(w)
    request_changes(order=order, actor=w.moderator, reason="Réduire la zone.")
    assert (fresh(order).state, "orders/mail/changes_requested" in mails()) == ("changes_requested", True)
    edit_draft(
        order=order, actor=w.researcher, project=w.project, aoi=box(3.7, 43.35, 3.75, 43.38), title="Zone réduite"
    )
    submit_order(order=order, actor=w.researcher)
    assert fresh(order).state == "in_review"
    assert list(Review.objects.order_by("pk").values_list("state", flat=True)) == ["decided", "open"]
    approve_order(order=order, actor=w.moderator, reason="oui", envelope=w.envelope)
    assert fresh(order).state == "approved"


def test_refusing_ends_the_lines(w):
    order = in_review(w)
    refuse_order(order=order, actor=w.moderator, reason="Déjà couvert.")
    assert (fresh(order).state, order.items.get().state, "orders/mail/refused" in mails()) == (
        "refused",
        "refused",
        True,
    )
    assert balance(w.envelope).held == 0


def test_deciding_twice_is_refused(w):
    order = approved(w)
    with pytest.raises(IllegalTransition):
        approve_order(order=order, actor=w.moderator, reason="encore", envelope=w.envelope)
    assert LedgerEntry.objects.filter(kind="hold").count() == 1


# --- cancelling ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [drafted, submitted, in_review, approved])
def test_cancelling_before_placing_gives_the_cost_back(w, make):
    order = make(w)
    cancel_order(order=order, actor=w.researcher, words="plus besoin")
    assert (fresh(order).state, order.items.get().state) == ("cancelled", "cancelled")
    assert balance(w.envelope).available == 10_000 * KM2
    assert not Review.objects.filter(state="open").exists()
    assert prepare_placement(item_id=order.items.get().pk) is None
    assert ProviderOrder.objects.count() == 0


def test_an_order_being_placed_is_not_cancelled(w):
    order = approved(w)
    row = prepare_placement(item_id=order.items.get().pk)
    assert row.reference == f"{order.reference}-1"
    with pytest.raises(IllegalTransition):
        cancel_order(order=order, actor=w.researcher)
    assert (fresh(order).state, balance(w.envelope).held) == ("approved", order.items.get().billed_area_m2)


def test_strangers_do_not_cancel(w):
    order = submitted(w)
    with pytest.raises(NotPermitted):
        cancel_order(order=order, actor=UserFactory())
    assert fresh(order).state == "submitted"


def test_the_agreed_price_is_never_below_the_shown_one(w, settings):
    line = approved(w).items.get()
    row = prepare_placement(item_id=line.pk)
    assert agreed_cents(row) == -(-line.billed_area_m2 * 1250 // KM2)
    settings.DINAMIS = {**settings.DINAMIS, "PROVIDER_CENTS_PER_KM2": {}}
    assert agreed_cents(row) == line.price_cents


def test_the_database_refuses_a_state_that_no_verb_gave(w):
    order = submitted(w)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(state="delivered")
    assert fresh(order).state == "submitted"
