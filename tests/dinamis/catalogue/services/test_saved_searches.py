# SPDX-License-Identifier: AGPL-3.0-or-later
"""A saved search tells each image once, when its reader may see it, and writes no mail for nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.http import QueryDict

from dinamis.accounts.services.erasure import erase_account
from dinamis.catalogue.area_text import name_of
from dinamis.catalogue.enums import AdminKind, Alert
from dinamis.catalogue.models import ArrivalMark, Item, SavedSearch, SearchArea
from dinamis.catalogue.notifications import STOP
from dinamis.catalogue.selectors.saved_searches import latest_round
from dinamis.catalogue.services import saved_searches
from dinamis.catalogue.services.areas import keep_area
from dinamis.catalogue.services.arrivals import forget_marks, note_arrivals
from dinamis.catalogue.services.saved_searches import change_search, delete_search, save_search, send_alerts
from dinamis.core import clock, keys, outbox
from dinamis.core.exceptions import Invalid
from dinamis.core.geo import to_shapely
from dinamis.core.models import OutboxMessage
from dinamis.core.personal import register
from dinamis.core.retention import apply_retention
from tests.dinamis.catalogue.cast import build_world
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import AdminUnitFactory, ItemFactory, square

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def saved(owner, query="", alert=Alert.DAILY, name="Mine"):
    return save_search(owner=owner, name=name, query=QueryDict(query), alert=alert)


def mails(template="new_images"):
    rows = OutboxMessage.objects.filter(payload__template=f"catalogue/mail/{template}").order_by("pk")
    return [row.payload for row in rows]


def told(payload):
    """What a mail names: the path of each image."""
    return [image["url"].split("/")[-2] for search in payload["context"]["searches"] for image in search["images"]]


def next_day(n=1):
    return clock.now() + n * DAY


def run(n=1):
    """The alerts of the n-th day from now."""
    return send_alerts(at=next_day(n))


# --- keeping ---


def test_only_what_is_about_the_search_is_kept():
    search = saved(UserFactory(), "sensor=pleiades&sensor=spot-6-7&cloud=10&after=abc&before=&q=&spy=1&view=3.8,43.5,9")
    assert search.query == "sensor=pleiades&sensor=spot-6-7&cloud=10&view=3.8%2C43.5%2C9"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("cloud=lots", "Clouds"),
        ("bbox=1,2,3", "Box"),
        ("place=commune:0", "place"),
        ("project=1", "project"),
        ("aoi=POLYGON", "Area"),
        ("where=Saint-Martin", "Several places"),
        ("q=" + "x" * 121, "identifier"),
    ],
)
def test_a_search_that_cannot_be_run_is_not_kept(query, said, settings):
    settings.LANGUAGE_CODE = "en"
    for code in ("11001", "22001"):
        AdminUnitFactory(code=code, name="Saint-Martin")
    owner = UserFactory()
    with pytest.raises(Invalid, match=said) as refused:
        saved(owner, query)
    assert (refused.value.pointer, bool(refused.value.repair)) == ("query", True)
    assert not SavedSearch.objects.exists()
    assert not ArrivalMark.objects.exists()


def test_a_query_that_no_address_holds_is_refused():
    with pytest.raises(Invalid) as refused:
        saved(UserFactory(), "licence=" + "x" * 8_000)
    assert (refused.value.pointer, bool(refused.value.repair)) == ("query", True)
    assert not SavedSearch.objects.exists()


def test_a_name_is_kept_once_whatever_its_case():
    owner = UserFactory()
    saved(owner, name="  Dunes   du Sud ")
    with pytest.raises(Invalid) as refused:
        saved(owner, name="dunes du sud")
    assert refused.value.pointer == "name"
    assert [search.name for search in SavedSearch.objects.all()] == ["Dunes du Sud"]
    assert saved(UserFactory(), name="Dunes du Sud").pk


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_says_something(name):
    with pytest.raises(Invalid) as refused:
        saved(UserFactory(), name=name)
    assert refused.value.pointer == "name"


def test_no_more_than_the_limit(settings):
    settings.DINAMIS = {**settings.DINAMIS, "SAVED_SEARCHES_MAX": 2}
    owner = UserFactory()
    saved(owner, name="one")
    saved(owner, name="two")
    with pytest.raises(Invalid) as refused:
        saved(owner, name="three")
    assert refused.value.code == "too_many"
    assert owner.saved_searches.count() == 2
    assert saved(UserFactory(), name="three").pk


def test_another_name_and_rhythm():
    owner = UserFactory()
    first, second = saved(owner, name="one"), saved(owner, name="two", alert=Alert.OFF)
    assert second.mark is None
    with pytest.raises(Invalid):
        change_search(owner=owner, pk=second.pk, name="ONE", alert=Alert.DAILY)
    second.refresh_from_db()
    assert (second.name, second.alert, second.mark) == ("two", Alert.OFF, None)
    assert change_search(owner=owner, pk=second.pk, name="three", alert=Alert.WEEKLY).mark is not None
    # Another rhythm forgets nothing of what was not told yet.
    assert change_search(owner=owner, pk=first.pk, name="one", alert=Alert.WEEKLY).mark == first.mark
    assert change_search(owner=owner, pk=first.pk, name="one", alert=Alert.OFF).mark is None


def test_those_of_others_are_not_there():
    search, other = saved(UserFactory()), UserFactory()
    with pytest.raises(SavedSearch.DoesNotExist):
        change_search(owner=other, pk=search.pk, name="theirs", alert=Alert.OFF)
    with pytest.raises(SavedSearch.DoesNotExist):
        delete_search(owner=other, pk=search.pk)
    search.refresh_from_db()
    assert (search.name, search.alert) == ("Mine", Alert.DAILY)


def test_an_erased_account_keeps_no_search():
    owner, other = UserFactory(), UserFactory()
    saved(owner)
    saved(other)
    for erase in reversed(register.erasers):
        erase(owner)
    assert erase_account in register.erasers
    assert [search.owner for search in SavedSearch.objects.all()] == [other]


def test_a_key_is_told_that_it_may_not_rather_than_what_is_wrong():
    owner = UserFactory()
    with keys.window():
        keys.act_as(object())
        with pytest.raises(keys.KeyForbidden):
            save_search(owner=owner, name=" ", query=QueryDict("cloud=no"))
        with pytest.raises(keys.KeyForbidden):
            change_search(owner=owner, pk=0, name="anew", alert=Alert.OFF)
        with pytest.raises(keys.KeyForbidden):
            delete_search(owner=owner, pk=0)
    assert not SavedSearch.objects.exists()


# --- what has arrived ---


def test_marks_say_what_came_between_them():
    old = ItemFactory()
    first = note_arrivals(at=next_day(0))
    new = ItemFactory()
    second = note_arrivals(at=next_day(1))
    assert list(Item.objects.filter(first.unseen & second.seen)) == [new]
    assert list(Item.objects.filter(first.seen)) == [old]
    third = note_arrivals(at=next_day(2))
    assert (third.high, third.missing) == (second.high, second.missing)
    assert not Item.objects.filter(second.unseen).exists()


def skip_ids(number):
    """What a transaction that still runs, or was rolled back, does to the ids of images."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(nextval(pg_get_serial_sequence('catalogue_item', 'id'))) FROM generate_series(1, %s)",
            [number],
        )
        return cursor.fetchone()[0]


