# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of orders: what they show, what they keep, what they refuse, and how many queries they need."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from shapely.geometry import mapping

from dinamis.core import clock
from licensing.models import Project, Suspension
from orders.models import DownloadTicket, Order
from orders.services.reviewing.review import request_changes
from orders.web.requests.forms import OrderForm
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.orders import (
    AREA,
    AssetFactory,
    SceneFactory,
    approved,
    drafted,
    in_review,
    member_of,
    submitted,
    world,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, w):
    client.force_login(w.researcher)
    return client


def words(w, **changes):
    return {
        "scene": w.scene.pk,
        "aoi": json.dumps(mapping(AREA)),
        "title": "Trait de côte",
        "organisation": w.organisation.pk,
        "project": w.project.pk,
        "justification": "Suivi",
        "step": "submit",
        **changes,
    }


def test_the_new_page_names_the_scene(browser, w):
    response = browser.get(reverse("orders:new"), {"scene": w.scene.pk})
    assert response.status_code == 200
    assert str(w.scene) in response.content.decode()
    assert "aoi-input" in response.content.decode()


@pytest.mark.parametrize("query", [{}, {"scene": "0"}, {"scene": "x"}, {"scene": "99999999"}])
def test_an_order_without_a_known_scene_is_404(browser, query):
    assert browser.get(reverse("orders:new"), query).status_code == 404


def test_signing_in_comes_first(client, w):
    response = client.get(reverse("orders:new"), {"scene": w.scene.pk})
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_compute_shows_area_price_and_envelope_and_writes_nothing(browser, w):
    response = browser.post(reverse("orders:new"), words(w, step="compute"))
    page = response.content.decode()
    assert response.status_code == 200
    costs = response.context["costs"]
    assert 53_000_000 < costs.area_m2 < 55_000_000
    assert costs.price_cents == round(costs.billed_m2 * 406 / 1_000_000)
    assert str(w.envelope) in page
    assert "Trait de côte" in page
    assert Order.objects.count() == 0


def test_price_and_envelopes_follow_a_change(browser, w):
    asked = words(w, title="", step="submit")
    page = browser.post(f"{reverse('orders:new')}?follow", asked).content.decode()
    assert page.lstrip().startswith('<div id="price">')
    assert "what_if" in browser.post(f"{reverse('orders:new')}?follow", asked).context
    assert 'value="submit"' in page
    assert "costs" not in browser.post(f"{reverse('orders:new')}?follow", asked | {"aoi": ""}).context
    assert not Order.objects.exists()


def test_an_upload_is_read_kept_as_text_and_priced(browser, w):
    upload = SimpleUploadedFile("zone.geojson", json.dumps(mapping(AREA)).encode())
    response = browser.post(reverse("orders:new"), words(w, step="compute", aoi="", area_file=upload))
    assert response.context["costs"].area_m2 > 53_000_000
    assert json.loads(response.context["form"]["aoi"].value())["type"] == "Polygon"


def test_an_outline_too_long_is_simplified_and_what_that_costs_is_said(browser, w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "AOI_MAX_VERTICES": 100}
    long = json.dumps(mapping(AREA.segmentize(0.0002)))
    response = browser.post(reverse("orders:new"), words(w, step="compute", aoi=long))
    told = response.context["form"].simplified
    assert (told.after < told.before, told.moved_m2) == (True, 0)
    assert str(told) in response.content.decode()
    assert len(response.context["form"]["aoi"].value()) < len(long)
    sent = browser.post(reverse("orders:new"), words(w, aoi=long), follow=True)
    assert str(told) in sent.content.decode()


def test_the_whole_image_needs_no_area(browser, w):
    response = browser.post(reverse("orders:new"), words(w, step="compute", aoi="", whole="on"))
    assert response.context["costs"].area_m2 > 500_000_000


