# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes: purses in their order, attempts, adjustments by two people, periods and what they carry, alerts, pages."""

import csv
import io
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dinamis.accounts.enums import MemberRole
from dinamis.accounts.models import Organisation
from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, QuotaExceeded
from dinamis.core.models import OutboxMessage
from orders.enums import AdjustmentState
from orders.models import Adjustment, Envelope, LedgerEntry, Order
from orders.selectors.costs import attempts_of
from orders.selectors.envelope import Balance, balance
from orders.selectors.periods import next_period, period_label, period_of
from orders.selectors.purses import Need, Part, Purse, TooLarge, share_out
from orders.selectors.statement import adds_up, burn_down, entries_of, with_balance
from orders.services import envelopes, ledger
from orders.services.review import approve_order
from orders.tasks import keep_envelopes
from orders.web.burn_down import drawing
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.orders import KM2, approved, drafted, envelope, in_review, world

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(module_rows):
    return world(budget_km2=100)


@pytest.fixture
def line(w):
    item = drafted(w).items.get()
    item.billed_area_m2 = 60 * KM2
    item.save(update_fields=["billed_area_m2"])
    return item


def referent_of(organisation):
    person = UserFactory()
    active_membership(person, organisation, MemberRole.REFERENT)
    return person


def paris(*day):
    return datetime(*day, tzinfo=clock.PARIS)


# --- purses --------------------------------------------------------------------------------------------------------


def test_a_cost_is_shared_out_in_the_order_of_the_purses():
    parts = share_out([Need(7), Need(6)], [Purse(1, 5), Purse(2, 4), Purse(3, 9)])
    assert parts == [[Part(1, 5, 0), Part(2, 2, 0)], [Part(2, 2, 0), Part(3, 4, 0)]]


@pytest.mark.parametrize(
    ("purses", "payer"),
    [
        ([Purse(1, 5, 0), Purse(2, 5, 1)], 2),
        ([Purse(1, 5, 3), Purse(2, 5, 1)], 1),
        ([Purse(1, 0, 0), Purse(2, 5), Purse(3, 0, 1)], 3),
    ],
)
def test_the_attempts_of_a_line_come_out_of_one_purse(purses, payer):
    (parts,) = share_out([Need(5, 1)], purses)
    assert [part.purse for part in parts if part.attempts] == [payer]
    assert sum(part.m2 for part in parts) == 5


def test_where_nobody_counts_attempts_they_are_not_limited():
    assert share_out([Need(1, 9)], [Purse(1, 5)]) == [[Part(1, 1, 0)]]


@pytest.mark.parametrize(
    ("needs", "purses", "said"),
    [
        ([Need(10)], [Purse(1, 4), Purse(2, 5)], (9, 10, "m2")),
        ([Need(1)], [], (0, 1, "m2")),
        ([Need(1, 1), Need(1, 1)], [Purse(1, 9, 1)], (1, 2, "attempts")),
    ],
)
def test_what_is_too_large_is_said_in_its_unit(needs, purses, said):
    with pytest.raises(TooLarge) as refused:
        share_out(needs, purses)
    assert (refused.value.available, refused.value.required, refused.value.unit) == said


def test_an_approval_names_no_envelope_and_the_purses_pay_in_turn(w):
    volume = envelope(20, name="Volume", kind="prefinanced", owner=w.organisation)
    order = in_review(w)
    item = order.items.get()
    moved = approve_order(order=order, actor=w.moderator, reason="Besoin établi.")
    assert moved.envelope == volume
    assert balance(volume).available == 0
    assert balance(w.envelope).held == item.billed_area_m2 - 20 * KM2


def test_without_any_purse_the_refusal_says_so_and_nothing_is_written(w):
    order = in_review(w)
    with clock.at(w.envelope.period.upper + timedelta(days=1)), pytest.raises(QuotaExceeded) as refused:
        ledger.hold(purses=[], items=list(order.items.all()), actor=SYSTEM)
    assert (refused.value.extra["available"], refused.value.extra["resets_at"]) == (0, None)
    assert LedgerEntry.objects.filter(kind="hold").count() == 0