def test_what_was_written_before_and_committed_after_is_new():
    ItemFactory()
    first = note_arrivals(at=next_day(0))
    late = skip_ids(3)
    early = ItemFactory()
    second = note_arrivals(at=next_day(1))
    assert second.missing.endswith(f"[{late[0]},{late[2] + 1})}}")
    arrived = ItemFactory(pk=late[1])
    third = note_arrivals(at=next_day(2))
    assert list(Item.objects.filter(first.unseen & second.seen)) == [early]
    assert list(Item.objects.filter(second.unseen & third.seen)) == [arrived]
    assert third.missing.endswith(f"[{late[0]},{late[0] + 1}),[{late[2]},{late[2] + 1})}}")
    assert not Item.objects.filter(third.unseen).exists()


def test_what_is_missing_for_too_long_was_rolled_back(settings):
    settings.DINAMIS = {**settings.DINAMIS, "LONGEST_LOAD_DAYS": 7}
    note_arrivals(at=next_day(0))
    skip_ids(3)
    ItemFactory()
    marks = [note_arrivals(at=next_day(n)) for n in (1, 5, 9, 10)]
    assert [mark.missing != "{}" for mark in marks] == [True, True, False, False]


def test_old_marks_go_but_for_those_that_are_stood_on():
    marks = [note_arrivals(at=next_day(n)) for n in range(5)]
    search = SavedSearch.objects.create(owner=UserFactory(), name="one", query="", alert=Alert.WEEKLY, mark=marks[1])
    assert forget_marks(at=next_day(20)) == 3
    assert list(ArrivalMark.objects.order_by("pk")) == [marks[1], marks[4]]
    search.refresh_from_db()
    assert search.mark == marks[1]


