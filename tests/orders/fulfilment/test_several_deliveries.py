# SPDX-License-Identifier: AGPL-3.0-or-later
"""An archive order whose scene comes under two delivery numbers: it is there when all of it is."""

from dataclasses import replace

import pytest

from dinamis.catalogue.dimap import read_dimap
from dinamis.catalogue.services.publish import NewAsset
from dinamis.core.models import OutboxMessage
from dinamis.providers.base import StatusCode
from orders.models import LedgerEntry, OrderItem
from orders.services.fulfilment import delivery as deliveries
from tests.factories.orders import announced, approved, placed, said
from tests.samples import sample

pytestmark = pytest.mark.django_db
PNEO = "data/dimap/DIM_PNEO3_202111071029126_PAN_trimmed.XML"


@pytest.fixture
def line(w):
    return approved(w).items.get()


def two_numbers(line):
    """What the provider announces: files under the numbers 1 and 2."""
    (row,) = placed(line.order)
    said(row, StatusCode.PROCESSING)
    said(row, StatusCode.COMPLETED)
    files = [announced(), replace(announced(), name="g.zip", number=2)]
    return deliveries.expect(provider_order_id=row.pk, files=files)


def come(delivery, job):
    """Files that went through their checks, as one product of a provider job."""
    product = replace(read_dimap(sample(PNEO))[0], job_id=job)
    file = NewAsset(
        key="data",
        file_name=f"{job}.tif",
        storage_key=f"items/{job}/data.tif",
        media_type="image/tiff",
        size=10,
        sha256="0" * 64,
    )
    deliveries.begin(delivery_id=delivery.pk)
    deliveries.begin_checking(delivery_id=delivery.pk)
    return deliveries.accept(delivery_id=delivery.pk, product=product, files=[file])


def refuse(delivery):
    deliveries.begin(delivery_id=delivery.pk)
    deliveries.reject(delivery_id=delivery.pk, code="checksum", words="SHA-256")


def fresh(line):
    return OrderItem.objects.get(pk=line.pk)


def mails(template):
    return OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}").count()


def test_the_line_is_delivered_with_the_last_number_and_told_once(line):
    first, second = two_numbers(line)
    one = come(first, "job-1")
    assert (fresh(line).state, fresh(line).product, mails("delivered")) == ("producing", one, 0)
    other = come(second, "job-2")
    done = fresh(line)
    assert (done.state, done.order.state, done.product, set(done.products.all())) == (
        "delivered",
        "delivered",
        one,
        {one, other},
    )
    assert come(second, "job-2") == other
    assert mails("delivered") == 1


def test_a_number_that_is_refused_is_missing_and_the_line_ends_with_the_other(line):
    first, second = two_numbers(line)
    one = come(first, "job-1")
    refuse(second)
    assert (fresh(line).state, fresh(line).product) == ("delivered", one)
    assert (mails("part_rejected_office") > 0, mails("failed")) == (True, 0)


def test_a_number_that_is_refused_first_waits_for_the_other(line):
    first, second = two_numbers(line)
    refuse(first)
    assert fresh(line).state == "producing"
    come(second, "job-2")
    assert fresh(line).state == "delivered"


def test_all_numbers_refused_fail_the_line_and_give_its_cost_back(line):
    for delivery in two_numbers(line):
        refuse(delivery)
    assert (fresh(line).state, mails("failed")) == ("failed", 1)
    assert LedgerEntry.objects.filter(kind="refund").count() == 1
