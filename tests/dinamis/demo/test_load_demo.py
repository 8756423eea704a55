# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole demonstration, loaded once for all the tests of this file."""

import collections
import hashlib

import pytest
import rasterio
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from dinamis.accounts.models import Membership, Organisation, User
from dinamis.catalogue.models import Asset, Collection, Coverage, CoverageCell, Item, PublishingRight
from dinamis.catalogue.selectors.publishing_rights import publishers
from dinamis.core import clock, outbox
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.demo import loading, samples
from dinamis.demo.models import SentMail
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.committee import load_committee
from dinamis.demo.story.orders import REAL
from licensing.enums import Action, DenyCode
from licensing.models import Acceptance, Adhesion, Entitlement
from licensing.selectors.decision import decide
from orders.models import (
    CommitteeSession,
    Envelope,
    Feasibility,
    HoldBack,
    LedgerEntry,
    Obligation,
    Order,
    OrderItem,
    Pool,
    ProviderOrder,
    Publication,
    Quote,
    StopRequest,
    TicketObject,
)
from orders.selectors.money.envelope import balance
from orders.services.fulfilment import pooling

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
COUNTED = (
    *(Organisation, Membership, User, Adhesion, Acceptance, Entitlement, StateChange),
    *(Collection, Coverage, CoverageCell, Item, Asset, Envelope, LedgerEntry, Order, OrderItem, ProviderOrder),
    *(Pool, Quote, Obligation, Publication, PublishingRight, TicketObject),
    *(SentMail, OutboxMessage),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, files):
    """The demo in the test database, taken away at the end; small images, no communes, no simulator."""
    provider = {**settings.PROVIDERS["oneatlas"], "order_url": "http://127.0.0.1:9", "auth_url": "http://127.0.0.1:9"}
    patch = pytest.MonkeyPatch()
    patch.setattr(loading, "load_communes", lambda command: 0)
    patch.delenv("SIMULATOR_LAND", raising=False)
    patch.setattr(samples, "LONGER_SIDE", 64)
    patch.setattr(samples, "FIRST", 2)
    mailbox = "dinamis.demo.mailbox.DemoMailboxBackend"
    with (
        django_db_blocker.unblock(),
        override_settings(FILES_ROOT=files, EMAIL_BACKEND=mailbox, PROVIDERS={"oneatlas": provider}),
        transaction.atomic(),
    ):
        call_command("load_demo", verbosity=0)
        yield
        transaction.set_rollback(True)
    patch.undo()


def counts():
    return {model.__name__: model.objects.count() for model in COUNTED}


def test_a_second_run_changes_nothing(loaded):
    before = counts()
    call_command("load_demo", verbosity=0)
    assert counts() == before


def test_a_second_data_centre_publishes(loaded):
    (one,) = publishers()
    slugs = [[right.collection.slug for right in rights] for rights in (one.rights, one.ended)]
    assert (slugs, len(one.keys)) == ([["sentinel-2", "kalideos-rapideye"], ["pleiades-coast"]], 1)


def test_the_catalogue_has_what_was_promised(loaded):
    per_year = collections.Counter(
        CoverageCell.objects.filter(coverage__collection__slug="spot-6-7-coverage").values_list(
            "coverage__year", flat=True
        )
    )
    assert per_year == dict.fromkeys(range(2014, 2026), 240)
    assert Item.objects.filter(collection__kind="archive", held=False).count() == 3000
    assert Coverage.objects.count() == 19


def test_nothing_is_held_without_files(loaded):
    held = Item.objects.filter(held=True)
    # Two samples, and the two images that were delivered under a hold-back.
    assert held.count() == 4
    assert set(held.values_list("assets__key", flat=True)) == {"pms", "quicklook", "thumbnail"}
    assert not Asset.objects.filter(item__held=False).exists()


