# SPDX-License-Identifier: AGPL-3.0-or-later
"""Usage reports and certificates of destruction: owed when, pre-filled with what, recalled, sent once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dinamis.core import clock
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted
from dinamis.core.models import OutboxMessage, StateChange
from licensing.enums import Action, EndDuty
from licensing.models import Entitlement
from licensing.selectors.decision import decide
from orders.models import Obligation, ObligationReminder, TicketObject
from orders.services.duties import obligations
from orders.services.duties.destruction_document import print_certificate
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.licensing import ProjectFactory, grant
from tests.factories.orders import held_file, member_of, neighbour
from tests.orders.duties.duties import contractor, downloaded, owed_certificate, owed_report

pytestmark = pytest.mark.django_db


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def told(template, to=None):
    found = OutboxMessage.objects.filter(payload__template=f"orders/mail/{template}")
    return found.filter(payload__to=to.email).count() if to else found.count()


def opened(at=None):
    return obligations.open_due(at=at or clock.now())


def referent_of(organisation):
    person = UserFactory()
    active_membership(person, organisation, role="referent")
    return person


# --- usage reports: when they are owed -------------------------------------------------------------------------------


def test_a_report_is_asked_a_year_after_the_first_download(w):
    one = downloaded(w, days_ago=364)
    assert opened() == 0
    assert opened(clock.now() + timedelta(days=3)) == 1
    row = Obligation.objects.get()
    assert (row.kind, row.person, row.organisation, row.project) == ("usage_report", w.researcher, w.organisation, None)
    assert (row.since, row.state) == (one.fetched_at, "due")
    assert row.due_on == clock.today() + timedelta(days=63)
    assert told("obligation_asked", w.researcher) == 1
    assert StateChange.objects.filter(aggregate="orders.obligation", transition="create").count() == 1


def test_a_download_is_reported_once(w):
    owed_report(w)
    assert opened() == 0
    downloaded(w, days_ago=10)
    assert opened() == 0
    # The next one is about what came after.
    later = clock.now() + timedelta(days=400)
    TicketObject.objects.filter(fetched_at__gte=clock.now() - timedelta(days=11)).update(
        fetched_at=clock.now() + timedelta(days=5)
    )
    assert opened(later) == 1
    assert Obligation.objects.count() == 2


def test_each_person_and_project_has_a_report_of_its_own(w):
    colleague = member_of(w.organisation)
    downloaded(w)
    downloaded(w, person=colleague)
    downloaded(w, project=w.project)
    assert opened() == 3
    assert opened() == 0


def test_the_end_of_a_project_asks_at_once(w):
    downloaded(w, days_ago=3, project=w.project)
    assert opened() == 0
    w.project.ends_on = clock.today()
    w.project.save()
    assert opened() == 0
    assert opened(clock.now() + timedelta(days=1)) == 1


def test_who_keeps_files_for_good_and_who_fetched_none_owes_nothing(w):
    one = downloaded(w)
    TicketObject.objects.update(fetched_at=None)
    assert opened() == 0
    TicketObject.objects.update(fetched_at=clock.now() - timedelta(days=400))
    type(w.licence).objects.update(end_duty=EndDuty.KEEP)
    assert (opened(), Obligation.objects.exists(), one.pk > 0) == (0, False, True)


def test_an_account_that_is_closed_is_not_asked(w):
    downloaded(w)
    type(w.researcher).objects.filter(pk=w.researcher.pk).update(is_active=False)
    assert opened() == 0


def test_what_is_known_is_filled_in(w):
    asset = held_file(w)
    downloaded(w, asset=asset, days_ago=401)
    downloaded(w, asset=asset, days_ago=390)
    downloaded(w, days_ago=380)
    opened()
    facts = Obligation.objects.get().facts
    assert (len(facts["files"]), facts["images"]) == (2, 2)
    assert facts["files"][0] == {
        "item": asset.item_id,
        "image": str(asset.item),
        "name": asset.file_name,
        "sha256": asset.sha256,
        "size": asset.size,
        "on": (clock.now() - timedelta(days=401)).astimezone(clock.PARIS).date().isoformat(),
    }
    assert facts["area_m2"] > 10**8


def test_looking_for_what_is_owed_takes_as_many_queries_for_three_as_for_one(w):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert opened() == 0
        return len(seen)

    downloaded(w, days_ago=5)
    first = queries()
    for _ in range(2):
        downloaded(w, days_ago=5, person=member_of(w.organisation))
    assert queries() == first


# --- certificates of destruction: when they are owed -----------------------------------------------------------------


def test_the_end_of_a_contract_asks_for_a_certificate(w):
    engineer, project, right = contractor(w, body="Métropole de Sète")
    one = downloaded(w, person=engineer, project=project, entitlement=right, days_ago=30)
    assert opened() == 1
    row = Obligation.objects.get()
    assert (row.kind, row.person, row.entitlement, row.commissioner) == ("destruction", engineer, right, None)
    assert [file["sha256"] for file in row.facts["files"]] == [one.asset.sha256]
    assert opened() == 0


def test_a_contract_that_runs_asks_nothing(w):
    engineer, project, right = contractor(w, ends=9)
    downloaded(w, person=engineer, project=project, entitlement=right, days_ago=30)
    assert opened() == 0
    project.ended_at, project.ended_by, project.ended_words = clock.now(), engineer, "fini"
    project.save()
    # The end of the project asks for the report too.
    assert opened() == 2
    assert set(Obligation.objects.values_list("kind", flat=True)) == {"destruction", "usage_report"}


def test_a_right_that_goes_on_asks_nothing(w):
    engineer, project, right = contractor(w)
    downloaded(w, person=engineer, project=project, entitlement=right, days_ago=30)
    period = (clock.now() - timedelta(days=1), clock.now() + timedelta(days=9))
    later = grant(right.adhesion, w.licence, project=project, period=period)
    assert opened() == 0
    assert opened(clock.now() + timedelta(days=10)) == 1
    assert Obligation.objects.get().entitlement == later


def test_an_institution_and_who_fetched_nothing_certify_nothing(w):
    contractor(w)
    downloaded(w, days_ago=3)
    assert opened(clock.now() + timedelta(days=2000)) == 1
    assert Obligation.objects.get().kind == "usage_report"


def test_nobody_left_is_not_asked(w):
    engineer, project, right = contractor(w)
    downloaded(w, person=engineer, project=project, entitlement=right, days_ago=30)
    engineer.memberships.update(state="ended", ended_at=clock.now())
    right.organisation.memberships.update(state="ended", ended_at=clock.now())
    assert opened() == 0


def test_the_referent_is_asked_once_the_owner_has_left(w):
    engineer, project, right = contractor(w)
    downloaded(w, person=engineer, project=project, entitlement=right, days_ago=30)
    referent = referent_of(right.organisation)
    engineer.memberships.update(state="ended", ended_at=clock.now())
    right.organisation.memberships.exclude(user=referent).update(state="ended", ended_at=clock.now())
    assert opened() == 1
    assert Obligation.objects.get().person == referent


def test_the_public_body_is_found_by_its_exact_name_only(w):
    body = w.organisation
    leader = referent_of(body)
    row = owed_certificate(w, body=body.name.upper())
    assert row.commissioner == body
    assert not Obligation.objects.visible_to(leader).exists()
    certify(row)
    assert Obligation.objects.visible_to(leader).get() == row
    assert told("destruction_received", leader) == 1
    assert not Obligation.objects.visible_to(member_of(body)).exists()


# --- sending ---------------------------------------------------------------------------------------------------------


def certify(row, **changes):
    said = {"typed_name": row.person.name, "destroyed_on": clock.today(), "confirmed": True}
    return obligations.certify_destruction(obligation=row, actor=row.person, **{**said, **changes})


def test_a_report_is_sent_once(w):
    row = owed_report(w)
    obligations.send_report(obligation=row, actor=w.researcher, words=" Une carte. ", results="")
    sent = fresh(row)
    assert (sent.state, sent.words, sent.sent_by) == ("done", "Une carte.", w.researcher)
    with pytest.raises(IllegalTransition):
        obligations.send_report(obligation=row, actor=w.researcher, words="Autre chose.")
    assert fresh(row).words == "Une carte."


def test_what_was_sent_stays_as_it_is(w):
    row = owed_report(w)
    obligations.send_report(obligation=row, actor=w.researcher, words="Une carte.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Obligation.objects.update(words="Rien.")
    assert fresh(row).words == "Une carte."


@pytest.mark.parametrize("said", [{"words": " "}, {"words": "x" * 10_001}, {"words": "x", "results": "y" * 10_001}])
def test_a_report_needs_words_of_reasonable_length(w, said):
    row = owed_report(w)
    with pytest.raises(Invalid):
        obligations.send_report(obligation=row, actor=w.researcher, **said)
    assert fresh(row).state == "due"


def test_who_may_send_a_report(w):
    row = owed_report(w)
    for person in (member_of(w.organisation), w.moderator, neighbour(w).researcher):
        with pytest.raises(NotPermitted):
            obligations.send_report(obligation=row, actor=person, words="x")
    assert fresh(row).state == "due"
    obligations.send_report(obligation=row, actor=referent_of(w.organisation), words="x")
    assert fresh(row).state == "done"


def test_a_kind_is_not_sent_as_the_other(w):
    report, certificate = owed_report(w), owed_certificate(w)
    with pytest.raises(Invalid):
        obligations.send_report(obligation=certificate, actor=certificate.person, words="x")
    with pytest.raises(Invalid):
        certify(report)
    assert set(Obligation.objects.values_list("state", flat=True)) == {"due"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"typed_name": ""}, "typed_name"),
        ({"typed_name": "Quelqu’un d’autre"}, "typed_name"),
        ({"destroyed_on": None}, "destroyed_on"),
        ({"destroyed_on": clock.today() + timedelta(days=2)}, "destroyed_on"),
        ({"destroyed_on": clock.today() - timedelta(days=31)}, "destroyed_on"),
        ({"confirmed": False}, "confirmed"),
        ({"words": "x" * 10_001}, "words"),
    ],
)
def test_a_certificate_that_says_too_little_is_not_signed(w, changes, pointer):
    row = owed_certificate(w)
    with pytest.raises(Invalid) as refused:
        certify(row, **changes)
    assert (refused.value.pointer, fresh(row).state) == (pointer, "due")
    assert not OutboxMessage.objects.filter(topic=obligations.PRINT_TOPIC).exists()


def test_a_certificate_is_printed_once(w, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    row = owed_certificate(w)
    print_certificate(row)
    assert not list(tmp_path.rglob("*.pdf"))
    certify(row, typed_name="Un Autre", name_confirmed=True, words="Disques effacés.")
    assert OutboxMessage.objects.filter(topic=obligations.PRINT_TOPIC).count() == 1
    for _ in range(2):
        print_certificate(fresh(row))
    (path,) = tmp_path.rglob("*.pdf")
    printed = fresh(row)
    assert (path.read_bytes()[:5], printed.typed_name, len(printed.sha256)) == (b"%PDF-", "Un Autre", 64)
    assert not obligations.store_certificate(obligation_id=row.pk, storage_key="x", sha256="y")
    assert fresh(row).storage_key == printed.storage_key


def test_the_office_lifts_with_a_reason_and_not_for_itself(w):
    row = owed_report(w)
    insider = ModeratorFactory()
    active_membership(insider, w.organisation)
    for person in (insider, w.researcher, neighbour(w).researcher):
        with pytest.raises(NotPermitted):
            obligations.lift(obligation=row, actor=person, words="x")
    own = Obligation.objects.create(
        kind="usage_report",
        person=w.moderator,
        organisation=w.organisation,
        since=clock.now(),
        until=clock.now(),
        due_on=clock.today(),
    )
    with pytest.raises(NotPermitted):
        obligations.lift(obligation=own, actor=w.moderator, words="x")
    assert fresh(own).state == "due"
    with pytest.raises(Invalid):
        obligations.lift(obligation=row, actor=w.moderator, words=" ")
    assert fresh(row).state == "due"
    obligations.lift(obligation=row, actor=w.moderator, words="Projet abandonné.")
    assert fresh(row).state == "lifted"


# --- reminders -------------------------------------------------------------------------------------------------------


def test_each_step_is_recalled_once(w):
    row = owed_report(w)
    due = row.due_on
    days = {-15: 0, -14: 1, -13: 1, 0: 2, 13: 2, 14: 3, 45: 4, 400: 4}
    for day, expected in days.items():
        at = clock.now() + (due - clock.today()) + timedelta(days=day)
        obligations.remind(at=at)
        obligations.remind(at=at)
        assert (told("obligation_due", w.researcher), ObligationReminder.objects.count()) == (expected, expected), day


def test_after_an_outage_the_last_step_alone_is_sent(w):
    row = owed_report(w)
    obligations.remind(at=clock.now() + (row.due_on - clock.today()) + timedelta(days=20))
    assert list(ObligationReminder.objects.values_list("step", flat=True)) == [14]


def test_what_was_just_asked_is_not_recalled(w, settings):
    settings.DINAMIS = {**settings.DINAMIS, "USAGE_REPORT_DAYS": 10}
    owed_report(w)
    assert obligations.remind(at=clock.now()) == 0
    assert told("obligation_due") == 0


def test_late_ones_are_told_to_the_referents_and_close_nothing(w):
    row = owed_report(w)
    leader = referent_of(w.organisation)
    at = clock.now() + (row.due_on - clock.today()) + timedelta(days=14)
    obligations.remind(at=at)
    assert told("obligation_due", leader) == 1
    facts = held_file(w).item.facts
    assert decide(w.researcher, Action.DOWNLOAD, facts, project=None, at=at)


def test_what_is_sent_or_lifted_is_not_recalled(w):
    row = owed_report(w)
    obligations.send_report(obligation=row, actor=w.researcher, words="x")
    assert obligations.remind(at=clock.now() + timedelta(days=200)) == 0


# --- pages -----------------------------------------------------------------------------------------------------------


def test_a_report_from_page_to_page(client, w):
    row = owed_report(w)
    address = reverse("orders:obligation", args=[row.pk])
    client.force_login(w.researcher)
    assert row.number in client.get(reverse("orders:obligations")).text
    page = client.get(address).text
    assert row.facts["files"][0]["name"] in page
    assert (client.post(address, {"words": ""}).status_code, fresh(row).state) == (422, "due")
    assert client.post(address, {"words": "Une carte."}).status_code == 302
    assert "Une carte." in client.get(address).text
    assert client.post(address, {"words": "Encore."}).status_code == 404
    assert client.get(reverse("orders:obligation_pdf", args=[row.pk])).status_code == 404


def test_a_certificate_from_page_to_page(client, w, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    row = owed_certificate(w)
    address = reverse("orders:obligation", args=[row.pk])
    client.force_login(row.person)
    said = {"typed_name": row.person.name, "destroyed_on": clock.today().isoformat()}
    assert "name_confirmed" not in client.get(address).text
    assert (client.post(address, said).status_code, fresh(row).state) == (422, "due")
    assert "name_confirmed" in client.post(address, {**said, "typed_name": "Un Autre"}).text
    assert client.post(address, {**said, "confirmed": "on"}).status_code == 302
    print_certificate(fresh(row))
    pdf = client.get(reverse("orders:obligation_pdf", args=[row.pk]))
    assert pdf["X-Accel-Redirect"].endswith(".pdf")
    client.force_login(neighbour(w).researcher)
    for name in ("obligation", "obligation_pdf"):
        assert client.get(reverse(f"orders:{name}", args=[row.pk])).status_code == 404


def test_the_office_narrows_its_list_and_takes_it_away(client, w):
    report, certificate = owed_report(w), owed_certificate(w)
    Obligation.objects.filter(pk=report.pk).update(due_on=clock.today() - timedelta(days=1))
    client.force_login(w.moderator)
    for asked, shown in (
        ({}, {report, certificate}),
        ({"kind": "destruction"}, {certificate}),
        ({"state": "late"}, {report}),
        ({"state": "done"}, set()),
        ({"q": w.organisation.name}, {report}),
        ({"state": "nonsense"}, {report, certificate}),
    ):
        page = client.get(reverse("orders:office_obligations"), asked).text
        lines = b"".join(client.get(reverse("orders:obligations_csv"), asked).streaming_content).decode()
        for row in (report, certificate):
            assert (row.number in page) == (row.number in lines) == (row in shown), (asked, row)
    lift = reverse("orders:obligation_lift", args=[report.pk])
    client.post(lift, {"words": ""})
    assert fresh(report).state == "due"
    client.post(lift, {"words": "Projet abandonné."})
    assert fresh(report).state == "lifted"


def test_a_spreadsheet_takes_no_words_for_a_formula(client, w):
    row = owed_report(w)
    obligations.send_report(obligation=row, actor=w.researcher, words="=1+1")
    client.force_login(w.moderator)
    lines = b"".join(client.get(reverse("orders:obligations_csv")).streaming_content).decode()
    assert "'=1+1" in lines


def test_the_lists_take_as_many_queries_for_three_as_for_one(client, w):
    client.force_login(w.researcher)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("orders:obligations"))
        return len(seen)

    owed_report(w)
    queries()
    first = queries()
    for _ in range(2):
        project = ProjectFactory(organisation=w.organisation, owner=w.researcher)
        downloaded(w, project=project)
    assert opened() == 2
    assert queries() == first


def test_of_a_right_given_back_and_a_shorter_one_after_it_one_certificate_is_owed(w):
    engineer, project, long = contractor(w, ends=100)
    Entitlement.objects.filter(pk=long.pk).update(state="revoked")
    grant(
        long.adhesion,
        w.licence,
        project=project,
        period=(clock.now() - timedelta(days=200), clock.now() - timedelta(days=1)),
    )
    downloaded(w, person=engineer, project=project, entitlement=long, days_ago=30)
    assert opened() == 1
    assert opened() == 0


def test_what_i_owe_is_paged_what_is_due_first(client, w, monkeypatch):
    monkeypatch.setattr("orders.web.duties.obligations.PER_PAGE", 2)
    rows = [owed_report_of(w, days) for days in (900, 800, 700)]
    obligations.lift(obligation=rows[0], actor=w.moderator, words="Ancien.")
    client.force_login(w.researcher)
    pages = [client.get(reverse("orders:obligations"), {"page": page}) for page in (1, 2)]
    assert [row.pk for row in pages[0].context["due"]] == [rows[1].pk, rows[2].pk]
    assert ([row.pk for row in pages[1].context["done"]], pages[1].context["due"]) == ([rows[0].pk], [])


def owed_report_of(w, days):
    project = ProjectFactory(organisation=w.organisation, owner=w.researcher)
    downloaded(w, days_ago=days, project=project)
    obligations.open_due(at=clock.now())
    return Obligation.objects.get(project=project)
