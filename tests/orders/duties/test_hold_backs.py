# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images reserved for their requester at first: asked, granted, set at delivery, over by themselves, told once."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from dinamis.catalogue.services import publish
from dinamis.catalogue.services.reserve import reserve_until
from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage, StateChange
from dinamis.core.transitions import apply_transition
from licensing.enums import Action
from licensing.selectors.decision import decide
from orders.models import HoldBack, JoinRequest, ReservedImage
from orders.selectors.lifecycle.story import TITLES, timeline
from orders.services.duties import hold_backs
from orders.services.duties.hold_backs import HoldBackRuling, due_for, end_after
from orders.services.requests import sharing, submission
from orders.services.reviewing import review
from tests.factories.accounts import ModeratorFactory, active_membership
from tests.factories.orders import AssetFactory, SceneFactory, drafted, in_review, member_of, neighbour

pytestmark = pytest.mark.django_db


def asking(w, months=6, **fields):
    """An order in review that asks for a hold-back."""
    order = drafted(w, **fields)
    hold_backs.ask_hold_back(order=order, actor=w.researcher, months=months, words="Une thèse en dépend.")
    return review.start_review(order=submission.submit_order(order=order, actor=w.researcher), actor=w.moderator)


def approve(w, order, *said):
    ruling = HoldBackRuling(*said) if said else None
    return review.approve_order(
        order=order, actor=w.moderator, reason="Besoin établi.", envelope=w.envelope, hold_back=ruling
    )


def granted(w, months=6, **fields):
    approve(w, order := asking(w, months, **fields), months)
    return HoldBack.objects.get(order=order)


def finish(hold_back):
    """Every line is delivered."""
    for line in hold_back.order.items.all():
        for name in ("place", "deliver"):
            apply_transition(line, name, actor=SYSTEM)


def received(hold_back, *, last=True):
    """An image of the order's lines as a delivery publishes it; the last one, unless told."""
    lines = list(hold_back.order.items.select_related("order"))
    reserved = due_for(lines)
    values = {"hold_back_until": reserved.until, "hold_back_organisation_id": reserved.organisation_id}
    image = AssetFactory(item=SceneFactory(collection=lines[0].collection, held=True, **values)).item
    hold_backs.begin(lines, image, reserved)
    if last:
        finish(hold_back)
    return image


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def told(template="released", to=None):
    found = OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}")
    return found.filter(payload__to=to.email).count() if to else found.count()


def may(person, image, at=None):
    return bool(decide(person, Action.DOWNLOAD, fresh(image).facts, project=None, at=at or clock.now()))


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_requester_asks_changes_and_takes_back(w):
    order = drafted(w)
    for months in (3, 6):
        hold_backs.ask_hold_back(order=order, actor=w.researcher, months=months, words=" Une thèse. ")
    row = HoldBack.objects.get()
    assert (row.months, row.words, row.state, row.total_months) == (6, "Une thèse.", "asked", 0)
    assert StateChange.objects.filter(aggregate="orders.holdback").count() == 1
    hold_backs.ask_hold_back(order=order, actor=w.researcher, months=0)
    assert not HoldBack.objects.exists()


@pytest.mark.parametrize(("months", "words", "pointer"), [(13, "x", "months"), (-1, "x", "months"), (3, "  ", "words")])
def test_what_is_wrong_is_not_kept(w, months, words, pointer):
    with pytest.raises(Invalid) as refused:
        hold_backs.ask_hold_back(order=drafted(w), actor=w.researcher, months=months, words=words)
    assert (refused.value.pointer, HoldBack.objects.exists()) == (pointer, False)


def test_nobody_else_asks_and_not_later(w):
    order = drafted(w)
    with pytest.raises(NotPermitted):
        hold_backs.ask_hold_back(order=order, actor=member_of(w.organisation), months=3, words="x")
    submission.submit_order(order=order, actor=w.researcher)
    with pytest.raises(IllegalTransition):
        hold_backs.ask_hold_back(order=order, actor=w.researcher, months=3, words="x")
    assert not HoldBack.objects.exists()


# --- the office's word -----------------------------------------------------------------------------------------------