def test_a_split_line_is_refunded_over_its_purses_and_rounded_once(w, line):
    pot = envelope(100, name="Pot commun")
    line.billed_area_m2 = 100 * KM2 + 1
    ledger.hold(purses=[w.envelope, pot], items=[line], actor=SYSTEM)
    ledger.commit(line, actor=SYSTEM)
    ledger.refund(line, actor=SYSTEM, words="non acquis", part=Fraction(1, 3), key="livraison-1")
    ledger.refund(line, actor=SYSTEM, words="non acquis", part=Fraction(1, 3), key="livraison-1")
    given = list(LedgerEntry.objects.filter(kind="refund").order_by("pk").values_list("envelope", "amount_m2"))
    assert given == [(w.envelope.pk, 33_333_333), (pot.pk, 0)][: len(given)]
    assert sum(amount for _pk, amount in given) == (100 * KM2 + 1) // 3
    with pytest.raises(Invalid) as refused:
        ledger.refund(line, actor=SYSTEM, words="non acquis", part=Fraction(9, 10), key="livraison-2")
    assert refused.value.code == "refund_above_hold"
    ledger.refund(line, actor=SYSTEM, words="annulé")
    assert (balance(w.envelope).committed, balance(pot).committed) == (0, 0)


@pytest.mark.parametrize("part", [0, -1, Fraction(3, 2)])
def test_a_part_lies_between_nothing_and_all(w, line, part):
    with pytest.raises(Invalid):
        ledger.refund(line, actor=SYSTEM, words="", part=part)
    assert LedgerEntry.objects.filter(kind="refund").count() == 0


def test_a_released_line_may_be_held_again(w, line):
    for _round in range(2):
        ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
        ledger.release(line, actor=SYSTEM)
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    ledger.commit(line, actor=SYSTEM)
    assert balance(w.envelope) == Balance(100 * KM2, committed=60 * KM2)


def test_attempts_are_held_and_come_back_with_the_whole_only(w, line, settings):
    settings.DINAMIS = {**settings.DINAMIS, "RECEPTION_CIRCLES": {"pleiades": (0, 0, 1)}}
    other = drafted(w).items.get()
    for item in (line, other):
        Order.objects.filter(pk=item.order_id).update(kind="acquisition")
        item.order.refresh_from_db()
    assert attempts_of(line) == 1
    quota = envelope(200, name="Tentatives", attempts=1)
    ledger.hold(purses=[quota], items=[line], actor=SYSTEM)
    assert balance(quota).available_attempts == 0
    with pytest.raises(QuotaExceeded) as refused:
        ledger.hold(purses=[quota], items=[other], actor=SYSTEM)
    assert (refused.value.extra["unit"], refused.value.extra["required"]) == ("attempts", 1)
    ledger.commit(line, actor=SYSTEM)
    ledger.refund(line, actor=SYSTEM, words="", part=Fraction(1, 2), key="half")
    assert balance(quota).committed_attempts == 1
    ledger.refund(line, actor=SYSTEM, words="")
    assert balance(quota) == Balance(200 * KM2, granted_attempts=1)


def test_an_archive_line_takes_no_attempt(line):
    assert attempts_of(line) == 0


# --- adjustments ---------------------------------------------------------------------------------------------------


def proposed(w, **changes):
    return envelopes.propose_adjustment(
        **{"envelope": w.envelope, "actor": w.moderator, "words": "Avenant 2", "amount_m2": 5 * KM2, **changes}
    )