@pytest.mark.parametrize(
    "aoi",
    [
        "",
        "n’importe quoi",
        '{"type": "Polygon", "coordinates": []}',
        "POLYGON((3.7 43.3, 3.8 43.4, 3.8 43.3, 3.7 43.4, 3.7 43.3))",
        "POLYGON((43.35 3.7, 43.35 3.8, 43.41 3.8, 43.41 3.7, 43.35 3.7))",
        "POLYGON((370 43, 371 43, 371 44, 370 43))",
        "POLYGON((10 10, 10.1 10, 10.1 10.1, 10 10))",
    ],
)
def test_a_bad_area_keeps_the_page_usable_with_all_that_was_typed(browser, w, aoi):
    response = browser.post(reverse("orders:new"), words(w, aoi=aoi, title="Mon titre"))
    page = response.content.decode()
    assert response.status_code == 200
    assert response.context["form"].errors["aoi"]
    assert "Mon titre" in page
    assert "Suivi" in page
    assert Order.objects.count() == 0


def test_submitting_leads_to_the_order(browser, w):
    response = browser.post(reverse("orders:new"), words(w))
    order = Order.objects.get()
    assert (response.status_code, response["Location"]) == (302, reverse("orders:detail", args=[order.reference]))
    assert (order.state, order.requester, order.project) == ("submitted", w.researcher, w.project)


def test_a_new_project_is_created_with_the_order(browser, w):
    browser.post(reverse("orders:new"), words(w, project="", new_project="Érosion 2027"))
    assert Order.objects.get().project.title == "Érosion 2027"


def test_without_a_project_nothing_is_ordered(browser, w):
    response = browser.post(reverse("orders:new"), words(w, project=""))
    assert response.context["form"].errors["project"]
    assert (Order.objects.count(), Project.objects.count()) == (0, 1)


def test_a_foreign_project_cannot_be_named(browser, w):
    response = browser.post(reverse("orders:new"), words(w, project=world().project.pk))
    assert response.context["form"].errors["project"]
    assert Order.objects.count() == 0


def test_what_is_missing_is_said_and_no_draft_is_left(client, w):
    newcomer = member_of(w.organisation)
    client.force_login(newcomer)
    response = client.post(reverse("orders:new"), words(w, project="", new_project="Un projet"))
    page = response.content.decode()
    assert response.status_code == 200
    assert reverse("licensing:sign", args=[w.licence.pk]) in page
    assert "error-summary" not in page  # what is missing is said once
    assert (Order.objects.count(), Project.objects.filter(title="Un projet").count()) == (0, 0)


def test_a_draft_is_changed_and_sent(browser, w):
    order = drafted(w)
    url = reverse("orders:edit", args=[order.reference])
    assert "Trait de côte, golfe du Lion" in browser.get(url).content.decode()
    response = browser.post(url, words(w, title="Autre titre", version=order.version))
    assert response.status_code == 302
    order.refresh_from_db()
    assert (order.title, order.state) == ("Autre titre", "submitted")
    assert browser.get(url).status_code == 404


def test_a_stale_edit_is_refused(browser, w):
    order = drafted(w)
    url = reverse("orders:edit", args=[order.reference])
    browser.post(url, words(w, title="Premier", version=order.version, step="save"))
    response = browser.post(url, words(w, title="Second", version=order.version, step="save"))
    assert response.status_code == 409
    order.refresh_from_db()
    assert order.title == "Premier"


@pytest.mark.parametrize("make", [drafted, submitted, in_review, approved])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_order_page_at_every_step(browser, w, make, language):
    order = make(w)
    response = browser.get(reverse("orders:detail", args=[order.reference]), headers={"accept-language": language})
    page = response.content.decode()
    assert response.status_code == 200
    assert order.reference in page
    assert str(w.scene) in page
    assert page.count('<li class="timeline-') == len(response.context["steps"])
    assert response.context["steps"][-1].kind == "next"


