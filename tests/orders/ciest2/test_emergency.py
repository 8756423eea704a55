# SPDX-License-Identifier: AGPL-3.0-or-later
"""CIEST²: activated on a scientist's word, ten days in a row, paid by its own envelope, stopped, joined, ended."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import translation
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, box

from dinamis.core import clock, keys
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import (
    IllegalTransition,
    Invalid,
    NotEntitled,
    NotPermitted,
    QuotaExceeded,
    SeveralInvalid,
    StaleVersion,
)
from dinamis.core.keys import KeyForbidden
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.transitions import apply_transition
from dinamis.providers.base import StatusCode
from licensing.models import Project
from orders.models import Activation, ActivationParty, EmergencyScientist, LedgerEntry, Order, OrderItem
from orders.selectors.ciest2.emergencies import days_of, is_emergency
from orders.selectors.fulfilment.pools import near_misses
from orders.selectors.lifecycle.story import timeline
from orders.selectors.money.envelope import balance
from orders.selectors.requests.products import taskable
from orders.services.ciest2 import emergency
from orders.services.ciest2.emergency_scientists import name_scientist, revoke_scientist
from orders.services.fulfilment import pooling
from orders.services.lifecycle import stops
from orders.web.money.quote_panel import quote_context
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.emergencies import PLACE, activated, emergency_world, event, holding, named
from tests.factories.orders import (
    KM2,
    acquisition_request,
    drafted,
    member_of,
    neighbour,
    placed,
    said,
)

pytestmark = pytest.mark.django_db
BILLED = 10 * 2 * 100 * KM2


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def written(module_rows):
    return emergency_world()


def nothing_happened():
    rows = (Activation.objects, Order.objects, OrderItem.objects, LedgerEntry.objects.filter(kind="hold"))
    return not any(one.exists() for one in rows) and not OutboxMessage.objects.filter(topic="orders.place").exists()


def activate(w, **changes):
    who = {"scientist": w.researcher, "organisation": w.organisation, "project": w.project}
    who |= {name: changes.pop(name) for name in list(changes) if name in who}
    return emergency.activate(event=event(**changes), **who)


def mails(template):
    return OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}")


def test_an_activation_orders_ten_days_approves_them_and_queues_them_for_the_provider(w):
    activation, new = activate(w)
    order, lines = activation.order, list(activation.order.items.order_by("position"))
    assert new
    assert (order.state, order.kind, order.envelope, len(lines)) == ("approved", "acquisition", w.envelope, 10)
    assert {line.state for line in lines} == {"approved"}
    edges = [(line.period.lower, line.period.upper) for line in lines]
    assert all(after - before == timedelta(days=1) for before, after in edges)
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    assert (edges[0][0], edges[-1][1]) == (activation.period.lower, activation.period.upper)
    assert OutboxMessage.objects.filter(topic="orders.place").count() == 10
    assert not order.reviews.exists()
    assert is_emergency(order)
    assert not is_emergency(drafted(w))


def test_no_quote_is_asked_for_and_its_ten_days_are_told_once(w):
    activation, _new = activate(w)
    assert not quote_context(activation.order, w.researcher)["may_ask_quote"]
    (step,) = [one for one in timeline(activation.order) if one.kind == "now"]
    assert [text[:5] for text in step.more] == ["10 × "]


def test_it_asks_stereo_pairs_whatever_the_clouds_and_no_image_is_voted_on(w):
    asked = activated(w).order.acquisition
    assert (asked.mode, asked.cloud_max, asked.proposal_threshold, asked.programme) == ("stereo", 100, 100, "onenow")
    assert asked.collection == w.collection


def test_the_envelope_of_ciest_alone_pays(w):
    activated(w)
    assert (balance(w.envelope).held, LedgerEntry.objects.filter(kind="hold").count()) == (BILLED, 10)


def test_every_change_is_the_scientists_own(w):
    activation = activated(w)
    changes = StateChange.objects.filter(aggregate="orders.order", object_id=activation.order_id)
    assert list(changes.values_list("transition", "actor")) == [
        ("create", w.researcher.pk),
        ("activate", w.researcher.pk),
    ]
    assert changes.last().reason_code == "emergency"


def test_the_office_is_told_at_once(w):
    activated(w)
    assert set(mails("activated").values_list("payload__to", flat=True)) >= {w.moderator.email, w.researcher.email}


def test_without_a_project_one_is_made_and_without_room_for_it_none(w):
    activation, _new = activate(w, project=None)
    assert activation.order.project.title == "CIEST² · Montagne Pelée"
    again, new = activate(w, project=None)
    assert (again, new) == (activation, False)
    before = Project.objects.count()
    with pytest.raises(QuotaExceeded):
        activate(holding(w, 0), project=None, place="Ailleurs", area=translate(PLACE, 2))
    assert Project.objects.count() == before


def test_an_envelope_that_lacks_room_refuses_all_ten_days(w):
    holding(w, 1999 * KM2)
    with pytest.raises(QuotaExceeded) as refused:
        activate(w)
    assert (refused.value.extra["available"], refused.value.extra["required"]) == (1999 * KM2, 2000 * KM2)
    assert nothing_happened()


def test_without_an_envelope_of_ciest_nothing_is_activated(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "EMERGENCY_PROGRAMME": "Another"}
    with pytest.raises(QuotaExceeded, match="no CIEST² envelope") as refused:
        activate(w)
    assert refused.value.code == "no_emergency_envelope"
    assert nothing_happened()


def test_whom_the_office_has_not_named_activates_nothing(w):
    other = member_of(w.organisation, w.licence.versions.get())
    with pytest.raises(NotPermitted, match="named"):
        activate(w, scientist=other)
    assert nothing_happened()


def test_revoked_is_revoked_at_once(w):
    revoke_scientist(grant=EmergencyScientist.objects.get(), actor=w.moderator)
    with pytest.raises(NotPermitted, match="named"):
        activate(w)
    assert nothing_happened()
    with pytest.raises(IllegalTransition):
        revoke_scientist(grant=EmergencyScientist.objects.get(), actor=w.moderator)


def test_a_grant_holds_for_its_days_only(w):
    with clock.at(clock.now() + timedelta(days=367)), pytest.raises(NotPermitted, match="named"):
        activate(w)
    assert nothing_happened()


def test_it_is_for_french_laboratories(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "EMERGENCY_CLASSES": ("private",)}
    with pytest.raises(NotPermitted, match="French laboratory"):
        activate(w)
    assert nothing_happened()


def test_it_is_for_ones_own_organisation_and_its_project(w):
    elsewhere = neighbour(w)
    with pytest.raises(NotPermitted, match="you belong to"):
        activate(w, organisation=elsewhere.organisation)
    with pytest.raises(NotPermitted, match="another organisation"):
        activate(w, project=elsewhere.project)
    assert nothing_happened()


def test_who_may_not_use_the_images_activates_nothing(w):
    unsigned = member_of(w.organisation)
    named(w, unsigned)
    with pytest.raises(NotEntitled):
        activate(w, scientist=unsigned)
    assert nothing_happened()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "party"}, "kind"),
        ({"place": " "}, "place"),
        ({"place": "x" * 121}, "place"),
        ({"why": ""}, "justification"),
        ({"event_on": clock.today() + timedelta(days=2)}, "event_on"),
        ({"event_on": clock.today() - timedelta(days=90)}, "event_on"),
        ({"area": box(-61.5, 14.4, -61.1, 14.8)}, "aoi"),
        ({"area": MultiPolygon([PLACE, translate(PLACE, 1)])}, "aoi"),
        ({"area": box(127, 39, 127.1, 39.1)}, "aoi"),
    ],
    ids=["kind", "no place", "long place", "no why", "tomorrow", "long ago", "too large", "two places", "denied place"],
)
def test_what_cannot_be_is_named_with_its_field(w, changes, pointer):
    with pytest.raises(Invalid) as refused:
        activate(w, **changes)
    assert refused.value.pointer == pointer
    assert refused.value.repair
    assert nothing_happened()


def test_all_that_is_wrong_is_said_at_once(w):
    with pytest.raises(SeveralInvalid) as refused:
        activate(w, kind="party", place="", why="")
    assert [error.pointer for error in refused.value.errors] == ["kind", "place", "justification"]


def test_without_its_collection_nothing_is_activated(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "EMERGENCY_COLLECTION": "nowhere"}
    with pytest.raises(Invalid, match="collection of CIEST²"):
        activate(w)
    assert nothing_happened()


def test_no_key_activates_joins_or_names(w):
    activation, other = activated(w), neighbour(w)
    named(w, other.researcher)
    with keys.window():
        keys.act_as(object())
        for act in (
            lambda: activate(w, area=translate(PLACE, 2)),
            lambda: emergency.join(activation=activation, person=other.researcher, organisation=other.organisation),
            lambda: named(w, UserFactory()),
            lambda: revoke_scientist(grant=EmergencyScientist.objects.first(), actor=w.moderator),
        ):
            with pytest.raises(KeyForbidden):
                act()
    assert (Activation.objects.count(), EmergencyScientist.objects.count()) == (1, 2)
    assert not EmergencyScientist.objects.filter(revoked_at__isnull=False).exists()


def test_the_same_again_is_the_same_activation(w):
    first = activated(w)
    again, new = activate(w)
    assert (again, new, Order.objects.count(), balance(w.envelope).held) == (first, False, 1, BILLED)


def test_another_event_over_the_same_place_is_to_be_joined(w):
    first = activated(w)
    for changes in ({"kind": "landslide"}, {"area": translate(PLACE, 0.01)}, {"event_on": clock.today()}):
        with pytest.raises(IllegalTransition) as refused:
            activate(w, **changes)
        assert (refused.value.code, refused.value.extra["reference"]) == ("place_active", first.order.reference)
    assert (Activation.objects.count(), Order.objects.count()) == (1, 1)


def test_another_scientist_joins_instead(w):
    activation = activated(w)
    other = neighbour(w)
    named(w, other.researcher)
    with pytest.raises(IllegalTransition, match="Join it"):
        activate(other)
    for _time in range(2):
        emergency.join(activation=activation, person=other.researcher, organisation=other.organisation, words="Aussi.")
    assert ActivationParty.objects.count() == 1
    with clock.at(clock.now() + timedelta(days=1, hours=1)):
        emergency.watch(at=clock.now())
    told = set(mails("activation_day").values_list("payload__to", flat=True))
    assert told >= {w.moderator.email, w.researcher.email, other.researcher.email}


def test_who_may_not_join_does_not(w):
    activation = activated(w)
    other = neighbour(w)
    who = {"activation": activation, "person": other.researcher, "organisation": other.organisation}
    with pytest.raises(NotPermitted, match="named"):
        emergency.join(**who)
    named(w, other.researcher)
    with pytest.raises(NotPermitted, match="you belong to"):
        emergency.join(**who | {"organisation": w.organisation})
    with pytest.raises(IllegalTransition, match="your own"):
        emergency.join(**who | {"person": w.researcher, "organisation": w.organisation})
    emergency.stop(activation=activation, actor=w.researcher, code="event_over")
    with pytest.raises(IllegalTransition, match="over"):
        emergency.join(**who)
    assert not ActivationParty.objects.exists()


def test_joining_is_for_french_laboratories_too(w, settings):
    activation, other = activated(w), neighbour(w)
    named(w, other.researcher)
    settings.DINAMIS = {**settings.DINAMIS, "EMERGENCY_CLASSES": ("private",)}
    with pytest.raises(NotPermitted, match="French laboratory"):
        emergency.join(activation=activation, person=other.researcher, organisation=other.organisation)
    assert not ActivationParty.objects.exists()


def test_elsewhere_a_second_activation_is_made(w):
    activated(w)
    assert activate(w, area=translate(PLACE, 2))[1]
    assert (Activation.objects.count(), balance(w.envelope).held) == (2, 2 * BILLED)


def test_a_place_is_free_again_after_the_end(w):
    activation = activated(w)
    emergency.stop(activation=activation, actor=w.researcher, code="mistake")
    assert activate(w)[1]


def test_stopped_before_placing_everything_goes_back(w):
    activation = activated(w)
    moved = emergency.stop(activation=activation, actor=w.researcher, code="event_over", words="Fin de crise.")
    assert (moved.state, Order.objects.get().state) == ("stopped", "cancelled")
    assert (balance(w.envelope).held, balance(w.envelope).available) == (0, 10_000 * KM2)
    assert mails("activation_over").filter(payload__to=w.moderator.email).exists()


def test_stopped_while_the_provider_works_it_is_asked_and_nothing_is_given_back_before(w):
    activation = activated(w)
    rows = placed(activation.order)
    emergency.stop(activation=activation, actor=w.moderator, code="event_over")
    assert OutboxMessage.objects.filter(topic="orders.stop").count() == 10
    assert balance(w.envelope).committed == BILLED
    for row in rows:
        said(row, StatusCode.USER_CANCELLED)
    assert (balance(w.envelope).committed, Order.objects.get().state) == (0, "cancelled")


def test_who_may_not_stop_does_not(w):
    activation = activated(w)
    colleague = member_of(w.organisation)
    own = ModeratorFactory()
    active_membership(own, w.organisation)
    for person in (colleague, own, neighbour(w).researcher):
        with pytest.raises(NotPermitted):
            emergency.stop(activation=activation, actor=person, code="event_over")
    with pytest.raises(Invalid):
        emergency.stop(activation=activation, actor=w.researcher, code="season_over")
    with pytest.raises(StaleVersion):
        emergency.stop(activation=activation, actor=w.researcher, code="event_over", expected_version=9)
    assert (Activation.objects.get().state, balance(w.envelope).held) == ("active", BILLED)


def test_who_may_not_stop_does_not_either_once_nothing_is_left_to_cancel(w):
    activation = activated(w)
    stops.ask_stop(order=activation.order, actor=w.researcher, code="event_over", subject="activation_stopped")
    own = ModeratorFactory()
    active_membership(own, w.organisation)
    for person in (member_of(w.organisation), own, neighbour(w).researcher):
        with pytest.raises(NotPermitted):
            emergency.stop(activation=activation, actor=person, code="event_over")
    assert (Activation.objects.get().state, mails("activation_over").count()) == ("active", 0)
    assert emergency.stop(activation=activation, actor=w.moderator, code="event_over").state == "stopped"


def test_stopped_twice_is_refused_the_second_time(w):
    activation = activated(w)
    emergency.stop(activation=activation, actor=w.researcher, code="event_over")
    with pytest.raises(IllegalTransition):
        emergency.stop(activation=activation, actor=w.researcher, code="event_over")


def test_each_day_that_is_over_is_told_once(w):
    activation = activated(w)
    assert emergency.watch(at=clock.now()) == 0
    assert not mails("activation_day").exists()
    for hours in (25, 26, 49):
        emergency.watch(at=activation.period.lower + timedelta(hours=hours))
    to_office = mails("activation_day").filter(payload__to=w.moderator.email)
    assert sorted(to_office.values_list("payload__context__day", flat=True)) == [1, 2]


def test_it_ends_by_itself_after_its_last_day(w):
    activation = activated(w)
    assert emergency.watch(at=activation.period.upper - timedelta(seconds=1)) == 0
    assert emergency.watch(at=activation.period.upper) == 1
    assert emergency.watch(at=activation.period.upper) == 0
    assert Activation.objects.get().state == "ended"
    told = mails("activation_day").filter(payload__to=w.moderator.email)
    assert sorted(told.values_list("payload__context__day", flat=True)) == [9, 10]


def test_it_ends_once_nothing_of_it_is_under_way(w):
    activation = activated(w)
    for row in placed(activation.order):
        said(row, StatusCode.EXPIRED)
    assert emergency.watch(at=clock.now()) == 1
    assert balance(w.envelope).committed == 0


def test_its_days_tell_what_came(w):
    activation = activated(w)
    now, *later = days_of(activation, clock.now())
    assert (now.number, now.now, now.images, now.cloud) == (1, True, (), None)
    assert not any(day.now for day in later)


def test_its_order_is_grouped_with_no_other(w):
    activated(w)
    acquisition_request(w, areas=[PLACE], window=(clock.now(), clock.now() + timedelta(days=60)), mode="stereo")
    assert pooling.queue_all(at=clock.now()) == 0
    assert near_misses(at=clock.now()) == []


def test_no_ordinary_request_goes_to_its_collection(w):
    assert w.collection not in taskable(clock.today())


def test_a_draft_of_ones_own_is_not_activated(w):
    draft = drafted(w)
    for thing in (draft, draft.items.get()):
        with pytest.raises(NotPermitted):
            apply_transition(thing, "activate", actor=Actor.person(w.researcher), reason=Reason("emergency", "…"))
    assert Order.objects.get().state == "draft"


def test_the_arrow_is_for_the_named_scientist_who_asks_alone(w):
    activation = activated(w)
    order, line = activation.order, activation.order.items.first()
    other = member_of(w.organisation, w.licence.versions.get())
    named(w, other)
    assert w.researcher.has_perm("orders.activate", order)
    assert w.researcher.has_perm("orders.activate_item", line)
    assert not other.has_perm("orders.activate", order)
    assert not other.has_perm("orders.activate_item", line)
    revoke_scientist(grant=EmergencyScientist.objects.get(person=w.researcher), actor=w.moderator)
    assert not w.researcher.has_perm("orders.activate", order)
    assert not w.researcher.has_perm("orders.activate_item", line)


class TestNaming:
    """Whom the office names."""

    def name(self, w, **changes):
        today = clock.today()
        facts = {"actor": w.moderator, "email": UserFactory().email, "first": today, "last": today, "words": "IPGP"}
        return name_scientist(**facts | changes)

    def test_only_the_office_names_and_revokes(self, w):
        with pytest.raises(NotPermitted, match="office"):
            self.name(w, actor=w.researcher)
        with pytest.raises(NotPermitted, match="office"):
            revoke_scientist(grant=EmergencyScientist.objects.get(), actor=w.researcher)
        assert EmergencyScientist.objects.get().revoked_at is None

    def test_nobody_names_themselves(self, w):
        with pytest.raises(NotPermitted, match="themselves"):
            self.name(w, email=w.moderator.email)
        assert EmergencyScientist.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "pointer"),
        [
            ({"email": "nobody@nowhere.example"}, "email"),
            ({"last": clock.today() - timedelta(days=1)}, "last"),
            ({"first": clock.today() + timedelta(days=5)}, "last"),
            ({"words": " "}, "words"),
        ],
    )
    def test_what_is_wrong_is_named(self, w, changes, pointer):
        with pytest.raises(Invalid) as refused:
            self.name(w, **changes)
        assert refused.value.pointer == pointer
        assert EmergencyScientist.objects.count() == 1

    def test_twice_for_the_same_days_is_refused_and_after_revoking_not(self, w):
        with pytest.raises(Invalid) as refused:
            named(w, w.researcher)
        assert refused.value.code == "named_already"
        revoke_scientist(grant=EmergencyScientist.objects.get(), actor=w.moderator)
        assert named(w, w.researcher).in_force(clock.now())


ACROSS = MultiPolygon([box(179.96, -17.0, 180, -16.95), box(-180, -17.0, -179.96, -16.95)])


def test_a_place_across_the_antimeridian_is_one_place(w):
    activation, _new = activate(w, area=ACROSS, place="Taveuni")
    assert (activation.order.state, activation.order.items.count()) == ("approved", 10)
    with pytest.raises(IllegalTransition):
        activate(w, area=box(-179.99, -16.98, -179.97, -16.96), place="Taveuni est")


def test_what_lies_at_the_same_latitude_far_from_the_antimeridian_is_another_place(w):
    activate(w, area=ACROSS, place="Taveuni")
    other, new = activate(w, area=box(-149.6, -17.0, -149.55, -16.95), place="Tahiti")
    assert (new, other.order.state) == (True, "approved")
    assert Activation.objects.filter(state="active").count() == 2