def test_two_people_change_a_budget(w):
    change = proposed(w, recurs=True)
    assert balance(w.envelope).granted == 100 * KM2
    moved = envelopes.confirm_adjustment(adjustment=change, actor=ModeratorFactory())
    assert moved.state == AdjustmentState.CONFIRMED
    assert balance(w.envelope).granted == 105 * KM2
    entry = LedgerEntry.objects.get(kind="adjust")
    assert str(w.moderator) in entry.words
    assert Envelope.objects.get(pk=w.envelope.pk).renew_m2 == 5 * KM2


def test_the_proposer_and_the_owner_do_not_confirm(w):
    change = proposed(w)
    insider = ModeratorFactory()
    active_membership(insider, w.organisation)
    for person in (w.moderator, insider, w.researcher):
        with pytest.raises(NotPermitted):
            envelopes.confirm_adjustment(adjustment=change, actor=person)
        with pytest.raises(NotPermitted):
            envelopes.refuse_adjustment(adjustment=change, actor=person, words="non")
    assert balance(w.envelope).granted == 100 * KM2
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=change.pk).update(state="confirmed", decided_by=w.moderator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=change.pk).update(state="confirmed")


def test_a_change_is_refused_with_a_reason_or_withdrawn(w):
    first, second = proposed(w), proposed(w)
    with pytest.raises(Invalid):
        envelopes.refuse_adjustment(adjustment=first, actor=ModeratorFactory(), words=" ")
    envelopes.refuse_adjustment(adjustment=first, actor=ModeratorFactory(), words="Déjà au marché.")
    envelopes.withdraw_adjustment(adjustment=second, actor=w.moderator)
    with pytest.raises(IllegalTransition):
        envelopes.confirm_adjustment(adjustment=first, actor=ModeratorFactory())
    assert balance(w.envelope).granted == 100 * KM2


def test_no_more_is_taken_than_is_left(w, line):
    ledger.hold(purses=[w.envelope], items=[line], actor=SYSTEM)
    change = proposed(w, amount_m2=-41 * KM2)
    with pytest.raises(QuotaExceeded):
        envelopes.confirm_adjustment(adjustment=change, actor=ModeratorFactory())
    change.refresh_from_db()
    assert (change.state, balance(w.envelope).granted) == ("proposed", 100 * KM2)
    envelopes.confirm_adjustment(adjustment=proposed(w, amount_m2=-40 * KM2), actor=ModeratorFactory())
    assert balance(w.envelope).available == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [({"words": ""}, "words"), ({"amount_m2": 0}, "amount"), ({"attempts": 3}, "attempts")],
)
def test_a_change_that_cannot_be_is_refused(w, changes, pointer):
    with pytest.raises(Invalid) as refused:
        proposed(w, **changes)
    assert refused.value.pointer == pointer
    with pytest.raises(NotPermitted):
        proposed(w, actor=w.researcher)
    assert Adjustment.objects.count() == 0


# --- periods -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "moment", "start", "end", "label"),
    [
        ("pleiades", paris(2026, 11, 26), paris(2026, 10, 1), paris(2027, 1, 1), "2026 T4"),
        ("pleiades", paris(2026, 1, 1), paris(2026, 1, 1), paris(2026, 4, 1), "2026 T1"),
        ("spot-6-7", paris(2026, 12, 31), paris(2026, 1, 1), paris(2027, 1, 1), "2026"),
        ("aster", paris(2026, 3, 1), paris(2026, 1, 1), paris(2027, 1, 1), "2026"),
    ],
)
def test_quarters_and_years_of_paris(family, moment, start, end, label):
    assert period_of(family, moment) == (start, end)
    assert period_label(family, moment) == label


def test_the_next_period_follows_and_ends_with_the_calendar():
    assert next_period("pleiades", paris(2027, 1, 1)) == (paris(2027, 1, 1), paris(2027, 4, 1))
    assert next_period("pleiades", paris(2027, 2, 10)) == (paris(2027, 2, 10), paris(2027, 4, 1))