def test_an_order_is_private(client, w):
    order = submitted(w)
    client.force_login(UserFactory())
    assert client.get(reverse("orders:detail", args=[order.reference])).status_code == 404


def test_a_colleague_reads_but_does_not_change(client, w):
    order = drafted(w)
    colleague = member_of(w.organisation)
    client.force_login(colleague)
    assert client.get(reverse("orders:detail", args=[order.reference])).status_code == 404
    sent = submitted(w)
    assert client.get(reverse("orders:detail", args=[sent.reference])).status_code == 200
    client.post(reverse("orders:cancel", args=[sent.reference]))
    sent.refresh_from_db()
    assert sent.state == "submitted"


def test_what_was_sent_back_is_rewritten_by_its_requester_alone(client, w):
    order = in_review(w)
    request_changes(order=order, actor=w.moderator, reason="Réduire la zone.")
    url = reverse("orders:edit", args=[order.reference])
    for person, status in ((member_of(w.organisation), 404), (w.moderator, 404), (w.researcher, 200)):
        client.force_login(person)
        page = client.get(reverse("orders:detail", args=[order.reference]))
        assert page.context["may_edit"] == (status == 200)
        assert client.get(url).status_code == status
    client.force_login(w.moderator)
    order.refresh_from_db()
    assert client.post(url, words(w, title="Autre titre", version=order.version)).status_code == 404
    before = (order.title, order.version)
    order.refresh_from_db()
    assert (order.title, order.version) == before


def test_submit_and_cancel_are_posts(browser, w):
    order = drafted(w)
    assert browser.get(reverse("orders:submit", args=[order.reference])).status_code == 405
    assert browser.get(reverse("orders:cancel", args=[order.reference])).status_code == 200
    order.refresh_from_db()
    assert order.state == "draft"
    browser.post(reverse("orders:submit", args=[order.reference]), {"version": order.version})
    order.refresh_from_db()
    assert order.state == "submitted"
    browser.post(reverse("orders:cancel", args=[order.reference]), {"version": order.version})
    order.refresh_from_db()
    assert order.state == "cancelled"


def queries_of(client, url):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("page", ["orders:list", "orders:desk"])
def test_lists_need_the_same_queries_for_one_and_three_rows(client, w, page):
    client.force_login(w.moderator if page == "orders:desk" else w.researcher)
    submitted(w)
    client.get(reverse(page))
    one = queries_of(client, reverse(page))
    submitted(w)
    approved(w)
    in_review(w)
    SceneFactory(collection=w.collection, held=True)
    assert queries_of(client, reverse(page)) == one


def test_my_orders_are_mine_and_my_organisation_s(browser, w):
    colleague = member_of(w.organisation, w.licence.versions.get())
    mine = drafted(w)
    shared = submitted(w)
    Order.objects.filter(pk=shared.pk).update(requester=colleague)
    hidden = drafted(w)
    Order.objects.filter(pk=hidden.pk).update(requester=colleague)
    other = submitted(world())
    shown = {row["order"].pk for row in browser.get(reverse("orders:list")).context["rows"]}
    assert shown == {mine.pk, shared.pk}
    assert other.pk not in shown


# --- the office ----------------------------------------------------------------------------------------------------


def test_the_desk_is_for_the_office(browser, w):
    assert browser.get(reverse("orders:desk")).status_code == 404
    order = submitted(w)
    assert browser.get(reverse("orders:review", args=[order.reference])).status_code == 404
    assert browser.post(reverse("orders:claim", args=[order.reference])).status_code == 404


def test_the_desk_says_what_stands_in_the_way(client, w):
    order = submitted(w)
    SceneFactory(collection=w.collection, held=True)
    client.force_login(w.moderator)
    (row,) = client.get(reverse("orders:desk"), {"tab": "orders"}).context["rows"]
    assert (row.who, row.state, row.holder) == (w.organisation.name, "submitted", "")
    assert row.url == reverse("orders:review", args=[order.reference])
    assert row.blocking.startswith("100")
    active_membership(w.moderator, w.organisation)
    (row,) = client.get(reverse("orders:desk"), {"tab": "orders"}).context["rows"]
    assert not row.blocking.startswith("100")