def test_the_files_say_the_truth(loaded, files):
    for asset in Asset.objects.filter(key="pms").select_related("item"):
        path = files / asset.storage_key
        assert path.stat().st_size == asset.size
        assert hashlib.sha256(path.read_bytes()).hexdigest() == asset.sha256
        with rasterio.open(path) as dataset:
            assert [dataset.height, dataset.width] == asset.properties["proj:shape"]
            assert list(dataset.transform)[:6] == asset.properties["proj:transform"]
            assert dataset.res[0] == asset.properties["raster:spatial_resolution"]
            assert f"EPSG:{dataset.crs.to_epsg()}" == asset.properties["proj:code"]
            assert dataset.count == 4
        assert asset.item.gsd in {0.5, 1.5}
        assert not asset.public
    assert all(asset.storage_key.startswith("public/") for asset in Asset.objects.filter(public=True))


def test_the_other_files_wait_for_the_workers(loaded):
    assert OutboxMessage.objects.filter(topic="demo.make_sample", done_at__isnull=True).count() == 34


def test_the_simulator_is_told_later_when_it_does_not_answer(loaded):
    message = OutboxMessage.objects.get(topic="demo.register_scenes")
    assert message.done_at is None
    assert "ConnectError" in message.last_error


def test_adhesions_stand_where_the_play_left_them(loaded):
    states = collections.Counter(Adhesion.objects.values_list("state", flat=True))
    assert states == {
        "approved": 6,
        "draft": 1,
        "awaiting_signature": 1,
        "submitted": 1,
        "in_review": 1,
        "changes_requested": 1,
        "refused": 1,
        "suspended": 1,
    }


def test_orders_are_in_every_state(loaded):
    states = collections.Counter(Order.objects.values_list("state", flat=True))
    assert states == {
        "draft": 1,
        "submitted": 4,
        "in_review": 4,
        "changes_requested": 2,
        "approved": 8,
        "refused": 2,
        "placed": 3,
        "in_progress": 1,
        "delivered": 2,
        "cancelled": 3,
        "failed": 1,
        "expired": 1,
    }


def test_one_hold_back_runs_and_another_is_over(loaded):
    over, running = HoldBack.objects.order_by("pk")
    assert (over.state, running.state) == ("released", "granted")
    assert (running.months, running.total_months) == (6, 3)
    assert [back.images.get().item.hold_back_until > clock.now() for back in (over, running)] == [False, True]


def test_obligations_of_each_kind_are_under_way(loaded):
    states = Obligation.objects.values_list("kind", "state", "person__name")
    assert sorted(states) == [
        ("destruction", "due", "Gwenaël Le Dantec"),
        ("usage_report", "done", "Mona Quéré"),
        ("usage_report", "due", "Alice Martin"),
        ("usage_report", "due", "Gwenaël Le Dantec"),
    ]
    assert not Obligation.objects.filter(state="due", due_on__lt=clock.today()).exists()
    assert Publication.objects.get().items.count() == 1


def test_one_grouping_waits_and_another_is_placed(loaded):
    placed, proposed = Pool.objects.order_by("pk")
    assert (placed.state, proposed.state) == ("placed", "proposed")
    assert proposed.deadline > clock.now()
    assert set(placed.members.values_list("line__provider_order", flat=True)) == {placed.provider_order_id}
    # What both would be looked at again by the workers changes nothing.
    assert pooling.watch(at=clock.now()) == 2
    assert set(Pool.objects.values_list("state", flat=True)) == {"placed", "proposed"}


def test_one_quote_waits_and_another_is_accepted(loaded):
    accepted, waiting = Quote.objects.order_by("pk")
    assert (accepted.state, waiting.state) == ("accepted", "offered")
    assert waiting.valid_until > clock.now()
    assert all(study.passes for study in Feasibility.objects.all())
    order = waiting.order
    assert order.joins.get().state == "asked"
    assert order.marks.filter(following=True).count() == 1


def test_a_stop_was_asked_and_done(loaded):
    stop = StopRequest.objects.get()
    assert (stop.state, stop.line.order.state) == ("accepted", "cancelled")


