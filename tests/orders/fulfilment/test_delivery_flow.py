# SPDX-License-Identifier: AGPL-3.0-or-later
"""From an approved order to an image for everybody, against the real simulator process over HTTP."""

import shutil
from contextlib import contextmanager

import pytest
import rasterio
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from shapely.geometry import shape

from dinamis.catalogue.imagery.files import sha256_file
from dinamis.core import clock, outbox
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.providers.base import StatusCode
from orders.models import Delivery, OrderItem, ProviderOrder
from orders.selectors.money.envelope import balance
from orders.services.downloads.ticket import issue_ticket
from orders.services.fulfilment import reception
from orders.services.fulfilment.placement import placed_order
from orders.services.lifecycle.watchdog import put_back
from tests.dinamis.providers.conftest import AOI, SCENE, until
from tests.factories.orders import SceneFactory, approved, member_of, world
from tests.orders.conftest import drive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider_settings")]


@pytest.fixture(scope="module")
def written(module_rows):
    from django.contrib.gis.geos import GEOSGeometry

    made = world()
    made.scene = SceneFactory(
        collection=made.collection,
        source_id=SCENE["id"],
        footprint=GEOSGeometry(memoryview(shape(SCENE["footprint"]).wkb), srid=4326),
    )
    return made


@pytest.fixture
def line(w):
    return approved(w, aoi=shape(AOI)).items.get()


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def placed(line):
    drive("orders.place")
    return ProviderOrder.objects.get(lines=line)


def completed(line, simulator):
    """Placed, produced, followed until the delivery is announced."""
    row = placed(line)
    simulator.advance(9)
    until(lambda: simulator.provider.status(placed_order(row)).code is StatusCode.COMPLETED)
    drive("orders.follow")
    return Delivery.objects.get()


def everything(root):
    """Files outside the incoming folder's locks."""
    return sorted(p.relative_to(root).parts[0] for p in root.rglob("*") if p.is_file() and ".locks" not in p.parts)


def test_an_order_becomes_an_image_that_everybody_entitled_may_download(w, line, simulator, settings):
    before = simulator.count()
    row = placed(line)
    assert simulator.count() == before + 1
    assert (fresh(line).state, fresh(line.order).state, row.state) == ("placed", "placed", "received")
    assert balance(w.envelope).committed == line.billed_area_m2
    drive("orders.follow")
    assert fresh(row).state in {"accepted", "received"}
    delivery = completed(line, simulator)
    assert (fresh(row).state, delivery.state) == ("completed", "expected")
    drive("orders.receive")
    check_delivered(w, line, delivery, settings)
    check_told(w, line)
    check_free_for_others(w, fresh(line).product)


def check_delivered(w, line, delivery, settings):
    assert (fresh(delivery).state, fresh(line).state) == ("available", "delivered")
    assert fresh(line.order).state == "delivered"
    image = fresh(line).product
    assert (image.held, image.collection, image.source_id) == (True, w.collection, SCENE["id"])
    assert fresh(delivery).item == image
    assets = {asset.key: asset for asset in image.assets.all()}
    assert set(assets) == {"p", "ms", "archive", "quicklook", "thumbnail"}
    for asset in assets.values():
        path = settings.FILES_ROOT / asset.storage_key
        assert (path.stat().st_size, sha256_file(path)) == (asset.size, asset.sha256)
        assert asset.public == (asset.key in {"quicklook", "thumbnail"})
        assert asset.storage_key.startswith("public/" if asset.public else "private/")
        assert str(delivery.folder) in asset.storage_key
    for key, bands in (("p", 1), ("ms", 4)):
        with rasterio.open(settings.FILES_ROOT / assets[key].storage_key) as dataset:
            assert (dataset.count, dataset.block_shapes[0]) == (bands, (512, 512))
    assert not (settings.FILES_ROOT / "incoming" / delivery.provider_order.reference).exists()


def check_told(w, line):
    for _ in range(5):
        drive("core.send_mail")
    to_requester = [message for message in mail.outbox if message.to == [w.researcher.email]]
    assert any(reverse("catalogue:item", args=[fresh(line).product_id]) in message.body for message in to_requester)
    client = Client()
    client.force_login(w.researcher)
    page = client.get(reverse("orders:detail", args=[line.order.reference]))
    assert [step.kind for step in page.context["steps"]] == ["done"] * len(page.context["steps"])
    assert {s.who for s in page.context["steps"]} == {
        "Airbus DS, opérateur",
        "DINAMIS, automatiquement",
        f"{w.researcher}, demandeur",
        f"{w.moderator}, bureau DINAMIS",
    }
    download = reverse("orders:download", args=[fresh(line).product_id, "ms"])
    assert download in page.content.decode()