def test_an_envelope_that_does_not_suffice_is_said(client, w):
    small = world(budget_km2=10)
    submitted(small)
    client.force_login(small.moderator)
    (row,) = client.get(reverse("orders:desk"), {"tab": "orders"}).context["rows"]
    assert row.blocking


def decision(order, w, name, **changes):
    return {
        "decision": name,
        "version": order.version,
        "envelope": w.envelope.pk,
        "reason": "Besoin établi.",
        **changes,
    }


def test_claim_then_approve(client, w):
    order = submitted(w)
    client.force_login(w.moderator)
    url = reverse("orders:review", args=[order.reference])
    assert client.post(reverse("orders:claim", args=[order.reference]))["Location"] == f"{url}#decision-title"
    order.refresh_from_db()
    assert order.state == "in_review"
    page = client.get(url)
    # Two forms on the page, each with labels of its own.
    assert (page.text.count('id="id_reason_code"'), page.text.count('id="recusal-reason_code"')) == (1, 1)
    assert page.context["may_decide"]
    assert page.context["proposals"][0].envelope == w.envelope
    assert client.post(url, decision(order, w, "approve")).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.envelope) == ("approved", w.envelope)


@pytest.mark.parametrize(("name", "state"), [("refuse", "refused"), ("request_changes", "changes_requested")])
def test_other_decisions(client, w, name, state):
    order = in_review(w)
    client.force_login(w.moderator)
    client.post(reverse("orders:review", args=[order.reference]), decision(order, w, name))
    order.refresh_from_db()
    assert order.state == state


@pytest.mark.parametrize(
    ("name", "changes", "field"),
    [
        ("approve", {"reason": ""}, "reason"),
        ("approve", {"envelope": "0"}, "envelope"),
        ("refuse", {"reason": " "}, "reason"),
    ],
)
def test_a_decision_that_cannot_be_taken_stays_on_the_page(client, w, name, changes, field):
    order = in_review(w)
    client.force_login(w.moderator)
    response = client.post(reverse("orders:review", args=[order.reference]), decision(order, w, name, **changes))
    assert response.status_code == 200
    assert response.context["form"].errors[field]
    order.refresh_from_db()
    assert order.state == "in_review"


def test_a_decision_on_an_old_page_is_refused(client, w):
    order = in_review(w)
    client.force_login(w.moderator)
    response = client.post(reverse("orders:review", args=[order.reference]), decision(order, w, "refuse", version=0))
    assert response.status_code == 409
    order.refresh_from_db()
    assert order.state == "in_review"


def test_a_moderator_of_the_organisation_decides_nothing(client, w):
    order = submitted(w)
    active_membership(w.moderator, w.organisation)
    client.force_login(w.moderator)
    page = client.get(reverse("orders:review", args=[order.reference]))
    assert page.context["involved"]
    assert not page.context["may_decide"]
    client.post(reverse("orders:claim", args=[order.reference]))
    order.refresh_from_db()
    assert order.state == "submitted"


def test_somebody_else_s_claim_is_respected(client, w):
    order = in_review(w)
    client.force_login(ModeratorFactory())
    page = client.get(reverse("orders:review", args=[order.reference]))
    assert (page.context["may_decide"], page.context["may_claim"]) == (False, False)
    client.post(reverse("orders:review", args=[order.reference]), decision(order, w, "approve"))
    order.refresh_from_db()
    assert order.state == "in_review"


# --- downloads -----------------------------------------------------------------------------------------------------


@pytest.fixture
def asset(w):
    return AssetFactory(item=SceneFactory(collection=w.collection, held=True))