def test_a_session_has_its_minutes_and_another_is_convened(loaded):
    past, coming = CommitteeSession.objects.order_by("pk")
    assert (past.state, coming.state) == ("closed", "planned")
    assert list(past.rows.order_by("position").values_list("outcome", flat=True)) == ["refused", "changes", "deferred"]
    assert past.minutes.number.endswith("-0001")
    # What was deferred is on the next agenda, and only there is it still to be decided.
    assert past.rows.get(outcome="deferred").order_id in set(coming.rows.values_list("order", flat=True))
    assert coming.convened_at is not None
    assert load_committee() == 0


def test_histories_lie_in_the_past_and_in_order(loaded):
    for order in Order.objects.all():
        moments = list(
            StateChange.objects.filter(aggregate="orders.order", object_id=order.pk)
            .order_by("id")
            .values_list("at", flat=True)
        )
        assert moments == sorted(moments)
        assert moments[-1] <= clock.now()


def test_references_grow_with_time(loaded):
    assert list(Order.objects.order_by("reference")) == list(Order.objects.order_by("created_at", "pk"))


def test_what_the_play_stopped_at_waits(loaded):
    later = OutboxMessage.objects.filter(topic__in=["orders.place", "orders.follow"], available_at__gt=clock.now())
    assert later.count() == OutboxMessage.objects.filter(topic__in=["orders.place", "orders.follow"]).count()


def test_orders_that_go_on_are_released_with_their_scenes(loaded):
    from dinamis.demo.story.orders import release_real_orders

    release_real_orders()
    due = OutboxMessage.objects.filter(topic="orders.place", available_at__lte=clock.now())
    assert set(due.values_list("payload__item_id", flat=True)) == set(
        OrderItem.objects.filter(order__title__in=REAL).values_list("pk", flat=True)
    )


def test_others_fetch_what_was_ordered_once_it_is_there(loaded):
    from dinamis.demo.story.reuse import fetch_by_others

    before = TicketObject.objects.count()
    assert not fetch_by_others()
    assert TicketObject.objects.count() == before


def test_no_envelope_is_overdrawn_and_those_of_today_are_there(loaded):
    for envelope in Envelope.objects.all():
        assert balance(envelope).available > 0
    today = Envelope.objects.filter(period__contains=clock.now(), owner__isnull=True)
    assert set(today.values_list("family", flat=True)) == {"pleiades", "pleiades-neo", "spot-6-7"}


def test_mails_of_the_past_have_past_dates(loaded):
    assert (
        SentMail.objects.filter(subject__contains="Agence du littoral normand").earliest("sent_at").sent_at.year < 2026
    )


def first(slug):
    return Item.objects.filter(collection__slug=slug).first().facts


def answer(key, slug):
    return decide(user(person(key).email), Action.DOWNLOAD, first(slug), project=None, at=clock.now())


def test_alice_lacks_only_her_own_pleiades_signature(loaded):
    assert answer("researcher", "spot-6-7-coverage")
    assert answer("researcher", "pleiades-coast").codes == (DenyCode.PERSON_ACCEPTANCE_MISSING,)


def test_charlie_may_download_pleiades(loaded):
    assert answer("colleague", "pleiades-coast")


def test_nadia_is_told_where_to_sign(loaded):
    denied = answer("contractor", "pleiades-coast")
    assert denied.codes == (DenyCode.PERSON_ACCEPTANCE_MISSING,)
    assert denied.missing()[0]["repair"]


def test_lucia_has_one_project(loaded):
    allowed = answer("foreign_scientist", "pleiades-coast")
    assert allowed
    assert allowed.project_id


def test_the_newcomer_belongs_to_nobody(loaded):
    assert answer("newcomer", "pleiades-coast").codes == (
        DenyCode.NO_MEMBERSHIP,
        DenyCode.PERSON_ACCEPTANCE_MISSING,
    )


def test_a_sample_left_to_the_workers_is_made_once(loaded):
    message = OutboxMessage.objects.filter(topic="demo.make_sample", done_at__isnull=True).first()
    outbox.drive(message.pk)
    item = Item.objects.get(stac_id=message.payload["stac_id"])
    assert item.held
    assert item.assets.count() == 3
    samples.make_sample(samples.find(item.stac_id))
    assert item.assets.count() == 3