# --- telling ---


def test_what_has_arrived_is_told_once():
    owner = UserFactory()
    ItemFactory()
    search = saved(owner, "sensor=pleiades&cloud=10")
    assert run() == 0
    wanted = ItemFactory(cloud_cover=5)
    ItemFactory(cloud_cover=80)
    assert (run(2), run(3)) == (1, 0)
    (payload,) = mails()
    assert (payload["to"], told(payload)) == (owner.email, [str(wanted.pk)])
    search.refresh_from_db()
    assert search.mark.at > next_day(2)


def test_an_old_picture_that_arrives_now_is_new():
    saved(UserFactory())
    old = ItemFactory(datetime=datetime(1986, 3, 1, tzinfo=UTC))
    run()
    assert told(mails()[0]) == [str(old.pk)]


def test_one_mail_for_all_searches_of_a_person(settings):
    owner, other = UserFactory(language="fr"), UserFactory(language="en")
    saved(owner, "sensor=pleiades", name="Pléiades")
    saved(owner, "sensor=spot-6-7", name="SPOT")
    saved(owner, "", name="All", alert=Alert.OFF)
    saved(other)
    images = [ItemFactory(title=f"image {n}") for n in range(7)]
    assert run() == 2
    french, _english = mails()
    assert [search["name"] for search in french["context"]["searches"]] == ["Pléiades"]
    assert french["context"]["number"] == len(images)
    assert (len(told(french)), french["context"]["searches"][0]["more"]) == (5, 2)
    outbox.drive(OutboxMessage.objects.get(payload__to=owner.email).pk)
    outbox.drive(OutboxMessage.objects.get(payload__to=other.email).pk)
    first, second = mail.outbox
    assert first.subject == "DINAMIS · 7 nouvelles images pour vos recherches"
    assert second.subject == "DINAMIS · 7 new images for your searches"
    for message in (first, second):
        link = message.extra_headers["List-Unsubscribe"].strip("<>")
        assert link in message.body
        assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert images[0].collection.licence.credit_line.replace("{year}", "2024").split("{")[0] in message.body


def test_weekly_ones_wait_for_monday():
    owner = UserFactory()
    tuesday = datetime(2026, 12, 1, 12, tzinfo=UTC)
    with clock.at(tuesday):
        saved(owner, alert=Alert.WEEKLY)
    ItemFactory()
    assert [send_alerts(at=tuesday + n * DAY) for n in range(8)] == [0, 0, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("alert", "at", "round_"),
    [
        (Alert.DAILY, "2026-06-10T04:59+00:00", "2026-06-09T07:00+02:00"),
        (Alert.DAILY, "2026-06-10T05:00+00:00", "2026-06-10T07:00+02:00"),
        (Alert.WEEKLY, "2026-06-10T05:00+00:00", "2026-06-08T07:00+02:00"),
        (Alert.WEEKLY, "2026-06-08T04:00+00:00", "2026-06-01T07:00+02:00"),
        # The clocks go back on the Sunday between.
        (Alert.WEEKLY, "2026-10-26T05:30+00:00", "2026-10-19T07:00+02:00"),
        (Alert.DAILY, "2026-10-26T06:30+00:00", "2026-10-26T07:00+01:00"),
    ],
)
def test_rounds_are_mornings_in_paris(alert, at, round_):
    assert latest_round(alert, datetime.fromisoformat(at)) == datetime.fromisoformat(round_)


def test_withheld_images_are_told_when_that_ends_and_to_whom_they_are_open_at_once():
    with clock.at(clock.now() - DAY):
        world = build_world()
        reserved, embargoed = world.items["reserved_ours"], world.items["embargo"]
        people = world.people["entitled"], world.people["stranger"]
    before = note_arrivals(at=next_day(-1))
    Item.objects.exclude(pk__in=[reserved.pk, embargoed.pk]).delete()
    ArrivalMark.objects.filter(pk=before.pk).update(high=0)
    before.refresh_from_db()
    for person in people:
        SavedSearch.objects.create(owner=person, name="all", query="", alert=Alert.DAILY, mark=before)
    assert run() == 1
    (payload,) = mails()
    assert (payload["to"], told(payload)) == (people[0].email, [str(reserved.pk)])
    assert run(31) == 2
    by_reader = {payload["to"]: set(told(payload)) for payload in mails()[1:]}
    assert by_reader == {
        people[0].email: {str(embargoed.pk)},
        people[1].email: {str(reserved.pk), str(embargoed.pk)},
    }
    assert run(33) == 0