def check_free_for_others(w, image):
    colleague = member_of(w.organisation, w.licence.versions.get())
    asset = image.assets.get(key="ms")
    _ticket, _token, paths = issue_ticket(person=colleague, assets=[asset], project=None, at=clock.now())
    assert Client().get(paths[asset.pk])["X-Accel-Redirect"] == f"/_files/{asset.storage_key}"


def test_a_lost_answer_leads_to_one_provider_order(line, simulator):
    before = simulator.count()
    simulator.faults(lost_response={"times": 1})
    drive("orders.place")
    row = ProviderOrder.objects.get()
    assert (row.provider_id, fresh(line).state, simulator.count()) == ("", "approved", before + 1)
    message = OutboxMessage.objects.get(topic="orders.place")
    assert (message.done_at, message.dead_at) == (None, None)
    OutboxMessage.objects.update(available_at=clock.now())
    drive("orders.place")
    assert (fresh(line).state, simulator.count()) == ("placed", before + 1)
    assert fresh(row).provider_id


def test_placing_twice_places_once(line, simulator):
    before = simulator.count()
    drive("orders.place")
    for _ in range(2):
        outbox.put("orders.place", {"item_id": line.pk})
        drive("orders.place")
    assert simulator.count() == before + 1
    assert ProviderOrder.objects.count() == 1


def test_a_provider_that_is_away_is_asked_again_and_nothing_is_lost(w, line, simulator):
    simulator.faults(server_error={"times": 50})
    drive("orders.place")
    assert (fresh(line).state, balance(w.envelope).held) == ("approved", line.billed_area_m2)
    assert OutboxMessage.objects.get(topic="orders.place").last_error


def test_a_price_above_the_agreed_one_waits_for_the_office(w, line, simulator, settings):
    settings.DINAMIS = {**settings.DINAMIS, "PROVIDER_CENTS_PER_KM2": {"pleiades": 1}}
    before = simulator.count()
    drive("orders.place")
    row = ProviderOrder.objects.get()
    assert (simulator.count(), row.provider_id, row.reason_code) == (before, "", "price_above_quote")
    assert (fresh(line).state, balance(w.envelope).held) == ("approved", line.billed_area_m2)
    message = OutboxMessage.objects.get(topic="orders.place")
    assert message.available_at > clock.now()
    told = OutboxMessage.objects.filter(payload__template="orders/mail/price_above_quote")
    assert told.filter(payload__to=w.moderator.email).count() == 1
    client = Client()
    client.force_login(w.researcher)
    assert "Airbus DS" in client.get(reverse("orders:detail", args=[line.order.reference])).context["next"]


def check_failed(w, line):
    assert (fresh(line).state, fresh(line.order).state) == ("failed", "failed")
    assert balance(w.envelope).available == 10_000 * 1_000_000
    assert fresh(line).product is None
    templates = set(OutboxMessage.objects.filter(topic="core.send_mail").values_list("payload__template", flat=True))
    assert {"orders/mail/failed", "orders/mail/failed_office"} <= templates


def test_what_the_provider_refuses_fails_with_its_reason(w, line, simulator):
    line.scene.source_id = "DS_PHR1A_unknown"
    line.scene.save()
    drive("orders.place")
    check_failed(w, line)
    assert ProviderOrder.objects.get().state == "failed"
    assert StateChange.objects.get(aggregate="orders.orderitem", transition="fail").words


def test_a_provider_that_does_not_list_what_was_bought_takes_nothing_back(w, line, simulator):
    row = placed(line)
    spent = balance(w.envelope).committed
    known = row.payload["placed"]
    ProviderOrder.objects.update(payload={**row.payload, "placed": {**known, "order_id": "SAL-not-listed-yet"}})
    drive("orders.follow")
    assert (fresh(line).state, fresh(row).state, balance(w.envelope).committed) == ("placed", "received", spent)
    message = OutboxMessage.objects.get(topic="orders.follow", done_at__isnull=True)
    assert message.dead_at is None
    assert "is not known" in message.last_error


@pytest.mark.parametrize("fault", ["reject_orders", "fail_production"])
def test_a_production_that_fails_gives_the_cost_back(w, line, simulator, fault):
    simulator.faults(**{fault: True})
    row = placed(line)
    for _ in range(12):
        simulator.advance(1)
        drive("orders.follow")
    assert fresh(row).state in {"rejected", "failed", "cancelled"}
    assert balance(w.envelope).available == 10_000 * 1_000_000
    assert fresh(line).state in {"failed", "cancelled"}
    assert StateChange.objects.filter(aggregate="orders.orderitem").last().actor_label == "Airbus DS"