def test_all_is_granted(w):
    row = granted(w)
    assert (row.state, row.granted_months, row.total_months) == ("granted", 6, 6)


def test_fewer_needs_a_coded_reason(w):
    order = asking(w)
    for said in ((3,), (3, "nonsense"), (3, "other"), (0,)):
        with pytest.raises(Invalid):
            approve(w, order, *said)
    assert (fresh(order).state, HoldBack.objects.get().state) == ("in_review", "asked")
    approve(w, order, 3, "too_long")
    assert HoldBack.objects.get().total_months == 3
    change = StateChange.objects.get(aggregate="orders.holdback", transition="grant")
    assert (change.reason_code, change.actor) == ("too_long", w.moderator)
    with translation.override("en"):
        (step,) = [step for step in timeline(fresh(order)) if step.title == TITLES["orders.holdback", "grant"]]
        # What an envelope holds is told with the approval.
        assert step.more == ("Granted: 3 of the 6 months asked for.",)


def test_none_is_granted(w):
    approve(w, order := asking(w), 0, "other", "Urgence publique.")
    assert (HoldBack.objects.get().state, fresh(order).state) == ("refused", "approved")
    assert due_for(list(order.items.all())) is None


@pytest.mark.parametrize("said", [(), (7,), (-1, "too_long")])
def test_silence_and_numbers_that_were_not_asked_approve_nothing(w, said):
    order = asking(w)
    with pytest.raises(Invalid) as refused:
        approve(w, order, *said)
    assert (refused.value.pointer, fresh(order).state) == ("hold_back_months", "in_review")


def test_an_order_that_asks_nothing_needs_no_word(w):
    order = in_review(w)
    approve(w, order, 3)
    assert (fresh(order).state, HoldBack.objects.exists()) == ("approved", False)


def join(order, other):
    JoinRequest.objects.create(
        order=order, person=other.researcher, organisation=other.organisation, project=other.project, state="asked"
    )
    sharing.answer_join(join=JoinRequest.objects.get(), actor=order.requester, accepted=True)


def test_nothing_is_kept_from_who_has_joined(w):
    order = asking(w)
    join(order, neighbour(w))
    with pytest.raises(Invalid):
        approve(w, order, 6)
    assert fresh(order).state == "in_review"
    approve(w, order, 0, "several_parties")
    assert HoldBack.objects.get().state == "refused"


def test_who_joined_after_the_grant_gets_the_images_too(w):
    row = granted(w)
    assert due_for(list(row.order.items.all())) is not None
    join(row.order, neighbour(w))
    assert due_for(list(row.order.items.all())) is None


# --- delivery and end ------------------------------------------------------------------------------------------------


def test_an_image_is_its_organisations_until_the_day_and_then_everybodys(w):
    other = neighbour(w)
    row = granted(w, months=2)
    image = received(row)
    end = end_after(clock.now(), 2)
    assert (ReservedImage.objects.get().until, image.hold_back_until) == (end, end)
    assert may(w.researcher, image)
    assert not may(other.researcher, image)
    # The day has come, and nothing has run meanwhile.
    reserve_until([image.pk], now := clock.now())
    assert may(other.researcher, image, at=now)
    assert not may(other.researcher, image, at=now - timedelta(seconds=1))


def test_the_end_is_told_once_to_the_requester_and_who_follows(w):
    row = granted(w)
    follower = member_of(neighbour(w).organisation)
    sharing.follow(order=row.order, person=follower, following=True)
    image = received(row)
    until = ReservedImage.objects.get().until
    assert hold_backs.release_due(at=until - timedelta(seconds=1)) == 0
    assert (told(), fresh(row).state) == (0, "granted")
    assert hold_backs.release_due(at=until) == 1
    assert hold_backs.release_due(at=until + timedelta(days=1)) == 0
    assert (told(to=w.researcher), told("followed", follower)) == (1, 1)
    assert (fresh(row).state, ReservedImage.objects.get().released_at) == ("released", until)
    assert fresh(image).hold_back_until == until


def test_a_hold_back_lasts_while_images_are_to_come(w):
    row = granted(w)
    received(row, last=False)
    until = ReservedImage.objects.get().until
    assert hold_backs.release_due(at=until) == 1
    assert fresh(row).state == "granted"
    finish(row)
    assert hold_backs.release_due(at=until + timedelta(days=1)) == 0
    assert fresh(row).state == "released"