def test_the_embargo_of_a_licence_ends_by_days():
    owner = UserFactory()
    collection = ItemFactory(datetime=clock.now() - 400 * DAY).collection
    collection.licence.embargo_days = 10
    collection.licence.save()
    saved(owner)
    item = ItemFactory(collection=collection, datetime=clock.now() - 8 * DAY)
    assert (run(1), run(3), run(4)) == (0, 1, 0)
    assert told(mails()[0]) == [str(item.pk)]


def test_withdrawn_images_and_delivered_twins_are_left_out():
    saved(UserFactory())
    ItemFactory(withdrawn_at=clock.now())
    ItemFactory(held=False, source_id="DS_1")
    product = ItemFactory(source_id="DS_1")
    run()
    assert told(mails()[0]) == [str(product.pk)]


def test_a_place_is_looked_up_again():
    AdminUnitFactory(code="34172", name="Montpellier")
    saved(UserFactory(), "where=Montpellier (34172)")
    there = ItemFactory()
    ItemFactory(footprint=square(west=-60))
    run()
    assert told(mails()[0]) == [str(there.pk)]


def test_the_area_of_a_saved_search_is_not_forgotten():
    kept, _forgotten = (keep_area(to_shapely(square(west=west))) for west in (3.8, 8.0))
    saved(UserFactory(), f"aoi={name_of(kept)}")
    SearchArea.objects.update(used_on=clock.today() - 3000 * DAY)
    assert dict(apply_retention())["areas of searches"] == 1
    assert [area.token for area in SearchArea.objects.all()] == [kept]
    there = ItemFactory()
    ItemFactory(footprint=square(west=8.0))
    run()
    assert told(mails()[0]) == [str(there.pk)]


def test_a_search_that_cannot_be_run_any_more_stops_with_a_word():
    place = AdminUnitFactory(kind=AdminKind.COMMUNE, code="34172", name="Montpellier")
    owner = UserFactory(language="en")
    broken, sound = saved(owner, "place=commune:34172", name="There"), saved(owner, name="All")
    place.delete()
    ItemFactory()
    assert run() == 1
    assert [search["name"] for search in mails()[0]["context"]["searches"]] == ["All"]
    (payload,) = mails("alert_stopped")
    assert "This place is not known." in payload["context"]["reason"]
    broken.refresh_from_db()
    assert (broken.alert, broken.mark) == (Alert.OFF, None)
    sound.refresh_from_db()
    assert sound.alert == Alert.DAILY


def test_closed_accounts_get_no_mail():
    saved(UserFactory(is_active=False))
    ItemFactory()
    assert run() == 0
    assert not mails()


def test_what_dies_in_the_middle_tells_all_of_it_the_next_time(monkeypatch):
    first, second = UserFactory(), UserFactory()
    saved(first)
    saved(second)
    item = ItemFactory()
    write = saved_searches.notifications.new_images

    def dies(reader, *args):
        write(reader, *args)
        if reader == first:
            raise ConnectionError("the worker was killed")

    monkeypatch.setattr(saved_searches.notifications, "new_images", dies)
    assert run() == 1
    assert [payload["to"] for payload in mails()] == [second.email]
    monkeypatch.undo()
    assert run() == 1
    assert [(payload["to"], told(payload)) for payload in mails()] == [
        (second.email, [str(item.pk)]),
        (first.email, [str(item.pk)]),
    ]


# --- stopping ---


def test_the_link_of_a_mail_stops_all_without_signing_in(client):
    owner, other = UserFactory(), UserFactory()
    for name in ("one", "two"):
        saved(owner, name=name)
    kept = saved(other)
    ItemFactory()
    run()
    address = next(payload for payload in mails() if payload["to"] == owner.email)["unsubscribe"]
    path = "/" + address.split("/", 3)[3]
    assert client.get(path).status_code == 200
    assert SavedSearch.objects.exclude(alert=Alert.OFF).count() == 3
    # As a mail program does (RFC 8058): another site's form, without cookies.
    answer = type(client)(enforce_csrf_checks=True).post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert list(SavedSearch.objects.exclude(alert=Alert.OFF)) == [kept]
    assert owner.saved_searches.count() == 2


@pytest.mark.parametrize("token", ["1", "1:abc", STOP.sign("x"), STOP.sign("0")])
def test_a_link_that_is_none_of_ours_stops_nothing(client, token):
    search = saved(UserFactory())
    assert client.post(f"/account/searches/stop/{token}/").status_code == 404
    search.refresh_from_db()
    assert search.alert == Alert.DAILY