@pytest.mark.parametrize("fault", ["wrong_checksum", "truncated_file", "missing_file"])
def test_a_delivery_that_is_not_what_was_announced_is_refused_whole(w, line, simulator, settings, fault):
    simulator.faults(**{fault: True})
    delivery = completed(line, simulator)
    drive("orders.receive")
    assert fresh(delivery).state == "rejected"
    assert fresh(delivery).error
    assert w.collection.items.filter(held=True).count() == 0
    assert everything(settings.FILES_ROOT) == []
    check_failed(w, line)


def test_an_interrupted_download_is_resumed(line, simulator):
    simulator.faults(interrupted_download={"times": 2})
    delivery = completed(line, simulator)
    for _ in range(3):
        OutboxMessage.objects.filter(topic="orders.receive").update(available_at=clock.now())
        drive("orders.receive")
    assert (fresh(delivery).state, fresh(line).state) == ("available", "delivered")


def test_the_files_of_another_order_are_refused(w, line, simulator, settings):
    delivery = completed(line, simulator)
    ProviderOrder.objects.update(reference="D-1999-0001-1")
    drive("orders.receive")
    assert fresh(delivery).state == "rejected"
    assert "D-1999-0001-1" in fresh(delivery).error
    assert everything(settings.FILES_ROOT) == []


@contextmanager
def database_going_down(table):
    """Inserting into `table` fails as it does while PostgreSQL shuts down (57P01, admin_shutdown)."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE FUNCTION going_down() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'terminating connection' USING ERRCODE = '57P01'; END $$"
        )
        cursor.execute(f"CREATE TRIGGER going_down BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION going_down()")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP FUNCTION going_down() CASCADE")


def test_a_reception_that_loses_the_database_before_its_end_is_done_again_whole(w, line, simulator, settings):
    delivery = completed(line, simulator)
    # The files are in their final place by then, and the catalogue does not say so.
    with database_going_down("catalogue_asset"):
        drive("orders.receive")
    message = OutboxMessage.objects.get(topic="orders.receive")
    assert "terminating connection" in message.last_error
    assert w.collection.items.filter(held=True).count() == 0
    assert fresh(line).state != "delivered"
    OutboxMessage.objects.filter(pk=message.pk).update(available_at=clock.now())
    drive("orders.receive")
    assert (fresh(delivery).state, fresh(line).state) == ("available", "delivered")
    assert {path.name for path in (settings.FILES_ROOT / "private/products").iterdir()} == {str(delivery.folder)}
    assert set(everything(settings.FILES_ROOT)) == {"private", "public"}


def test_receiving_twice_changes_nothing(line, simulator):
    delivery = completed(line, simulator)
    drive("orders.receive")
    changes = StateChange.objects.count()
    outbox.put("orders.receive", {"delivery_id": delivery.pk})
    drive("orders.receive")
    assert StateChange.objects.count() == changes
    assert OrderItem.objects.get().product.assets.count() == 5


def test_a_second_worker_waits(line, simulator, settings):
    delivery = completed(line, simulator)
    row = delivery.provider_order
    space = reception.Workspace(settings.FILES_ROOT, settings.PUBLIC_FILES_FOLDER, row.reference, delivery.folder)
    with reception.exclusive(space):
        drive("orders.receive")
    message = OutboxMessage.objects.get(topic="orders.receive")
    assert (message.done_at, message.attempts, message.last_error) == (None, 0, "")
    assert message.available_at > clock.now()


def test_the_watchdog_puts_back_what_no_message_drives(w, line, simulator):
    assert put_back(at=clock.now()) == 0
    OutboxMessage.objects.filter(topic="orders.place").delete()
    assert put_back(at=clock.now()) == 1
    assert put_back(at=clock.now()) == 0
    row = placed(line)
    OutboxMessage.objects.filter(topic="orders.follow").delete()
    assert put_back(at=clock.now()) == 1
    delivery = completed(line, simulator)
    OutboxMessage.objects.filter(topic="orders.receive").delete()
    assert put_back(at=clock.now()) == 1
    drive("orders.receive")
    assert fresh(delivery).state == "available"
    assert put_back(at=clock.now()) == 0
    assert fresh(row).state == "completed"


def test_no_space_left_is_tried_again(line, simulator, monkeypatch):
    delivery = completed(line, simulator)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1, 1, 0))
        drive("orders.receive")
    assert fresh(delivery).state == "checking"
    OutboxMessage.objects.filter(topic="orders.receive").update(available_at=clock.now())
    drive("orders.receive")
    assert fresh(delivery).state == "available"
