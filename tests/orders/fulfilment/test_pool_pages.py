# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of groupings, without any script: each party reads its part and answers, the office reads why not."""

import pytest
from django.urls import reverse
from django.utils import translation
from shapely.geometry import box

from dinamis.core import mail
from dinamis.core.models import OutboxMessage
from orders.models import Pool
from orders.selectors.fulfilment.pools import terms_of
from orders.services.fulfilment import pooling
from tests.factories.orders import acquisition_request, neighbour, pool_of, world
from tests.orders.conftest import drive

pytestmark = pytest.mark.django_db
HERE, THERE = box(3.7, 43.3, 3.9, 43.4), box(3.8, 43.3, 4.0, 43.4)


@pytest.fixture
def one():
    return world()


@pytest.fixture
def other(one):
    return neighbour(one)


@pytest.fixture
def pool(one, other):
    for w, area in ((one, HERE), (other, THERE)):
        acquisition_request(w, areas=[area])
    drive("orders.look_around")
    return Pool.objects.get()


def page(client, person, pool):
    client.force_login(person)
    answer = client.get(reverse("orders:pool", args=[pool.reference]))
    assert answer.status_code == 200
    return answer.content.decode()


def send(client, person, name, pool, **data):
    client.force_login(person)
    return client.post(reverse(f"orders:{name}", args=[pool.reference]), {"version": pool.version, **data}, follow=True)


def member(pool, w):
    return pool.members.get(line__order__organisation=w.organisation)


def test_a_party_reads_its_part_and_answers(client, pool, one, other):
    said = page(client, one.researcher, pool)
    assert one.organisation.name in said
    assert other.organisation.name in said
    assert str(other.researcher) not in said
    assert reverse("orders:pool_accept", args=[pool.reference]) in said
    send(client, one.researcher, "pool_accept", pool, line=member(pool, one).line_id)
    assert member(pool, one).answer == "accepted"
    assert reverse("orders:pool_accept", args=[pool.reference]) not in page(client, one.researcher, pool)
    send(client, other.researcher, "pool_decline", pool, line=member(pool, other).line_id, words="Trop tard.")
    assert Pool.objects.get().state == "dissolved"
    assert "Trop tard." in page(client, one.researcher, Pool.objects.get())


def test_options_are_said_in_words(pool):
    pool.terms["options"] = {"image_format": "dimap_jpeg2000_regular"}
    assert [term.value[:9] for term in terms_of(pool) if "_" in term.value or "JPEG" in term.value] == ["JPEG 2000"]


def test_an_answer_for_somebody_else_changes_nothing(client, pool, one, other):
    answer = send(client, one.researcher, "pool_accept", pool, line=member(pool, other).line_id)
    assert "error" in answer.content.decode()
    send(client, one.researcher, "pool_accept", pool, line="x")
    stale = send(client, one.researcher, "pool_accept", pool, line=member(pool, one).line_id, version=9)
    assert stale.status_code in {200, 409}
    assert not pool.members.exclude(answer="").exists()


def test_one_may_offer_to_pay_for_all(client, pool, one):
    send(client, one.researcher, "pool_accept", pool, line=member(pool, one).line_id, sponsor="on")
    assert member(pool, one).share_cents == pool.price_cents


def test_the_office_reads_proposes_and_dissolves(client, pool, one, other):
    stereo = acquisition_request(neighbour(one), areas=[HERE], mode="stereo")
    client.force_login(one.moderator)
    url = reverse("orders:pools")
    listed = client.get(url).content.decode()
    assert pool.reference in listed
    first, second = (member(pool, w).line.order.reference for w in (one, other))
    for names, count in ((first, 1), (f"{first} D-1999-0001", 1), (f"{first} {second}", 1), (f"{first} <b>", 1)):
        assert client.post(url, {"orders": names}).status_code == 200
        assert Pool.objects.count() == count
    send(client, one.moderator, "pool_dissolve", pool, words="")
    assert Pool.objects.get().state == "proposed"
    send(client, one.moderator, "pool_dissolve", pool, words="Autre plan.")
    assert Pool.objects.get().state == "dissolved"
    listed = client.get(url).content.decode()
    assert stereo.reference in listed
    made = client.post(url, {"orders": f"{first}/1, {second}", "rule": "purse"})
    assert made.status_code == 302
    assert Pool.objects.latest("pk").rule == "purse"


def test_queries_do_not_grow_with_the_list(client, one, django_assert_max_num_queries):
    client.force_login(one.moderator)
    counts = []
    for number in (1, 2):
        for _ in range(number):
            pool_of(one)
        with django_assert_max_num_queries(40) as seen:
            client.get(reverse("orders:pools"))
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_mails_of_every_step_are_written_in_both_languages(pool, one, other, language, mailoutbox):
    for w in (one, other):
        w.researcher.language = language
        w.researcher.save()
    again = acquisition_request(one, areas=[HERE])
    pooling.accept(pool=pool, line=member(pool, one).line_id, actor=one.researcher)
    pool.refresh_from_db()
    pooling.accept(pool=pool, line=member(pool, other).line_id, actor=other.researcher)
    pool.refresh_from_db()
    pooling.dissolve(pool=pool, actor=one.moderator, words="Autre plan.")
    with translation.override("en"):
        for message in OutboxMessage.objects.filter(payload__template__startswith="orders/mail/pool_"):
            mail.send_mail({**message.payload, "language": language})
    assert len(mailoutbox) == 6
    assert all(again.reference not in sent.body for sent in mailoutbox)
    bodies = "".join(sent.body for sent in mailoutbox)
    assert ("Bonjour" in bodies, "Hello" in bodies) == (language == "fr", language == "en")
    assert "Autre plan." in bodies