@pytest.mark.parametrize(
    ("rule", "percent", "carried", "later"), [("none", 0, 0, 0), ("all", 100, 40, 60), ("share", 25, 10, 15)]
)
def test_a_period_ends_the_next_one_opens_and_the_rule_carries(w, line, rule, percent, carried, later):
    quarter = (paris(2026, 10, 1), paris(2027, 1, 1))
    row = envelope(
        100, name="Pléiades 2026 T4", period=quarter, renews=True, renew_m2=30 * KM2, carry=rule, carry_percent=percent
    )
    ledger.hold(purses=[row], items=[line], actor=SYSTEM)
    with clock.at(paris(2026, 12, 20)):
        keep_envelopes()
        assert not Envelope.objects.filter(previous=row).exists()
    with clock.at(paris(2026, 12, 27)):
        keep_envelopes()
        keep_envelopes()
        following = Envelope.objects.get(previous=row)
        assert (following.name, following.period.lower) == ("Pléiades 2027 T1", quarter[1])
        assert balance(following).granted == 30 * KM2
    with clock.at(paris(2027, 1, 2)):
        keep_envelopes()
        keep_envelopes()
        assert balance(following).granted == (30 + carried) * KM2
        assert balance(row).available == (40 - carried) * KM2
        ledger.commit(line, actor=SYSTEM)
        ledger.refund(line, actor=SYSTEM, words="annulé", part=Fraction(1, 3), key="tiers")
        keep_envelopes()
    assert balance(following).granted == (30 + later) * KM2


def test_an_envelope_that_does_not_renew_has_no_next():
    row = envelope(1, period=(paris(2026, 10, 1), paris(2027, 1, 1)))
    with clock.at(paris(2027, 2, 1)):
        assert envelopes.open_periods(at=clock.now()) == 0
    assert not Envelope.objects.filter(previous=row).exists()


# --- alerts --------------------------------------------------------------------------------------------------------


def test_people_are_told_once_for_each_threshold(w):
    referent = referent_of(w.organisation)
    told = OutboxMessage.objects.filter(key__startswith="mail:envelope-low:")
    orders = [in_review(w) for _ in range(3)]
    for order, km2 in zip(orders, (79, 1, 15), strict=True):
        order.items.update(area_m2=1, billed_area_m2=km2 * KM2)
    counts = []
    for order in orders:
        approve_order(order=order, actor=w.moderator, reason="Besoin établi.")
        counts.append(told.count())
    people = set(told.values_list("payload__to", flat=True))
    assert {w.moderator.email, referent.email} <= people
    assert w.researcher.email not in people
    assert counts == [0, len(people), 2 * len(people)]
    ledger.release(orders[2].items.get(), actor=SYSTEM)
    ledger.hold(purses=[w.envelope], items=list(orders[2].items.all()), actor=SYSTEM)
    assert told.count() == counts[-1]


# --- opening -------------------------------------------------------------------------------------------------------


def opened(w, **changes):
    words = {
        "actor": w.moderator,
        "name": "Pléiades 2027 T1",
        "family": "pleiades",
        "kind": "common",
        "starts": paris(2027, 1, 1),
        "last_day": paris(2027, 3, 31).date(),
    }
    return envelopes.open_envelope(**{**words, **changes})


def test_an_envelope_opens_empty_for_whole_days(w):
    row = opened(w)
    assert (row.period.lower, row.period.upper) == (paris(2027, 1, 1), paris(2027, 4, 1))
    assert balance(row) == Balance()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "organisation"}, "owner"),
        ({"kind": "programme"}, "programme"),
        ({"programme": "Littoral"}, "programme"),
        ({"last_day": paris(2026, 12, 31).date()}, "ends"),
        ({"carry": "share"}, "carry_percent"),
    ],
)
def test_an_envelope_that_cannot_be_is_refused(w, changes, pointer):
    before = Envelope.objects.count()
    with pytest.raises(Invalid) as refused:
        opened(w, **changes)
    assert refused.value.pointer == pointer
    with pytest.raises(Invalid):
        opened(w, owner=Organisation.objects.first())
    with pytest.raises(NotPermitted):
        opened(w, actor=w.researcher)
    assert Envelope.objects.count() == before


