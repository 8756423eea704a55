# SPDX-License-Identifier: AGPL-3.0-or-later
"""My orders in three views, what is kept for oneself, followers, and joining somebody's running request."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from shapely.geometry import Polygon, box

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage
from licensing.models import Licence, ProjectMember
from orders.models import JoinRequest, Order, OrderMark
from orders.selectors.requests.mine import blurred_cell, narrowed, running_elsewhere
from orders.services.requests import sharing
from orders.services.reviewing.review import refuse_order
from tests.factories.licensing import ProjectFactory, approved_adhesion, grant, organisation_signs
from tests.factories.orders import approved, delivered, drafted, in_review, member_of, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, w):
    client.force_login(w.researcher)
    return client


@pytest.fixture
def other(w):
    """A researcher of another organisation, with a project."""
    adhesion = approved_adhesion()
    grant(adhesion, Licence.objects.get(pk=w.licence.pk))
    version = w.licence.versions.get()
    organisation_signs(adhesion.organisation, version)
    person = member_of(adhesion.organisation, version)
    person.own_project = ProjectFactory(organisation=adhesion.organisation, owner=person)
    return person


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def told(template, to=None):
    found = OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}")
    return found.filter(payload__to=to.email).count() if to else found.count()


# --- narrowing -------------------------------------------------------------------------------------------------------


def test_each_parameter_narrows(w):
    draft, sent, done = drafted(w, title="Dunes"), submitted(w, title="Marais"), delivered(w, title="Falaises")
    sharing.mark(order=sent, person=w.researcher, own_reference="LAB-7", tags=["thèse", " thèse "], note="urgent")
    sharing.follow(order=sent, person=w.researcher, following=True)
    for asked, expected in (
        ({}, {draft, sent, done}),
        ({"state": "on_me"}, {draft}),
        ({"state": "running"}, {sent}),
        ({"state": "delivered"}, {done}),
        ({"state": "over"}, set()),
        ({"state": "nonsense"}, {draft, sent, done}),
        ({"kind": "archive"}, {draft, sent, done}),
        ({"family": "spot-6-7"}, set()),
        ({"who": "me"}, {draft, sent, done}),
        ({"who": "followed"}, {sent}),
        ({"tag": "thèse"}, {sent}),
        ({"q": "lab-7"}, {sent}),
        ({"q": "falaise"}, {done}),
        ({"q": draft.reference}, {draft}),
    ):
        assert set(narrowed(w.researcher, asked)) == expected, asked
    colleague = member_of(w.organisation)
    assert set(narrowed(colleague, {"who": "me"})) == set()
    assert set(narrowed(colleague, {"tag": "thèse"})) == set()


def test_nothing_that_fits_is_not_the_same_as_no_order(browser):
    empty, narrowed = (browser.get(reverse("orders:list"), asked) for asked in ({}, {"q": "x"}))
    assert (empty.context["narrowed"], narrowed.context["narrowed"]) == (False, True)
    assert empty.text.count(reverse("catalogue:search")) > narrowed.text.count(reverse("catalogue:search"))


@pytest.mark.parametrize("view", ["table", "map", "calendar", "nonsense"])
def test_every_view_shows_the_orders(browser, w, view):
    order = submitted(w)
    page = browser.get(reverse("orders:list"), {"view": view})
    assert page.status_code == 200
    assert order.title in page.text
    assert reverse("orders:detail", args=[order.reference]) in page.text


def test_the_calendar_knows_the_months(browser, w):
    order = delivered(w)
    today = clock.today()
    page = browser.get(reverse("orders:list"), {"view": "calendar", "month": f"{today.year}-{today.month:02d}"})
    assert page.text.count(order.title) >= 4
    page = browser.get(reverse("orders:list"), {"view": "calendar", "month": "1999-12", "state": "delivered"})
    assert order.title not in page.text
    assert "state=delivered&amp;month=2000-01" in page.text
    for wrong in ("", "x", "2026-13", "2026"):
        assert browser.get(reverse("orders:list"), {"view": "calendar", "month": wrong}).status_code == 200


@pytest.mark.parametrize("view", ["table", "map", "calendar"])
def test_a_view_needs_as_many_queries_for_three_orders_as_for_one(browser, w, view):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            browser.get(reverse("orders:list"), {"view": view})
        return len(seen)

    submitted(w)
    queries()
    first = queries()
    for _ in range(2):
        submitted(w)
    assert queries() == first


# --- marks -----------------------------------------------------------------------------------------------------------


def test_marks_are_read_by_nobody_else(browser, client, w):
    order = submitted(w)
    browser.post(
        reverse("orders:mark", args=[order.reference]),
        {"own_reference": "LAB-7", "tags": "thèse, côte", "note": "Voir Paul."},
    )
    row = OrderMark.objects.get()
    assert (row.own_reference, row.tags, row.note, row.following) == ("LAB-7", ["thèse", "côte"], "Voir Paul.", False)
    assert "Voir Paul." in browser.get(reverse("orders:detail", args=[order.reference])).text
    client.force_login(member_of(w.organisation))
    assert "Voir Paul." not in client.get(reverse("orders:detail", args=[order.reference])).text


@pytest.mark.parametrize("words", [{"tags": ["x" * 41]}, {"tags": [str(n) for n in range(11)]}, {"note": "x" * 2001}])
def test_too_much_is_not_kept(w, words):
    with pytest.raises(Invalid):
        sharing.mark(order=submitted(w), person=w.researcher, **words)
    assert not OrderMark.objects.exists()


def test_followers_are_told_and_the_requester_once(w):
    order = in_review(w)
    colleague = member_of(w.organisation)
    sharing.follow(order=order, person=colleague, following=True)
    sharing.follow(order=order, person=w.researcher, following=True)
    refuse_order(order=order, actor=w.moderator, reason="Déjà acquis.")
    assert (told("followed"), told("followed", colleague), told("refused")) == (1, 1, 1)


def test_who_follows_no_more_is_not_told(w):
    order = in_review(w)
    colleague = member_of(w.organisation)
    for following in (True, False):
        sharing.follow(order=order, person=colleague, following=following)
    refuse_order(order=order, actor=w.moderator, reason="Déjà acquis.")
    assert told("followed") == 0


def test_what_is_over_is_not_followed(w):
    with pytest.raises(IllegalTransition):
        sharing.follow(order=delivered(w), person=w.researcher, following=True)


def test_an_order_is_shared_with_the_people_of_its_project(w):
    order = submitted(w)
    colleague = member_of(w.organisation)
    ProjectMember.objects.create(project=w.project, user=colleague)
    assert sharing.share_with_project(order=order, actor=w.researcher) == 1
    assert sharing.share_with_project(order=order, actor=w.researcher) == 0
    assert told("shared", colleague) == 1
    assert OrderMark.objects.get(person=colleague).following
    with pytest.raises(NotPermitted):
        sharing.share_with_project(order=order, actor=colleague)


# --- what others have under way --------------------------------------------------------------------------------------


def test_requests_of_others_are_a_cell_and_no_name(client, w, other):
    order = submitted(w, title="Secret du laboratoire")
    (row,) = running_elsewhere(other)
    west, south, east, north = row.cell
    assert (row.pk, east - west, north - south) == (order.pk, 0.25, 0.25)
    assert running_elsewhere(w.researcher) == running_elsewhere(member_of(w.organisation)) == []
    client.force_login(other)
    page = client.get(reverse("orders:running")).text
    for secret in (order.title, order.reference, str(w.organisation), str(w.researcher)):
        assert secret not in page
        assert secret not in client.get(reverse("orders:join", args=[order.pk])).text


def test_drafts_and_what_is_over_are_not_shown(w, other):
    drafted(w)
    delivered(w)
    assert running_elsewhere(other) == []


def test_cells_lie_on_one_grid():
    assert blurred_cell(3.7, 43.3) == (3.5, 43.25, 3.75, 43.5)
    assert blurred_cell(-0.1, -0.1) == (-0.25, -0.25, 0, 0)


def joined(w, other, order, **more):
    return sharing.ask_join(order=order, person=other, project=other.own_project, **more)


def test_a_request_is_joined_with_the_agreement_of_its_requester(client, w, other):
    order = approved(w)
    client.force_login(other)
    address = reverse("orders:detail", args=[order.reference])
    assert client.get(address).status_code == 404
    join = joined(w, other, order, words="Même lagune.")
    assert told("join_asked", w.researcher) == 1
    assert client.get(address).status_code == 404
    sharing.answer_join(join=join, actor=w.researcher, accepted=True)
    assert (fresh(join).state, told("join_answered", other)) == ("accepted", 1)
    assert client.get(address).status_code == 200
    assert OrderMark.objects.get(person=other).following
    sharing.leave(join=join, actor=other)
    assert client.get(address).status_code == 404


def test_a_declined_wish_opens_nothing(w, other):
    join = joined(w, other, submitted(w))
    with pytest.raises(Invalid):
        sharing.answer_join(join=join, actor=w.researcher, accepted=False)
    sharing.answer_join(join=join, actor=w.researcher, accepted=False, words="Zone sensible.")
    assert fresh(join).state == "declined"
    assert not Order.objects.visible_to(other).exists()
    assert not OrderMark.objects.exists()


def test_only_a_part_inside_the_area_is_joined(w, other):
    order = submitted(w)
    with pytest.raises(Invalid):
        joined(w, other, order, aoi=box(0, 0, 1, 1))
    join = joined(w, other, order, aoi=box(3.70, 43.35, 3.75, 43.50))
    assert join.aoi.area < order.aoi.area


def test_who_may_not_join(w, other):
    order = submitted(w)
    with pytest.raises(NotPermitted):
        sharing.ask_join(order=order, person=w.researcher, project=other.own_project)
    with pytest.raises(NotPermitted):
        sharing.ask_join(order=order, person=w.researcher, project=w.project)
    joined(w, other, order)
    with pytest.raises(IllegalTransition):
        joined(w, other, order)
    with pytest.raises(IllegalTransition):
        joined(w, other, delivered(w))
    with pytest.raises(NotPermitted):
        sharing.answer_join(join=JoinRequest.objects.get(), actor=other, accepted=True)
    assert JoinRequest.objects.get().state == "asked"


def test_joining_from_page_to_page(client, w, other):
    order = submitted(w)
    client.force_login(other)
    page = client.post(reverse("orders:join", args=[order.pk]), {"project": "", "aoi": "nonsense"})
    assert (page.status_code, JoinRequest.objects.count()) == (200, 0)
    client.post(reverse("orders:join", args=[order.pk]), {"project": other.own_project.pk, "words": "Même lagune."})
    client.post(reverse("orders:running_follow", args=[order.pk]), {"following": "1"})
    join = JoinRequest.objects.get()
    client.force_login(w.researcher)
    assert "Même lagune." in client.get(reverse("orders:detail", args=[order.reference])).text
    client.post(reverse("orders:join_answer", args=[order.reference, join.pk]), {"answer": "accept"})
    assert fresh(join).state == "accepted"
    client.force_login(other)
    client.post(reverse("orders:join_leave", args=[join.pk]))
    assert fresh(join).state == "withdrawn"


def test_an_area_that_also_touches_the_request_is_joined_with_what_lies_inside(w, other):
    order = submitted(w)
    west, south, east, north = order.aoi.extent
    middle = (west + east) / 2
    # A bracket: inside of the request on the left, along its border on the right.
    bracket = Polygon(
        [
            (west - 0.1, south - 0.1),
            (east, south - 0.1),
            (east, south - 0.05),
            (middle, south - 0.05),
            (middle, north - 0.05),
            (west - 0.1, north - 0.05),
        ]
    ).union(box(east, south - 0.1, east + 0.1, north))
    assert bracket.geom_type == "Polygon"
    join = joined(w, other, order, aoi=bracket)
    assert 0 < join.aoi.area < order.aoi.area
