# SPDX-License-Identifier: AGPL-3.0-or-later
"""Held first: the parts of an area, for whom, and what may be told of the orders of others."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import MultiPolygon
from django.urls import reverse
from django.utils import translation
from shapely.geometry import box

from dinamis.catalogue.enums import CellStatus, ProductFamily
from dinamis.catalogue.models import SearchArea
from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.core import clock, geo
from dinamis.core.exceptions import Invalid
from orders.check_sentence import sentence
from orders.models import Order
from orders.selectors.holdings.held import PartKind, held_first, of_order, wanted_of
from orders.selectors.holdings.left import offers
from orders.services.requests.acquisition_draft import wanted_of as wanted_parameters
from orders.services.requests.submission import submit_order
from orders.services.reviewing.review import refuse_order
from tests.dinamis.catalogue.cast import build_world
from tests.factories.catalogue import AssetFactory, CoverageCellFactory, CoverageFactory, ItemFactory, square
from tests.factories.orders import acquisition, drafted, in_review, member_of, submitted, world

pytestmark = pytest.mark.django_db
ALL = SearchFilters()


def geos(shape):
    return geo.to_multipolygon(shape)


def shares(held):
    """Percent by kind, rounded."""
    return {part.kind.value: round(part.percent, 1) for part in held.parts}


def image(w, *bounds, **fields):
    return ItemFactory(collection=w.collection, footprint=geos(box(*bounds)), **fields)


# A square of a tenth of a degree, cut in ten columns: 61 % is six columns, near enough.
AREA = box(3.0, 43.0, 4.0, 43.5)


def test_every_place_counts_once_for_the_best_that_can_be_done_there(w):
    other = world()
    image(w, 2.9, 42.9, 3.6, 43.6)
    image(w, 2.9, 42.9, 3.3, 43.6)
    image(w, 3.5, 42.9, 3.8, 43.6, embargo_until=clock.now() + timedelta(days=9))
    order = submitted(other, scenes=[_scene(other)], aoi=box(3.7, 43.1, 3.9, 43.4))
    held = held_first(AREA, w.researcher, ALL)
    assert [part.kind for part in held.parts] == [
        PartKind.DOWNLOAD,
        PartKind.CLOSED,
        PartKind.ON_ORDER,
        PartKind.NOBODY,
    ]
    assert shares(held) == {"download": 60.0, "closed": 20.0, "on_order": 6.0, "nobody": 14.0}
    assert held.held_percent == pytest.approx(80)
    assert sum(part.area_m2 for part in held.parts) == pytest.approx(held.area_m2)
    for left in held.parts:
        for right in held.parts:
            assert left is right or left.geometry.intersection(right.geometry).area < 1e-12
    assert held.own == ()
    assert [reason.code.value for reason in held.missing] == ["embargo"]
    assert shares(held_first(AREA, w.researcher, ALL, but=order)) == {"download": 60, "closed": 20, "nobody": 20}


def _scene(w):
    return ItemFactory(collection=w.collection, held=False, source_id="DS_X", footprint=geos(box(3.6, 43.0, 4.1, 43.5)))


def test_few_images_are_named_and_the_newest_of_those_alike(w):
    old = image(w, 2.9, 42.9, 4.1, 43.6, datetime=datetime(2019, 5, 1, tzinfo=UTC))
    new = image(w, 2.9, 42.9, 4.1, 43.6, datetime=datetime(2024, 5, 1, tzinfo=UTC))
    small = image(w, 3.0, 43.0, 3.2, 43.2, datetime=datetime(2025, 5, 1, tzinfo=UTC))
    held = held_first(AREA, w.researcher, ALL)
    assert held.part(PartKind.DOWNLOAD).images == (new.pk,)
    assert set(held.images) == {new.pk}
    assert {old.pk, small.pk}.isdisjoint(held.images)
    assert shares(held) == {"download": 100.0}


def test_what_a_signature_opens_says_which_and_whose():
    unsigned = world(signed=False)
    image(unsigned, 2.9, 42.9, 3.5, 43.6)
    held = held_first(AREA, unsigned.researcher, ALL)
    (signature,) = held.signatures
    assert (signature.by_person, signature.by_organisation) == (True, False)
    assert signature.licence == unsigned.licence
    assert shares(held) == {"sign": 50.0, "nobody": 50.0}
    with translation.override("en"):
        assert sentence(held) == f"50% held: 50% if you sign “{unsigned.licence.name}”, 50% nobody has"


def test_an_area_without_any_image_is_said_without_shares(w):
    with translation.override("en"):
        assert sentence(held_first(AREA, w.researcher, ALL)) == "Nobody has any image of this area that fits"


@pytest.mark.parametrize(
    ("who", "kind", "codes"),
    [
        ("entitled", "download", []),
        ("unsigned", "sign", []),
        ("suspended", "closed", ["entitlement_suspended", "person_acceptance_missing"]),
        ("no_right", "closed", ["no_entitlement", "organisation_acceptance_missing", "person_acceptance_missing"]),
        ("stranger", "closed", ["no_membership", "person_acceptance_missing"]),
        ("anonymous", "closed", ["not_signed_in"]),
    ],
)
def test_the_answer_is_that_of_decide(who, kind, codes):
    cast = build_world()
    held = held_first(box(3.85, 43.55, 3.95, 43.65), cast.people[who], ALL)
    assert list(shares(held)) == [kind]
    assert {reason.code.value for reason in held.missing} <= set(codes)
    assert bool(held.missing) == bool(codes)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (SearchFilters(cloud=1.0), False),
        (SearchFilters(cloud=3.0), True),
        (SearchFilters(incidence=10.0), False),
        (SearchFilters(since=date(2024, 6, 15)), False),
        (SearchFilters(since=date(2024, 6, 14), until=date(2024, 6, 14)), True),
        (SearchFilters(sensors=(ProductFamily.SPOT_6_7.value,)), False),
        (SearchFilters(sensors=(ProductFamily.PLEIADES.value,)), True),
        (SearchFilters(stereo=(2, 3)), False),
        (SearchFilters(levels=("L1",)), False),
        (SearchFilters(levels=("L3",)), True),
    ],
)
def test_only_what_is_wanted_counts(w, wanted, found):
    image(w, 2.9, 42.9, 4.1, 43.6)
    assert shares(held_first(AREA, w.researcher, wanted)) == {"download" if found else "nobody": 100.0}


def test_a_condition_that_looks_at_details_does_not_tell_those_of_a_withheld_image(w):
    image(w, 2.9, 42.9, 4.1, 43.6, embargo_until=clock.now() + timedelta(days=9))
    assert shares(held_first(AREA, w.researcher, ALL)) == {"closed": 100.0}
    assert shares(held_first(AREA, w.researcher, SearchFilters(cloud=50.0))) == {"nobody": 100.0}


def test_many_images_over_one_place_are_all_looked_at_before_it_is_called_uncovered(w):
    for number in range(60):
        image(w, 2.9, 42.9, 3.5, 43.6, datetime=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number))
    image(w, 3.4, 42.9, 4.1, 43.6, datetime=datetime(2001, 1, 1, tzinfo=UTC))
    held = held_first(AREA, w.researcher, ALL)
    assert shares(held) == {"download": 100.0}
    assert len(held.images) == 2


# --- what is on its way ---


def test_orders_of_others_are_told_to_members_and_nobody_is_named(w, client):
    other = world()
    order = submitted(other, scenes=[_scene(other)], aoi=box(3.7, 43.1, 3.9, 43.4))
    assert "on_order" not in shares(held_first(AREA, AnonymousUser(), ALL))
    client.force_login(w.researcher)
    response = client.get(reverse("orders:check"), {"aoi": AREA.wkt}, HTTP_ACCEPT_LANGUAGE="en")
    page = response.content.decode()
    assert "ordered by somebody" in page
    for secret in (order.reference, order.title, str(other.organisation), other.researcher.name, other.project.title):
        assert secret not in page


def test_one_s_own_orders_are_named(w):
    order = submitted(w, scenes=[_scene(w)], aoi=box(3.7, 43.1, 3.9, 43.4))
    assert held_first(AREA, w.researcher, ALL).own == (order.reference,)
    colleague = member_of(w.organisation)
    assert held_first(AREA, colleague, ALL).own == (order.reference,)


def test_drafts_and_orders_that_ended_do_not_count(w):
    other = world()
    drafted(other, scenes=[_scene(other)], aoi=box(3.7, 43.1, 3.9, 43.4))
    assert shares(held_first(AREA, w.researcher, ALL)) == {"nobody": 100.0}
    order = in_review(other, scenes=[_scene_named(other, "DS_Y")], aoi=box(3.7, 43.1, 3.9, 43.4))
    assert "on_order" in shares(held_first(AREA, w.researcher, ALL))
    refuse_order(order=order, actor=other.moderator, reason="Non.")
    assert shares(held_first(AREA, w.researcher, ALL)) == {"nobody": 100.0}


def _scene_named(w, name):
    return ItemFactory(collection=w.collection, held=False, source_id=name, footprint=geos(box(3.6, 43, 4.1, 43.5)))


def test_a_running_order_of_something_else_does_not_count(w):
    other = world()
    submitted(other, scenes=[_scene(other)], aoi=box(3.7, 43.1, 3.9, 43.4))
    assert shares(held_first(AREA, w.researcher, SearchFilters(cloud=1.0))) == {"nobody": 100.0}
    assert "on_order" in shares(held_first(AREA, w.researcher, SearchFilters(cloud=5.0)))


@pytest.mark.parametrize(("back", "counts"), [(0, True), (1, True), (2, False)])
def test_cells_of_coverages_under_way_are_on_their_way(w, back, counts):
    coverage = CoverageFactory(collection=w.collection, year=clock.today().year - back)
    cell = MultiPolygon(square(west=3.0, south=43.0, side=0.5), srid=4326)
    CoverageCellFactory(coverage=coverage, geometry=cell, status=CellStatus.ACQUIRED)
    CoverageCellFactory(coverage=coverage, geometry=cell, status=CellStatus.DELIVERED)
    held = held_first(AREA, w.researcher, ALL)
    assert shares(held) == ({"planned": 50.0, "nobody": 50.0} if counts else {"nobody": 100.0})
    assert held.years == ((coverage.year,) if counts else ())
    assert shares(held_first(AREA, w.researcher, SearchFilters(until=date(2001, 1, 1)))) == {"nobody": 100.0}


# --- what is left ---


def test_the_residual_costs_less_than_all(w):
    image(w, 2.9, 42.9, 3.6, 43.6)
    scene = ItemFactory(collection=w.collection, held=False, source_id="Z", footprint=geos(box(3.5, 42.9, 4.1, 43.6)))
    held = held_first(AREA, w.researcher, SearchFilters(sensors=("pleiades",)))
    archive, acquisition = offers(held, w.researcher)
    assert (archive.kind.value, acquisition.kind.value) == ("archive", "acquisition")
    assert archive.scenes == (scene.pk,)
    assert archive.covered_percent == pytest.approx(100)
    assert 0 < archive.residual.cents < archive.whole.cents
    assert archive.residual.billed_m2 == pytest.approx(0.4 * held.area_m2, rel=1e-3)
    assert acquisition.minimum_m2 == 100_000_000


def test_nothing_left_nothing_to_order(w):
    image(w, 2.9, 42.9, 4.1, 43.6)
    assert offers(held_first(AREA, w.researcher, ALL), w.researcher) == []


# --- ordering what is held ---


def test_an_order_over_what_is_held_says_why(w):
    image(w, 3.6, 43.3, 3.78, 43.5)
    order = drafted(w, justification="")
    with pytest.raises(Invalid) as refusal:
        submit_order(order=order, actor=w.researcher)
    assert (refusal.value.code, refusal.value.pointer) == ("already_held", "justification")
    assert Order.objects.get().state == "draft"
    assert not Order.objects.get().reviews.exists()


def test_the_threshold_is_a_setting(w, settings):
    image(w, 3.6, 43.3, 3.78, 43.5)
    settings.DINAMIS = {**settings.DINAMIS, "HELD_SHARE_NEEDS_WORDS": 90}
    assert submitted(w, justification="").state == "submitted"


def test_mono_images_do_not_stand_for_a_stereo_pair(w):
    image(w, 3.6, 43.3, 3.9, 43.5)
    pair = ItemFactory(
        collection=w.collection, held=False, source_id="P", stereo_count=2, footprint=geos(box(3.6, 43.3, 3.9, 43.5))
    )
    order = drafted(w, scenes=[pair], justification="")
    assert wanted_of(order).stereo == (2, 3)
    assert submit_order(order=order, actor=w.researcher).state == "submitted"


def test_the_office_reads_the_answer_of_the_requester_and_the_reason(w, client):
    image(w, 3.6, 43.3, 3.9, 43.5)
    order = submitted(w, justification="Marée basse nécessaire")
    assert shares(of_order(order)) == {"download": 100.0}
    client.force_login(w.moderator)
    response = client.get(reverse("orders:review", args=[order.reference]))
    if response.status_code == 200:
        assert response.context["held"].held_percent == pytest.approx(100)
        assert "Marée basse nécessaire" in response.content.decode()


# --- the page ---


@pytest.fixture
def address():
    return reverse("orders:check")


def test_without_an_area_the_page_asks_for_one(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert "held" not in response.context


def test_a_place_with_an_outline_is_answered_and_a_point_is_not(client, address, w):
    from tests.factories.catalogue import AdminUnitFactory

    AdminUnitFactory(code="34172", name="Montpellier", geometry=MultiPolygon(square(), srid=4326))
    assert "held" in client.get(address, {"where": "Montpellier (34172)"}).context
    response = client.get(address, {"where": "43.6, 3.9"})
    assert response.context["form"].errors["where"]
    assert "held" not in response.context


def test_a_wrong_value_is_explained_and_not_answered(client, address):
    response = client.get(address, {"aoi": AREA.wkt, "cloud": "101"})
    assert response.context["form"].errors["cloud"]
    assert "held" not in response.context


def test_a_file_is_read_into_the_address(client, address):
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = SimpleUploadedFile("zone.wkt", AREA.wkt.encode())
    response = client.post(reverse("orders:check_area"), {"area_file": sent, "query": "cloud=10"})
    assert response.status_code == 302
    assert response["Location"].startswith(f"{address}?cloud=10&aoi=POLYGON")
    bow = SimpleUploadedFile("bow.wkt", b"POLYGON((3 43, 4 44, 4 43, 3 44, 3 43))")
    repaired = client.post(reverse("orders:check_area"), {"area_file": bow}, follow=True)
    assert repaired.context["held"].area_m2 > 0
    assert len(list(repaired.context["messages"])) == 1
    refused = client.post(reverse("orders:check_area"), {"area_file": SimpleUploadedFile("zone.wkt", b"POLYGON((")})
    assert refused.status_code == 422
    assert refused.context["area_form"].errors["area_file"]


def test_the_files_of_the_part_that_may_be_downloaded(client, w, address):
    held = AssetFactory(item=image(w, 2.9, 42.9, 4.1, 43.6))
    client.force_login(w.researcher)
    page = client.get(address, {"aoi": AREA.wkt})
    assert list(page.context["download"].images) == [held.item_id]
    links = client.post(reverse("orders:check_files"), {"scene": held.item_id})
    assert held.file_name in links.content.decode()
    listed = client.post(reverse("orders:check_files"), {"scene": held.item_id, "format": "txt"})
    assert listed["Content-Type"].startswith("text/plain")
    nothing = client.post(reverse("orders:check_files"), {"scene": "x", "query": "next=//evil"})
    assert nothing["Location"].startswith(address)


def test_the_residual_is_ordered_in_one_click(client, w, address):
    image(w, 2.9, 42.9, 3.6, 43.6)
    scene = ItemFactory(collection=w.collection, held=False, source_id="Z", footprint=geos(box(3.5, 42.9, 4.1, 43.6)))
    client.force_login(w.researcher)
    query = f"aoi={AREA.wkt}&sensor=pleiades"
    asked = {"query": query, "kind": "archive", "family": "pleiades"}
    response = client.post(reverse("orders:check_residual"), asked)
    kept = SearchArea.objects.get()
    asked_there = f"family=pleiades&aoi=area-{kept.token}&mode=mono"
    assert response["Location"] == f"{reverse('orders:new_archive')}?{asked_there}"
    assert geo.to_shapely(kept.geometry).equals(AREA)
    assert scene.title in client.get(response["Location"]).text
    unknown = client.post(reverse("orders:check_residual"), {**asked, "family": "rapideye"})
    assert unknown["Location"].startswith(address)


def test_the_answer_is_shown_where_an_order_is_written(client, w):
    image(w, 3.6, 43.3, 3.9, 43.5)
    client.force_login(w.researcher)
    data = {"scene": w.scene.pk, "step": "compute", "aoi": box(3.70, 43.35, 3.80, 43.41).wkt, "title": "T"}
    response = client.post(reverse("orders:new"), data)
    assert shares(response.context["held"]) == {"download": 100.0}


def test_the_answer_takes_the_same_number_of_queries_however_many_images(w, django_assert_max_num_queries):
    image(w, 2.9, 42.9, 3.5, 43.6)
    with django_assert_max_num_queries(16):
        held_first(AREA, w.researcher, ALL)
    for number in range(8):
        image(w, 3.0 + number / 10, 42.9, 3.1 + number / 10, 43.6)
    with django_assert_max_num_queries(16):
        held_first(AREA, w.researcher, ALL)


def test_the_last_day_of_a_window_is_the_last_that_counts(w):
    order = acquisition(w)
    assert wanted_of(order).until == wanted_parameters(order).parameters.last