def url_of(asset):
    return reverse("orders:download", args=[asset.item_id, asset.key])


def test_download_leads_to_the_gateway(browser, asset):
    response = browser.post(url_of(asset))
    assert response.status_code == 303
    assert response["Location"].startswith("/d/")
    assert browser.get(response["Location"])["X-Accel-Redirect"] == f"/_files/{asset.storage_key}"


def test_a_program_gets_the_link_as_json(browser, asset, settings):
    response = browser.post(url_of(asset), headers={"accept": "application/json"})
    body = response.json()
    assert body["href"].startswith(f"{settings.SITE_URL}/d/")
    assert (body["name"], body["size"], body["sha256"]) == (asset.file_name, 1234, "ab" * 32)
    assert response["Cache-Control"] == "private, no-store"


def test_a_link_to_copy_is_shown(browser, asset):
    response = browser.post(url_of(asset), {"copy": "1"})
    assert response.status_code == 200
    assert response.context["url"] in response.content.decode()


def test_get_makes_no_link(browser, asset):
    response = browser.get(url_of(asset))
    assert (response.status_code, response["Location"]) == (302, reverse("catalogue:item", args=[asset.item_id]))
    assert DownloadTicket.objects.count() == 0


def test_signing_in_first(client, asset):
    assert client.post(url_of(asset))["Location"].startswith("/account/login/")
    response = client.post(url_of(asset), headers={"accept": "application/json"})
    assert (response.status_code, response["Content-Type"]) == (401, "application/problem+json")


def test_a_denied_download_says_what_is_missing_and_where_to_sign(client, w, asset):
    client.force_login(member_of(w.organisation))
    response = client.post(url_of(asset))
    assert response.status_code == 403
    assert reverse("licensing:sign", args=[w.licence.pk]) in response.content.decode()
    response = client.post(url_of(asset), headers={"accept": "application/json"})
    assert [reason["code"] for reason in response.json()["missing"]] == ["person_acceptance_missing"]
    assert DownloadTicket.objects.count() == 0


def test_a_project_of_others_is_as_good_as_none(browser, asset):
    assert browser.post(url_of(asset), {"project": world().project.pk}).status_code == 303
    assert DownloadTicket.objects.get().project is None


def test_an_order_is_for_an_organisation_and_a_project_of_one_s_own(w):
    other = world()
    form = OrderForm(user=w.researcher)
    assert set(form.fields["organisation"].queryset) == {w.organisation}
    assert set(form.fields["project"].queryset) == {w.project}
    assert not OrderForm(user=other.researcher, organisation=w.organisation).fields["project"].queryset.exists()


def test_a_suspended_right_is_denied(browser, w, asset):
    Suspension.objects.create(entitlement=w.entitlement, cause="breach", words="manquement", began_at=clock.now())
    assert browser.post(url_of(asset)).status_code == 403


def test_an_unknown_file_is_404(browser, asset):
    assert browser.post(reverse("orders:download", args=[asset.item_id, "other"])).status_code == 404


def test_several_projects_could_cover_a_file_and_one_is_asked_for(client, w, asset):
    from tests.factories.licensing import ProjectFactory, grant

    Project.objects.update(purpose="own_research")
    world()
    Suspension.objects.create(entitlement=w.entitlement, cause="other", words="projets seulement")
    projects = [ProjectFactory(organisation=w.organisation, owner=w.researcher, purpose="own_research") for _ in "ab"]
    for project in projects:
        grant(w.adhesion, w.licence, project=project)
    client.force_login(w.researcher)
    response = client.post(url_of(asset))
    assert response.status_code == 403
    assert set(response.context["projects"]) == {w.project, *projects}
    response = client.post(url_of(asset), {"project": projects[0].pk})
    assert response.status_code == 303
    assert DownloadTicket.objects.get().project == projects[0]
    assert client.get(response["Location"]).status_code == 200