def test_projects_draw_on_a_programme(w):
    row = opened(w, kind="programme", programme="Littoral")
    envelopes.set_projects(programme=row.programme, projects=[w.project], actor=w.moderator)
    assert list(row.programme.projects.all()) == [w.project]
    with pytest.raises(NotPermitted):
        envelopes.set_projects(programme=row.programme, projects=[], actor=w.researcher)
    assert row.programme.projects.count() == 1


# --- the account, line by line --------------------------------------------------------------------------------------


def test_every_entry_shows_what_was_left_after_it(w):
    approved(w)
    rows = with_balance(w.envelope, list(entries_of(w.envelope)))
    held = w.envelope.entries.get(kind="hold").amount_m2
    assert [row.left_m2 for row in rows] == [100 * KM2, 100 * KM2 + held]
    (last,) = with_balance(w.envelope, list(entries_of(w.envelope))[1:])
    assert last.left_m2 == 100 * KM2 + held
    assert adds_up(w.envelope, balance(w.envelope))
    assert not adds_up(w.envelope, Balance(1))
    assert with_balance(w.envelope, []) == []


def test_the_drawing_steps_down_from_what_was_granted(w):
    at = clock.now() + timedelta(days=3)
    with clock.at(at):
        approved(w)
    points = burn_down(w.envelope, at + timedelta(days=2))
    assert points[0].left_m2 == 100 * KM2
    assert points[-1].left_m2 == balance(w.envelope).available
    drawn = drawing(w.envelope, points, at)
    assert drawn["levels"][-1]["m2"] == 100 * KM2
    assert drawn["path"].count("H") == len(points) - 1
    assert drawing(envelope(0), [], at) is None


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def office(w):
    client = Client()
    client.force_login(w.moderator)
    return client


def test_the_office_reads_all_and_a_referent_their_own(client, office, w, django_assert_max_num_queries):
    envelope(10, name="Pot commun")
    with django_assert_max_num_queries(25):
        page = office.get(reverse("orders:envelopes"))
    assert len(page.context["rows"]) == 2
    client.force_login(referent_of(w.organisation))
    page = client.get(reverse("orders:envelopes"))
    assert [row.envelope for row in page.context["rows"]] == [w.envelope]
    assert client.get(reverse("orders:envelope", args=[w.envelope.pk])).status_code == 200
    client.force_login(w.researcher)
    assert list(client.get(reverse("orders:envelopes")).context["rows"]) == []
    assert client.get(reverse("orders:envelope", args=[w.envelope.pk])).status_code == 404


def test_the_page_explains_the_balance(office, w):
    order = approved(w)
    page = office.get(reverse("orders:envelope", args=[w.envelope.pk]))
    text = page.content.decode()
    assert order.reference in text
    assert "<svg viewBox" in text
    assert page.context["adds_up"]


def test_entries_as_csv_are_no_formulas(office, w):
    ledger.grant(envelope=w.envelope, amount_m2=1, actor=SYSTEM, key="x", words="=HYPERLINK(1)")
    answer = office.get(reverse("orders:envelope_csv", args=[w.envelope.pk]))
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["left_m2"] for row in rows] == [str(100 * KM2), str(100 * KM2 + 1)]
    assert rows[-1]["words"] == "'=HYPERLINK(1)"


def test_a_change_is_proposed_and_confirmed_on_the_page(client, office, w):
    address = reverse("orders:envelope", args=[w.envelope.pk])
    wrong = office.post(reverse("orders:envelope_adjust", args=[w.envelope.pk]), {"amount": "", "words": "rien"})
    assert wrong.status_code == 200
    assert wrong.context["form"].errors
    office.post(reverse("orders:envelope_adjust", args=[w.envelope.pk]), {"amount": "-2.5", "words": "Reliquat"})
    change = Adjustment.objects.get()
    assert change.amount_m2 == -2_500_000
    client.force_login(ModeratorFactory())
    assert 'value="confirm"' in client.get(address).content.decode()
    decide = reverse("orders:adjustment_decide", args=[change.pk])
    assert client.post(decide, {"decision": "elsewhere"}).status_code == 404
    client.post(decide, {"decision": "confirm", "version": change.version})
    assert balance(w.envelope).granted == 97_500_000