def test_nothing_delivered_is_told_of_nobody(w):
    row = granted(w)
    assert hold_backs.release_due(at=clock.now() + timedelta(days=999)) == 0
    assert (fresh(row).state, told()) == ("granted", 0)


def test_the_requester_releases_early(w):
    other = neighbour(w)
    row = granted(w)
    image = received(row)
    for person in (member_of(w.organisation), w.moderator, other.researcher):
        with pytest.raises(NotPermitted):
            hold_backs.release_early(hold_back=row, actor=person)
    assert not may(other.researcher, image)
    hold_backs.release_early(hold_back=row, actor=w.researcher)
    assert may(other.researcher, image)
    assert (fresh(row).state, told()) == ("released", 1)
    with pytest.raises(IllegalTransition):
        hold_backs.release_early(hold_back=row, actor=w.researcher)


def test_the_office_ends_it_with_a_reason(w):
    other = neighbour(w)
    row = granted(w)
    image = received(row)
    with pytest.raises(Invalid):
        hold_backs.end_hold_back(hold_back=row, actor=w.moderator, code="")
    with pytest.raises(NotPermitted):
        hold_backs.end_hold_back(hold_back=row, actor=w.researcher, code="needed_by_others")
    assert not may(other.researcher, image)
    hold_backs.end_hold_back(hold_back=row, actor=w.moderator, code="needed_by_others")
    assert may(other.researcher, image)
    assert (fresh(row).state, told()) == ("released", 1)


def test_nobody_decides_on_their_own_organisations_hold_back(w):
    row = granted(w)
    insider = ModeratorFactory()
    active_membership(insider, w.organisation)
    with pytest.raises(NotPermitted):
        hold_backs.end_hold_back(hold_back=row, actor=insider, code="needed_by_others")
    with pytest.raises(NotPermitted):
        hold_backs.extend_hold_back(hold_back=row, actor=insider, months=1, code="work_delayed")
    assert fresh(row).state == "granted"


def test_the_office_extends_once(w):
    row = granted(w, months=2)
    image = received(row)
    since = ReservedImage.objects.get().since
    for months, code in ((0, "work_delayed"), (7, "work_delayed"), (2, "")):
        with pytest.raises(Invalid):
            hold_backs.extend_hold_back(hold_back=row, actor=w.moderator, months=months, code=code)
    hold_backs.extend_hold_back(hold_back=row, actor=w.moderator, months=3, code="work_delayed")
    assert (fresh(row).state, fresh(row).total_months) == ("extended", 5)
    assert ReservedImage.objects.get().until == fresh(image).hold_back_until == end_after(since, 5)
    with pytest.raises(IllegalTransition):
        hold_backs.extend_hold_back(hold_back=row, actor=w.moderator, months=1, code="work_delayed")
    assert fresh(row).total_months == 5


def test_what_is_free_is_not_reserved_again(w):
    row = granted(w, months=2)
    image = received(row)
    past = clock.now() - timedelta(hours=1)
    ReservedImage.objects.update(since=past - timedelta(days=60), until=past)
    reserve_until([image.pk], past)
    with pytest.raises(IllegalTransition):
        hold_backs.extend_hold_back(hold_back=row, actor=w.moderator, months=3, code="work_delayed")
    assert (fresh(row).state, fresh(image).hold_back_until) == ("granted", past)
    hold_backs.end_hold_back(hold_back=row, actor=w.moderator, code="published")
    assert fresh(image).hold_back_until == past


def test_an_image_that_others_have_is_not_taken_from_them(w):
    row = granted(w)
    lines = list(row.order.items.all())
    image = AssetFactory(item=SceneFactory(collection=lines[0].collection, held=True)).item
    hold_backs.begin(lines, image, due_for(lines))
    hold_backs.begin(lines, image, None)
    assert not ReservedImage.objects.exists()


def test_the_end_is_the_beginning_of_a_paris_day():
    since = datetime(2026, 8, 31, 23, 30, tzinfo=clock.PARIS)
    assert end_after(since, 6).isoformat() == "2027-02-28T00:00:00+01:00"


