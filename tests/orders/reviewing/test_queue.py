# SPDX-License-Identifier: AGPL-3.0-or-later
"""The queue: who is in it, in which order, what is counted for it, and how its formula is changed."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from shapely.affinity import translate
from shapely.geometry import box

from dinamis.catalogue.models import SavedSearch
from dinamis.catalogue.services.saved_searches import save_search
from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.keys import KeyForbidden, act_as, window
from orders.domain.fair_share import FACTORS, Facts, Formula, factors, points
from orders.enums import OrderState
from orders.models import Order, OrderDemand, OrderItem, OrganisationUse, QueueRule
from orders.selectors.reviewing.queue import formula_at, places, ranking, standing
from orders.services.lifecycle.life import take_back
from orders.services.requests.sharing import ask_join, follow
from orders.services.requests.submission import submit_order
from orders.services.reviewing.queue import confirm_rule, count_queue, propose_rule
from orders.services.reviewing.review import request_changes
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.emergencies import activated, emergency_world
from tests.factories.orders import (
    AREA,
    KM2,
    acquisition_request,
    approved,
    arrived,
    delivered,
    drafted,
    in_review,
    neighbour,
    placed,
    pool_of,
    submitted,
    tasked,
    world,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def counted(order, at=None):
    """What a count finds of an order."""
    count_queue(at=at or clock.now())
    return OrderDemand.objects.get(order=order)


def others(order):
    return counted(order).organisations


def listed():
    return [row.order_id for row in ranking(clock.now())]


def set_waiting(order, days):
    """The order was first sent so many days ago, as a count would write it."""
    at = clock.now()
    sent = at - timedelta(days=days)
    OrderDemand.objects.update_or_create(order=order, defaults={"sent_at": sent, "counted_at": at})


def used(w, km2):
    at = clock.now()
    OrganisationUse.objects.update_or_create(
        organisation=w.organisation, defaults={"used_m2": km2 * KM2, "counted_at": at}
    )


# --- who is in it, in which order ------------------------------------------------------------------------------------


def test_what_waits_for_the_office_or_to_be_placed_is_in_the_queue_and_nothing_else(w):
    waiting = [submitted(w), in_review(w), approved(w)]
    drafted(w)
    request_changes(order=in_review(w), actor=w.moderator, reason="Réduire.")
    running = approved(w)
    placed(running)
    running.refresh_from_db()
    assert listed() == [order.pk for order in waiting]
    assert standing(running, clock.now()) is None
    assert standing(drafted(w), clock.now()) is None


def test_who_has_waited_longer_goes_first_and_of_the_same_points_who_was_sent_first(w):
    orders = [submitted(w) for _ in range(4)]
    assert listed() == [order.pk for order in orders]
    set_waiting(orders[2], 30)
    assert listed() == [order.pk for order in (orders[2], orders[0], orders[1], orders[3])]
    found = standing(orders[0], clock.now())
    assert (found.place, found.total) == (2, 4)
    assert places(clock.now(), [orders[3].pk, orders[2].pk, 0]) == {orders[3].pk: 4, orders[2].pk: 1}


def test_orders_sent_at_the_same_moment_go_by_their_number(w):
    with clock.at(clock.now()):
        orders = [submitted(w) for _ in range(3)]
        Order.objects.update(submitted_at=clock.now())
        assert listed() == [order.pk for order in orders]


def test_an_order_without_a_time_of_sending_waits_since_it_was_made(w):
    order = submitted(w)
    Order.objects.filter(pk=order.pk).update(submitted_at=None, created_at=clock.now() - 6 * DAY)
    found = standing(order, clock.now())
    assert {part.name: round(part.value, 4) for part in found.parts}["age"] == 0.1
    assert found.counted_at is None


def test_who_received_much_goes_after_who_received_nothing(w):
    other = neighbour(w)
    mine, theirs = submitted(w), submitted(other)
    used(w, 300), used(other, 100)
    assert listed() == [theirs.pk, mine.pk]
    values = {part.name: part.value for part in standing(mine, clock.now()).parts}
    assert values["use"] == 2**-1.5


def test_the_whole_use_by_one_of_very_many_does_not_overflow(w):
    order = submitted(w)
    OrganisationUse.objects.create(organisation=w.organisation, used_m2=10**18, counted_at=clock.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_organisation (name, acronym, country, siret, uai, ror, sector, city, created_at) "
            "SELECT 'O' || n, '', 'FR', '', '', '', '', '', now() FROM generate_series(1, 2000) n"
        )
        cursor.execute(
            "INSERT INTO orders_organisationuse (organisation_id, used_m2, counted_at) "
            "SELECT id, 0, now() FROM accounts_organisation WHERE name LIKE 'O%%' ON CONFLICT DO NOTHING"
        )
    part = standing(order, clock.now()).parts[FACTORS.index("use")]
    assert part.points == 0
    assert part.value > 0


def test_sql_says_what_the_formula_says(w):
    at = clock.now()
    other = neighbour(w)
    rows = []
    for place, days in enumerate((0, 0.37, 12.5, 61, 400)):
        order = submitted(other if place % 2 else w)
        OrderDemand.objects.create(
            order=order, sent_at=at - timedelta(days=days), organisations=3 * place, counted_at=at
        )
        rows.append(order)
    used(w, 137), used(other, 41)
    for found in ranking(at):
        facts = Facts(
            found.purpose, at - found.since, found.used_m2, found.mean_m2, found.organisations, emergency=found.lane
        )
        formula = Formula()
        values = factors(facts, formula)
        assert {part.name: part.value for part in found.parts} == pytest.approx(values)
        brought = points(values, formula.weights)
        assert {part.name: part.points for part in found.parts} == brought
        assert found.points == found.tried_points == sum(brought.values())
    assert sorted(row.place for row in ranking(at)) == list(range(1, len(rows) + 1))


def test_an_activation_goes_before_all_others_and_is_no_use_of_its_organisation():
    w = emergency_world()
    order = activated(w).order
    first = submitted(world())
    set_waiting(first, 600)
    assert listed() == [order.pk, first.pk]
    found = standing(order, clock.now())
    assert (found.lane, found.parts[-1].points) == (True, 100_000)
    tasked(order.items.first())
    count_queue(at=clock.now())
    assert not OrganisationUse.objects.filter(used_m2__gt=0).exists()


def test_other_weights_are_tried_beside_those_in_force(w):
    orders = [submitted(w) for _ in range(3)]
    set_waiting(orders[2], 30)
    tried = {**Formula().weights, "age": 0}
    rows = ranking(clock.now(), tried=tried)
    assert [(row.order_id, row.place, row.tried_place, row.moved) for row in rows][-1] == (orders[1].pk, 3, 3, 0)
    found = standing(orders[2], clock.now(), tried=tried)
    assert (found.place, found.tried_place) == (1, 1)
    found = standing(orders[2], clock.now(), tried=dict.fromkeys(FACTORS, 0))
    assert found.tried_points == 0
    assert Order.objects.filter(state=OrderState.SUBMITTED).count() == 3


def test_pages_follow_each_other_without_gap_or_repetition(w, django_assert_num_queries):
    orders = [submitted(w) for _ in range(5)]
    seen, after = [], 0
    while True:
        with django_assert_num_queries(2):
            rows = ranking(clock.now(), after=after, size=2)
        if not rows:
            break
        seen += [row.order_id for row in rows]
        after = rows[-1].tried_place
    assert seen == [order.pk for order in orders]


# --- what is counted: others who need the place ----------------------------------------------------------------------


def test_an_organisation_counts_once_however_often_it_says_it_needs_the_place(w):
    order = submitted(w)
    assert others(order) == 0
    other = neighbour(w)
    submitted(other), submitted(other)
    ask_join(order=order, person=other.researcher, project=other.project)
    follow(order=order, person=other.researcher, following=True)
    assert others(order) == 1
    submitted(neighbour(w))
    assert others(order) == 2
    submitted(w), follow(order=order, person=w.researcher, following=True)
    assert others(order) == 2


def test_each_way_of_needing_the_place_counts_by_itself(w):
    order = submitted(w)
    one, two = neighbour(w), neighbour(w)
    wish = ask_join(order=order, person=one.researcher, project=one.project)
    assert others(order) == 1
    follow(order=order, person=two.researcher, following=True)
    assert others(order) == 2
    follow(order=order, person=two.researcher, following=False)
    type(wish).objects.filter(pk=wish.pk).delete()
    assert others(order) == 0


def watches(person, area, alert="daily", **more):
    west, south, east, north = area.bounds
    query = QueryDict(mutable=True)
    query.update({"bbox": f"{west},{south},{east},{north}", **more})
    return save_search(owner=person, name="Ici", query=query, alert=alert)


@pytest.mark.parametrize(
    ("area", "more", "found"),
    [
        (AREA, {}, 1),
        (AREA, {"sensor": "pleiades"}, 1),
        (AREA, {"sensor": "spot-6-7"}, 0),
        (AREA, {"alert": "off"}, 0),
        (translate(AREA, 1), {}, 0),
        (box(-5, 42, 8, 51), {}, 0),
    ],
)
def test_who_is_told_of_images_of_the_place_needs_it(w, area, more, found):
    order = submitted(w)
    other = neighbour(w)
    watches(other.researcher, area, **more)
    watches(w.researcher, area, **more)
    assert others(order) == found
    follow(order=order, person=other.researcher, following=True)
    assert others(order) == 1


def test_a_saved_search_that_cannot_be_run_any_more_or_names_no_place_is_passed_over(w):
    order = submitted(w)
    row = watches(neighbour(w).researcher, AREA)
    for query in ("bbox=wrong", "sensor=pleiades"):
        SavedSearch.objects.filter(pk=row.pk).update(query=query)
        assert others(order) == 0


def test_who_belongs_to_several_organisations_speaks_for_one_and_for_none_when_the_order_is_of_one_of_them(w):
    order = submitted(w)
    one, two = neighbour(w), neighbour(w)
    active_membership(one.researcher, two.organisation)
    follow(order=order, person=one.researcher, following=True)
    assert others(order) == 1
    active_membership(one.researcher, w.organisation)
    assert others(order) == 0
    follow(order=order, person=UserFactory(), following=True)
    assert others(order) == 0


def test_only_what_runs_over_the_same_ground_and_is_the_same_product_counts(w):
    order = acquisition_request(w, areas=[AREA])
    other = neighbour(w)
    acquisition_request(other, areas=[translate(AREA, 1)])
    beside = translate(AREA, AREA.bounds[2] - AREA.bounds[0])
    acquisition_request(other, areas=[beside])
    acquisition_request(other, areas=[AREA], submit=False)
    spot = world(family="spot-6-7")
    acquisition_request(spot, areas=[AREA])
    assert others(order) == 0
    acquisition_request(other, areas=[translate(AREA, 0.05)])
    assert others(order) == 1


def test_an_order_whose_area_is_empty_is_counted_with_nobody(w):
    order = submitted(w)
    submitted(neighbour(w))
    Order.objects.filter(pk=order.pk).update(aoi=MultiPolygon(srid=4326))
    assert others(order) == 0
    assert standing(order, clock.now()) is not None


def test_an_order_sent_back_keeps_its_age_and_one_taken_back_does_not(w):
    start = clock.now()
    with clock.at(start):
        kept, left = in_review(w), submitted(w)
    with clock.at(start + 5 * DAY):
        request_changes(order=kept, actor=w.moderator, reason="Réduire.")
        left = take_back(order=left, actor=w.researcher)
    with clock.at(start + 9 * DAY):
        submit_order(order=kept, actor=w.researcher)
        submit_order(order=left, actor=w.researcher)
        assert counted(kept).sent_at == start
        assert counted(left).sent_at == start + 9 * DAY


def test_a_count_is_done_again_without_a_trace_and_forgets_what_is_over(w):
    first, second = in_review(w), submitted(w)
    count_queue(at=clock.now())
    rows = set(OrderDemand.objects.values_list("order", "organisations", "sent_at"))
    count_queue(at=clock.now())
    assert set(OrderDemand.objects.values_list("order", "organisations", "sent_at")) == rows
    request_changes(order=first, actor=w.moderator, reason="Réduire.")
    count_queue(at=clock.now())
    assert list(OrderDemand.objects.values_list("order", flat=True)) == [second.pk]
    take_back(order=second, actor=w.researcher)
    count_queue(at=clock.now())
    assert not OrderDemand.objects.exists()
    assert not OrganisationUse.objects.exists()


# --- what is counted: past use ---------------------------------------------------------------------------------------


def use_of(w, at):
    count_queue(at=at)
    return OrganisationUse.objects.get(organisation=w.organisation).used_m2


def test_what_is_under_way_counts_in_full_and_what_was_delivered_halves(w):
    order = approved(w)
    area = order.items.get().area_m2
    assert use_of(w, clock.now()) == 0
    (row,) = placed(order)
    assert use_of(w, clock.now() + 400 * DAY) == area
    arrived(row)
    now = clock.now()
    assert use_of(w, now) == pytest.approx(area, rel=1e-4)
    assert use_of(w, now + 180 * DAY) == pytest.approx(area / 2, rel=1e-4)
    assert use_of(w, now + 100_000 * DAY) == 0


def test_use_is_ground_whatever_is_billed_for_it(w):
    pool = pool_of(w)
    members = list(pool.members.all())
    for state in ("approved", "placed"):
        OrderItem.objects.filter(pk__in=[one.line_id for one in members]).update(state=state)
    assert use_of(w, clock.now()) == sum(one.own_m2 + one.shared_m2 for one in members)
    assert sum(one.share_m2 for one in members) > sum(one.own_m2 + one.shared_m2 for one in members)


def test_what_was_delivered_without_a_known_day_counts_from_when_it_was_asked(w):
    order = delivered(w)
    line = OrderItem.objects.get(order=order)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE core_statechange DISABLE TRIGGER USER")
        cursor.execute(
            "DELETE FROM core_statechange WHERE aggregate = 'orders.orderitem' AND object_id = %s", [line.pk]
        )
        cursor.execute("ALTER TABLE core_statechange ENABLE TRIGGER USER")
    Order.objects.filter(pk=order.pk).update(submitted_at=None, created_at=clock.now() - 180 * DAY)
    assert use_of(w, clock.now()) == pytest.approx(line.area_m2 / 2, rel=1e-4)


def test_what_was_refused_or_waits_is_no_use_but_who_waits_takes_part_in_the_average(w):
    submitted(w), in_review(w)
    delivered(neighbour(w))
    count_queue(at=clock.now())
    assert sorted(OrganisationUse.objects.values_list("used_m2", flat=True))[0] == 0
    assert OrganisationUse.objects.count() == 2


# --- the formula -----------------------------------------------------------------------------------------------------


def proposal(w, **changes):
    said = {"actor": w.moderator, "formula": Formula(), "starts_at": clock.now() + DAY, "reason": "Comité de juin"}
    return propose_rule(**{**said, **changes})


def with_weights(**changes):
    return Formula({**Formula().weights, **changes})


def test_the_first_formula_is_in_force():
    assert formula_at(clock.now()) == Formula()
    assert QueueRule.objects.count() == 1
    QueueRule.objects.all().delete()
    assert formula_at(clock.now()) == Formula()


def test_a_formula_begins_on_its_day_once_a_second_person_has_confirmed_it(w):
    rule = proposal(w, formula=with_weights(need=90))
    later = rule.starts_at + DAY
    assert formula_at(later) == Formula()
    second = ModeratorFactory()
    confirmed = confirm_rule(rule=rule, actor=second)
    assert (confirmed.confirmed_by, confirmed.proposed_by, confirmed.reason) == (second, w.moderator, "Comité de juin")
    assert formula_at(clock.now()) == Formula()
    assert formula_at(later).weights["need"] == 90
    assert formula_at(rule.starts_at - timedelta(seconds=1)) == Formula()


def test_who_may_not_confirm(w):
    rule = proposal(w)
    for actor in (w.moderator, w.researcher):
        with pytest.raises(NotPermitted):
            confirm_rule(rule=rule, actor=actor)
    rule.refresh_from_db()
    assert rule.confirmed_at is None
    with pytest.raises(IntegrityError), transaction.atomic():
        QueueRule.objects.filter(pk=rule.pk).update(confirmed_by=w.moderator, confirmed_at=clock.now())


def test_a_formula_is_confirmed_once_before_its_day_and_alone_on_it(w):
    rule, same, late = proposal(w), proposal(w), proposal(w, starts_at=clock.now() + DAY / 2)
    QueueRule.objects.filter(pk=same.pk).delete()
    same = proposal(w, starts_at=rule.starts_at)
    second = ModeratorFactory()
    confirm_rule(rule=rule, actor=second)
    for refused in (rule, same):
        with pytest.raises(IllegalTransition):
            confirm_rule(rule=refused, actor=ModeratorFactory())
    with clock.at(late.starts_at), pytest.raises(IllegalTransition):
        confirm_rule(rule=late, actor=second)
    assert set(QueueRule.objects.filter(confirmed_by__isnull=False)) == {rule}
    rule.refresh_from_db()
    assert rule.confirmed_by == second


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"reason": "  "}, "reason"),
        ({"starts_at": clock.now() - DAY}, "starts_on"),
        ({"formula": with_weights(emergency=100)}, "emergency"),
        ({"formula": with_weights(need=-1)}, "need"),
        ({"formula": with_weights(emergency=10_001)}, "emergency"),
        ({"formula": Formula(age_days=0)}, "age_days"),
        ({"formula": Formula(half_life_days=4000)}, "half_life_days"),
        ({"formula": Formula(reuse_full=0)}, "reuse_full"),
    ],
)
def test_a_formula_that_cannot_be_is_refused_and_nothing_is_written(w, changes, pointer):
    with pytest.raises(Invalid) as refused:
        proposal(w, **changes)
    assert refused.value.pointer == pointer
    assert QueueRule.objects.count() == 1


def test_only_the_office_proposes(w):
    with pytest.raises(NotPermitted):
        proposal(w, actor=w.researcher)
    assert QueueRule.objects.count() == 1


def test_a_key_changes_no_formula_and_is_told_that_rather_than_what_is_wrong(w):
    rule, second = proposal(w), ModeratorFactory()
    with window():
        act_as(second)
        with pytest.raises(KeyForbidden):
            proposal(w, actor=second, reason="")
        with pytest.raises(KeyForbidden):
            confirm_rule(rule=rule, actor=w.moderator)
    rule.refresh_from_db()
    assert (QueueRule.objects.count(), rule.confirmed_at) == (2, None)


def test_the_database_keeps_what_was_published(w):
    rule = confirm_rule(rule=proposal(w), actor=ModeratorFactory())
    for changes in ({"need": 1}, {"reason": "autre"}, {"confirmed_at": None}, {"starts_at": clock.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            QueueRule.objects.filter(pk=rule.pk).update(**changes)
    numbers = {**with_weights(emergency=1).weights, "age_days": 1, "half_life_days": 1, "reuse_full": 1}
    row = QueueRule(**numbers, starts_at=clock.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