def test_an_envelope_is_opened_on_the_page(office, w):
    words = {
        "name": "Volume", "family": "spot-6-7", "kind": "prefinanced", "owner": w.organisation.pk,
        "starts": "2027-01-01", "ends": "2027-12-31", "carry": "share", "carry_percent": "50", "renews": "on",
    }  # fmt: skip
    assert office.post(reverse("orders:envelope_new"), {**words, "owner": ""}).status_code == 200
    assert office.post(reverse("orders:envelope_new"), words).status_code == 302
    row = Envelope.objects.get(name="Volume")
    assert (row.owner, row.carry_percent, row.period.upper) == (w.organisation, 50, paris(2028, 1, 1))


def test_a_rate_is_set_on_the_page(office):
    words = {
        "family": "pleiades", "kind": "archive", "quota": "outside", "price": "4.50", "minimum": "25",
        "stereo_factor": "2", "tristereo_factor": "3", "reason": "Marché",
        "since": (clock.today() + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    assert office.post(reverse("orders:tariffs"), {**words, "since": "2020-01-01"}).status_code == 200
    assert office.post(reverse("orders:tariffs"), words).status_code == 302
    assert "4,50" in office.get(reverse("orders:tariffs")).content.decode()


def test_the_api_gives_what_the_page_gives(client, office, w):
    envelope(10, name="Tentatives", family="spot-6-7", attempts=4)
    found = office.get("/api/v1/envelopes").json()["results"]
    assert [one["name"] for one in found] == [w.envelope.name, "Tentatives"]
    assert found[0]["m2"] == {"granted": 100 * KM2, "held": 0, "committed": 0, "available": 100 * KM2}
    assert (found[0]["attempts"], found[1]["attempts"]["available"]) == (None, 4)
    assert [one["name"] for one in office.get("/api/v1/envelopes?family=spot-6-7").json()["results"]] == ["Tentatives"]
    assert office.get("/api/v1/envelopes?famly=x").status_code in {400, 422}
    client.force_login(referent_of(w.organisation))
    assert [one["id"] for one in client.get("/api/v1/envelopes").json()["results"]] == [w.envelope.pk]


def test_a_page_offers_what_its_reader_may_do_and_no_more(client, office, w):
    referent, other = referent_of(w.organisation), ModeratorFactory()
    proposed(w)
    address = reverse("orders:envelope", args=[w.envelope.pk])

    def offered(person):
        client.force_login(person)
        page = client.get(address)
        (change,) = page.context["adjustments"]
        listed = client.get(reverse("orders:envelopes")).context["office"]
        return page.context["form"] is not None, listed, change["may_decide"], change["may_withdraw"]

    assert offered(w.moderator) == (True, True, False, True)
    assert offered(other) == (True, True, True, False)
    assert offered(referent) == (False, False, False, False)


def test_the_projects_of_a_programme_are_chosen_on_its_page(office, w):
    row = opened(w, kind="programme", programme="Littoral")
    address = reverse("orders:envelope_programme", args=[row.pk])
    assert office.post(address, {"projects": [w.project.pk + 999]}).status_code == 404
    assert office.post(reverse("orders:envelope_programme", args=[w.envelope.pk]), {}).status_code == 404
    assert row.programme.projects.count() == 0
    assert office.post(address, {"projects": [w.project.pk]}).status_code == 302
    assert list(row.programme.projects.all()) == [w.project]
    assert "Littoral" in office.get(reverse("orders:envelope", args=[row.pk])).content.decode()