def test_the_same_hold_back_is_published_with_the_image(w):
    row = granted(w)
    reserved = due_for(list(row.order.items.all()))
    assert isinstance(reserved, publish.HoldBack)
    assert reserved.organisation_id == w.organisation.pk


# --- pages -----------------------------------------------------------------------------------------------------------


def test_from_page_to_page(client, w):
    order = drafted(w)
    address = reverse("orders:detail", args=[order.reference])
    client.force_login(w.researcher)
    assert reverse("orders:hold_back_ask", args=[order.reference]) in client.get(address).text
    for wrong in ({"months": "x"}, {"months": "99", "words": "x"}, {"months": "3"}, {}):
        client.post(reverse("orders:hold_back_ask", args=[order.reference]), wrong)
        assert not HoldBack.objects.exists()
    client.post(reverse("orders:hold_back_ask", args=[order.reference]), {"months": "6", "words": "Une thèse."})
    order = review.start_review(order=submission.submit_order(order=order, actor=w.researcher), actor=w.moderator)
    client.force_login(w.moderator)
    page = reverse("orders:review", args=[order.reference])
    assert "Une thèse." in client.get(page).text
    said = {"version": order.version, "reason": "Besoin établi.", "reason_code": "", "decision": "approve"}
    refused = client.post(page, said)
    assert (refused.status_code, fresh(order).state) == (200, "in_review")
    client.post(page, {**said, "hold_back_months": "2", "hold_back_reason": "too_long"})
    row = HoldBack.objects.get()
    assert (fresh(order).state, row.total_months) == ("approved", 2)
    image = received(row)
    client.force_login(w.researcher)
    shown = client.get(address).text
    assert reverse("orders:hold_back_release", args=[order.reference]) in shown
    assert reverse("orders:hold_back_end", args=[order.reference]) not in shown
    assert client.get(reverse("orders:hold_back_end", args=[order.reference])).status_code == 404
    item = reverse("catalogue:item", args=[image.pk])
    assert "reserved-until" in client.get(item).text
    assert "dinamis:reserved_until" in client.get(reverse("catalogue:item_json", args=[image.pk])).text
    client.force_login(w.moderator)
    extend = reverse("orders:hold_back_extend", args=[order.reference])
    assert client.post(extend, {"months": "9", "code": "work_delayed"}).status_code == 200
    assert client.post(extend, {"months": "1", "code": "work_delayed"}).status_code == 302
    assert fresh(row).total_months == 3
    client.force_login(w.researcher)
    client.post(reverse("orders:hold_back_release", args=[order.reference]))
    assert fresh(row).state == "released"
    assert "reserved-until" not in client.get(item).text
    assert "dinamis:reserved_until" not in client.get(reverse("catalogue:item_json", args=[image.pk])).text


def test_a_colleague_reads_what_is_asked_and_is_offered_no_form(client, w):
    order = asking(w)
    review.request_changes(order=order, actor=w.moderator, reason="Précisez la zone.")
    ask = reverse("orders:hold_back_ask", args=[order.reference])
    address = reverse("orders:detail", args=[order.reference])
    client.force_login(member_of(w.organisation))
    page = client.get(address).text
    assert "Une thèse en dépend." in page
    assert ask not in page
    client.force_login(w.researcher)
    assert ask in client.get(address).text


def test_the_office_ends_it_on_a_page(client, w):
    row = granted(w)
    client.force_login(w.moderator)
    address = reverse("orders:hold_back_end", args=[row.order.reference])
    assert client.get(address).status_code == 200
    assert client.post(address, {"code": ""}).status_code == 200
    assert fresh(row).state == "granted"
    assert client.post(address, {"code": "needed_by_others"}).status_code == 302
    assert fresh(row).state == "released"


def test_an_order_without_a_hold_back_has_no_such_pages(client, w):
    order = in_review(w)
    client.force_login(w.moderator)
    for name in ("extend", "end"):
        assert client.get(reverse(f"orders:hold_back_{name}", args=[order.reference])).status_code == 404
    client.force_login(w.researcher)
    assert client.post(reverse("orders:hold_back_release", args=[order.reference])).status_code == 404
