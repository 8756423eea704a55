# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invoices of providers: two people, lines, what the database refuses, and what differs from the ledger."""

import csv
import io
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from dinamis.core import clock, keys
from dinamis.core.actors import SYSTEM
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, SeveralInvalid
from licensing.services.scan import queue_scans
from orders.domain.invoice_lines import WantedLine, read_lines
from orders.enums import Finding
from orders.models import InvoiceLine, LedgerEntry, ProviderInvoice, Settlement
from orders.selectors.money.envelope import balance
from orders.selectors.money.reconciliation import compared, counts
from orders.services.money import invoices as verbs
from orders.services.money import ledger
from orders.services.money.settlements import settle_by_price, settle_by_reason
from tests.clamd import EICAR, clamd
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership
from tests.factories.orders import KM2, approved, arrived, placed, world
from tests.orders.conftest import drive
from tests.orders.money.accounting import PDF, approved_invoice, csv_of, pdf, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def written(module_rows):
    return world(budget_km2=1000)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.FILES_ROOT = tmp_path


@pytest.fixture
def row(w):
    """A provider order that costs one euro, delivered."""
    order = placed(approved(w))[0]
    arrived(order)
    return order


@pytest.fixture
def office(w):
    client = Client()
    client.force_login(w.moderator)
    return client


def found(reference):
    (side,) = compared(references=[reference])
    return side


def problems_of(call):
    with pytest.raises(Invalid) as refused:
        call()
    errors = refused.value.errors if isinstance(refused.value, SeveralInvalid) else (refused.value,)
    assert all(error.repair for error in errors)
    return [error.pointer for error in errors]


# --- two people ----------------------------------------------------------------------------------------------------


def test_one_person_records_an_invoice_and_another_approves_it(w, row):
    invoice = recorded(w, (row.reference, "1.00"), net=100)
    assert (invoice.state, invoice.recorded_by, invoice.lines.get().provider_order) == ("recorded", w.moderator, row)
    with pytest.raises(NotPermitted):
        verbs.approve_invoice(invoice=invoice, actor=w.moderator)
    with pytest.raises(NotPermitted):
        verbs.approve_invoice(invoice=invoice, actor=w.researcher)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderInvoice.objects.filter(pk=invoice.pk).update(state="approved", decided_by=w.moderator)
    other = ModeratorFactory()
    done = verbs.approve_invoice(invoice=invoice, actor=other)
    assert (done.state, done.decided_by) == ("approved", other)
    assert found(row.reference).finding == Finding.MATCHED


def test_an_invoice_whose_lines_do_not_come_to_its_amount_is_not_approved(w, row):
    invoice = recorded(w, (row.reference, "0.99"), net=100)
    assert problems_of(lambda: verbs.approve_invoice(invoice=invoice, actor=ModeratorFactory())) == ["lines"]
    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderInvoice.objects.filter(pk=invoice.pk).update(state="approved", decided_by=ModeratorFactory())
    invoice.refresh_from_db()
    assert (invoice.state, invoice.decided_by) == ("recorded", None)


def test_what_was_rejected_or_withdrawn_counts_no_more_and_is_recorded_again(w, row):
    invoice = recorded(w, (row.reference, "1.00"), net=100)
    with pytest.raises(Invalid):
        verbs.reject_invoice(invoice=invoice, actor=ModeratorFactory(), words=" ")
    assert not InvoiceLine.objects.get().void
    verbs.reject_invoice(invoice=invoice, actor=ModeratorFactory(), words="Montant faux")
    assert found(row.reference).finding == Finding.NOT_INVOICED
    with pytest.raises(NotPermitted):
        verbs.withdraw_invoice(invoice=recorded(w, (row.reference, "1.00"), net=100), actor=ModeratorFactory())
    again = ProviderInvoice.objects.get(state="recorded")
    verbs.withdraw_invoice(invoice=again, actor=w.moderator)
    assert list(InvoiceLine.objects.values_list("void", flat=True)) == [True, True]
    recorded(w, (row.reference, "1.00"), net=100)


def test_what_an_invoice_says_never_changes_and_its_lines_stand_once_decided(w, row):
    invoice = approved_invoice(w, (row.reference, "1.00"), net=100)
    for change in ({"net_cents": 5}, {"number": "F-2"}, {"sha256": "0" * 64}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ProviderInvoice.objects.filter(pk=invoice.pk).update(**change)
    for call in (lambda: invoice.lines.update(amount_cents=5), lambda: invoice.lines.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            call()
    line = invoice.lines.get()
    with pytest.raises(IllegalTransition):
        verbs.remove_line(line=line, actor=w.moderator)
    with pytest.raises(IllegalTransition):
        verbs.reject_invoice(invoice=invoice, actor=ModeratorFactory(), words="Trop tard")
    line.refresh_from_db()
    assert (line.amount_cents, line.void) == (100, False)


def test_only_who_recorded_an_invoice_writes_its_lines(w, row):
    invoice = recorded(w, net=100)
    wanted = WantedLine(row.reference, 100)
    with pytest.raises(NotPermitted):
        verbs.add_line(invoice=invoice, actor=ModeratorFactory(), line=wanted)
    with pytest.raises(NotPermitted):
        verbs.import_lines(invoice=invoice, actor=ModeratorFactory(), content=csv_of((row.reference, "1")))
    w.moderator.office_role = ""
    with pytest.raises(NotPermitted):
        verbs.add_line(invoice=invoice, actor=w.moderator, line=wanted)
    w.moderator.office_role = "moderator"
    assert not invoice.lines.exists()
    line = verbs.add_line(invoice=invoice, actor=w.moderator, line=wanted)
    verbs.remove_line(line=line, actor=w.moderator)
    assert not invoice.lines.exists()


def test_a_key_writes_no_lines(w):
    invoice = recorded(w, net=100)
    with keys.window():
        keys.act_as("a key")
        with pytest.raises(keys.KeyForbidden):
            verbs.add_line(invoice=invoice, actor=w.moderator, line=WantedLine("D-1", 100))
    assert not invoice.lines.exists()


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"number": "  "}, ["number"]),
        ({"day": "tomorrow"}, ["day"]),
        ({"last_day": "yesterday"}, ["last_day"]),
        ({"net": 0, "gross": 5}, ["net"]),
        ({"gross": 99}, ["gross"]),
        ({"net": -100, "gross": -99}, ["gross"]),
        ({"upload": pdf(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0IEND\0\0\0\0")}, ["file"]),
        ({"upload": pdf(b"texte")}, ["file"]),
        ({"lines": b"reference\nX"}, ["file"]),
    ],
)
def test_an_invoice_that_cannot_be_is_refused_and_nothing_is_kept(w, tmp_path, changes, pointers):
    days = {"tomorrow": clock.today() + timedelta(days=1), "yesterday": clock.today() - timedelta(days=1)}
    changes = {"net": 100, **{name: days.get(value, value) if isinstance(value, str) else value
                              for name, value in changes.items()}}  # fmt: skip
    assert problems_of(lambda: recorded(w, **changes)) == pointers
    assert not ProviderInvoice.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_only_the_office_records_invoices(w):
    with pytest.raises(NotPermitted):
        recorded(w, net=100, actor=w.researcher)
    assert not ProviderInvoice.objects.exists()


def test_the_same_invoice_is_recorded_once(w):
    recorded(w, net=100)
    with pytest.raises(Invalid) as refused:
        recorded(w, net=5, number=" f-1 ")
    assert (refused.value.pointer, refused.value.code) == ("number", "invoice_twice")
    assert ProviderInvoice.objects.get().net_cents == 100


def test_an_order_is_invoiced_once_whoever_writes_it_unless_in_parts(w, row):
    recorded(w, (row.reference, "1.00"), net=100)
    assert problems_of(lambda: recorded(w, (row.provider_id, "1.00"), net=100, number="F-2")) == ["lines/2/reference"]
    assert ProviderInvoice.objects.count() == 1
    other = recorded(w, net=100, number="F-3")
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=other, position=1, reference=row.reference.lower(), area_m2=0, amount_cents=1
        )
    assert problems_of(
        lambda: verbs.add_line(invoice=other, actor=w.moderator, line=WantedLine(row.reference, 100))
    ) == ["reference"]
    verbs.add_line(invoice=other, actor=w.moderator, line=WantedLine(row.reference, 60, part=2))
    verbs.add_line(invoice=other, actor=w.moderator, line=WantedLine(row.reference, -60))
    assert found(row.reference).finding == Finding.MATCHED


def test_lines_of_a_file_are_read_with_the_marks_of_either_language():
    text = "Référence;Tranche;Surface;Prix unitaire;Montant\nD-1;2;1 234,5;4,06;5 012,07 €\n\nD-2;;;;-3\n"
    for content in (text.encode(), text.encode("cp1252"), b"\xef\xbb\xbf" + text.encode()):
        assert read_lines(content) == [
            (2, WantedLine("D-1", 501_207, 1_234_500_000, 406, 2)),
            (4, WantedLine("D-2", -300)),
        ]


def test_everything_wrong_with_lines_is_said_at_once_and_nothing_is_written(w):
    invoice = recorded(w, ("D-9", "1.00"), net=100)
    content = csv_of("=x,,,,1", "D-1,0,-1,-2,", "D-2,,deux,1.234,0", "D-3,,10,4.06,40.59", "D-4,,10,4.06,40")
    pointers = problems_of(lambda: verbs.import_lines(invoice=invoice, actor=w.moderator, content=content))
    assert pointers == [
        "lines/2/reference", "lines/3/part", "lines/3/km2", "lines/3/unit_price", "lines/3/amount", "lines/4/km2",
        "lines/4/unit_price", "lines/4/amount", "lines/6/amount",
    ]  # fmt: skip
    assert [line.reference for line in invoice.lines.all()] == ["D-9"]
    twice = csv_of(("D-1", "1"), ("d-1", "2"))
    assert problems_of(lambda: verbs.import_lines(invoice=invoice, actor=w.moderator, content=twice)) == [
        "lines/3/reference"
    ]
    assert verbs.import_lines(invoice=invoice, actor=w.moderator, content=csv_of(("D-1", "1"))) == 1
    assert [line.reference for line in invoice.lines.all()] == ["D-1"]


@pytest.mark.parametrize(
    "content",
    [b"", b"reference,amount", b"a\0b", b"reference\nD-1", b"reference,amount,other\nD-1,1,2", b'reference,amount\n"D',
     b"reference,amount,montant\nD-1,1,1", b"x" * (2**20 + 1), b"reference,amount\n" + b"D-1,1\n" * 2001],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(content):
    assert problems_of(lambda: read_lines(content)) == ["file"]


def test_a_line_whose_area_at_its_unit_price_is_another_amount_is_refused(w):
    invoice = recorded(w, net=100)
    wanted = WantedLine("D-1", 4061, 10 * KM2, 406)
    verbs.add_line(invoice=invoice, actor=w.moderator, line=wanted)
    wrong = WantedLine("D-2", 4062, 10 * KM2, 406)
    assert problems_of(lambda: verbs.add_line(invoice=invoice, actor=w.moderator, line=wrong)) == ["amount"]
    assert invoice.lines.count() == 1


# --- the document --------------------------------------------------------------------------------------------------


@pytest.fixture
def scanner(settings):
    with clamd() as server:
        settings.CLAMD_URL = server.url
        yield server


@pytest.mark.parametrize(("content", "opens"), [(PDF, True), (b"%PDF-1.7\n" + EICAR + b"\n%%EOF\n", False)])
def test_the_document_is_scanned_and_handed_out_when_clean(
    w, office, scanner, tmp_path, django_capture_on_commit_callbacks, content, opens
):
    invoice = recorded(w, ("D-1", "1.00"), net=100, upload=pdf(content))
    invoice.refresh_from_db()
    address = reverse("orders:invoice_document", args=[invoice.pk])
    assert (invoice.scan, office.get(address).status_code) == ("pending", 400)
    with django_capture_on_commit_callbacks(execute=True):
        assert drive("orders.scan_invoice") == 1
    invoice.refresh_from_db()
    assert (tmp_path / invoice.storage_key).exists() == opens
    answer = office.get(address)
    assert (answer.status_code, "X-Accel-Redirect" in answer) == ((200, True) if opens else (400, False))
    if not opens:
        assert problems_of(lambda: verbs.approve_invoice(invoice=invoice, actor=ModeratorFactory())) == ["file"]


def test_a_scanner_installed_later_sees_the_old_documents(w, settings):
    """Also that of an invoice which nothing changes any more."""
    before = recorded(w, ("D-1", "1.00"), net=100, upload=pdf(PDF))
    verbs.approve_invoice(invoice=before, actor=ModeratorFactory())
    with clamd() as server:
        settings.CLAMD_URL = server.url
        assert queue_scans() == 1
        before.refresh_from_db()
        assert before.scan == "pending"
        assert drive("orders.scan_invoice") == 1
        assert queue_scans() == 0
    before.refresh_from_db()
    assert before.scan == "clean"


# --- beside the ledger ---------------------------------------------------------------------------------------------


def test_what_differs_from_the_ledger_is_found(w, row):
    assert found(row.reference).finding == Finding.NOT_INVOICED
    assert (found(row.reference).owed_cents, found(row.reference).difference_cents) == (100, -100)
    coming = placed(approved(w, title="Autre"))[0]
    assert found(coming.reference).finding == Finding.AWAITED
    recorded(w, (row.reference, "1.30"), (coming.reference, "1.00"), ("D-0", "5"), net=730)
    assert (found(row.reference).finding, found(row.reference).difference_cents) == (Finding.PRICED, 30)
    assert (found(coming.reference).finding, found(coming.reference).difference_cents) == (Finding.NOT_DELIVERED, 0)
    assert (found("d-0").finding, found("D-0").difference_cents) == (Finding.NOT_ORDERED, 500)
    assert counts() == {
        ("priced", False): (1, 30), ("not_delivered", False): (1, 0), ("not_ordered", False): (1, 500)
    }  # fmt: skip
    ledger.refund(coming.lines.get(), actor=SYSTEM, words="perdu")
    recorded(w, (coming.reference, "-1.00"), ("D-0", "-5"), net=-600, number="A-1")
    assert {found(coming.reference).finding, found("D-0").finding} == {Finding.MATCHED}


def test_a_difference_is_settled_by_a_coded_reason_as_long_as_it_is_the_same(w, row):
    invoice = recorded(w, (row.reference, "1.30"), net=130)
    settle = {"reference": row.reference, "actor": w.moderator, "difference_cents": 30}
    assert problems_of(lambda: settle_by_reason(**{**settle, "difference_cents": 29}, code="rounding")) == [
        "difference"
    ]
    for wrong, words in (("free_of_charge", "x"), ("other", " ")):
        with pytest.raises(Invalid):
            settle_by_reason(**settle, code=wrong, words=words)
    with pytest.raises(NotPermitted):
        settle_by_reason(**{**settle, "actor": w.researcher}, code="rounding")
    of_theirs = ModeratorFactory()
    active_membership(of_theirs, w.organisation)
    with pytest.raises(NotPermitted):
        settle_by_reason(**{**settle, "actor": of_theirs}, code="rounding")
    assert not Settlement.objects.exists()
    kept = settle_by_reason(**settle, code="supplement", words="Avenant 3")
    assert (found(row.reference).settled, found(row.reference).is_open) == (True, False)
    assert problems_of(lambda: settle_by_reason(**settle, code="rounding")) == ["difference"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Settlement.objects.filter(pk=kept.pk).update(difference_cents=0)
    verbs.add_line(invoice=invoice, actor=w.moderator, line=WantedLine(row.reference, 10, part=2))
    assert (found(row.reference).settled, found(row.reference).difference_cents) == (False, 40)


def test_only_the_office_settles(w):
    recorded(w, ("D-0", "1"), net=100)
    settle = {"reference": "D-0", "difference_cents": 100, "code": "other_budget"}
    for person in (UserFactory(), w.researcher):
        with pytest.raises(NotPermitted):
            settle_by_reason(**settle, actor=person)
    assert not Settlement.objects.exists()
    settle_by_reason(**settle, actor=w.moderator)


@pytest.mark.usefixtures("in_no_language")
def test_a_difference_is_settled_by_a_price_entry_once_the_invoice_is_approved(w, row):
    invoice = recorded(w, (row.reference, "1.30"), net=130)
    settle = {"reference": row.reference, "actor": w.moderator, "difference_cents": 30}
    assert problems_of(lambda: settle_by_price(**settle)) == ["price"]
    assert not LedgerEntry.objects.filter(kind="price", amount_cents=-30).exists()
    verbs.approve_invoice(invoice=invoice, actor=ModeratorFactory())
    settle_by_price(**settle)
    entry = LedgerEntry.objects.filter(kind="price").last()
    assert (entry.amount_cents, entry.basis, entry.provider_order) == (-30, "provider", row)
    assert "F-1" in entry.words
    assert balance(w.envelope).committed_cents == 130
    assert (found(row.reference).finding, Settlement.objects.get().priced) == (Finding.MATCHED, True)


def test_what_was_given_back_in_part_keeps_its_price(w, row):
    approved_invoice(w, (row.reference, "1.30"), net=130)
    ledger.refund(row.lines.get(), actor=SYSTEM, words="nuages", part=Fraction(1, 2), key="half")
    settle = {"reference": row.reference, "actor": w.moderator, "difference_cents": 80}
    assert problems_of(lambda: settle_by_price(**settle)) == ["price"]
    assert not Settlement.objects.exists()


def test_a_credit_beyond_the_price_does_not_make_it_negative(w, row):
    approved_invoice(w, (row.reference, "-1.30"), net=-130)
    settle = {"reference": row.reference, "actor": w.moderator, "difference_cents": -230}
    assert problems_of(lambda: settle_by_price(**settle)) == ["price"]


# --- pages ---------------------------------------------------------------------------------------------------------


def test_an_invoice_is_recorded_corrected_and_approved_on_its_pages(w, row, office, client):
    today = clock.today().isoformat()
    sent = {
        "provider": "oneatlas", "number": "F-7", "day": today, "first_day": today, "last_day": today, "net": "1.30",
        "gross": "1.56",
    }  # fmt: skip
    new = reverse("orders:invoice_new")
    wrong = office.post(new, {**sent, "file": pdf(), "lines": pdf(csv_of(("D 1", "x")), "l.csv")})
    assert (wrong.status_code, wrong.context["problems"][0]["column"]) == (422, "amount")
    assert office.post(new, {**sent, "file": pdf(), "lines": pdf(b"x", "l.csv")}).context["form"].errors["lines"]
    assert not ProviderInvoice.objects.exists()
    assert office.post(new, {**sent, "file": pdf()}).status_code == 302
    invoice = ProviderInvoice.objects.get()
    page = reverse("orders:invoice", args=[invoice.pk])
    assert office.post(page, {"act": "line", "reference": row.reference, "part": 1}).status_code == 422
    bad = office.post(page, {"act": "lines", "file": pdf(csv_of(("D-1", "")), "l.csv")})
    assert (bad.status_code, len(bad.context["problems"])) == (422, 1)
    office.post(page, {"act": "lines", "file": pdf(csv_of(("D-1", "1")), "l.csv")})
    office.post(page, {"act": "remove", "line": invoice.lines.get().position})
    office.post(page, {"act": "line", "reference": row.reference, "part": 1, "amount": "1.30"})
    assert invoice.lines.get().amount_cents == 130
    assert office.post(page, {"act": "nothing"}).status_code == 404
    shown = office.get(page)
    assert (shown.context["may_edit"], shown.context["may_decide"]) == (True, False)
    client.force_login(ModeratorFactory())
    assert client.get(page).context["may_decide"]
    client.post(page, {"act": "approve", "version": invoice.version})
    invoice.refresh_from_db()
    assert invoice.state == "approved"
    assert "F-7" in office.get(reverse("orders:invoices")).content.decode()
    assert not list(office.get(reverse("orders:invoices"), {"state": "rejected"}).context["page_obj"])


def test_differences_are_settled_on_their_page_and_handed_over_as_csv(w, row, office):
    approved_invoice(w, (row.reference, "1.30"), ("D-0", "2"), net=330)
    address = reverse("orders:reconciliation")
    page = office.get(address)
    assert (page.context["chosen"], page.context["waiting"]) == ("priced", 2)
    sent = {"reference": "D-0", "difference": "200", "act": "reason"}
    assert office.post(address, {**sent, "code": "other"}).status_code == 422
    assert office.post(address, {**sent, "difference": "x"}).status_code == 302
    assert office.post(address, {**sent, "reference": "D-1"}).status_code == 302
    assert not Settlement.objects.exists()
    office.post(address, {**sent, "code": "other_budget"})
    office.post(address, {"reference": row.reference, "difference": "30", "act": "price"})
    office.post(address, {**sent, "code": "other_budget"})
    assert Settlement.objects.count() == 2
    assert [one["row"].reference for one in office.get(address, {"finding": "settled"}).context["rows"]] == ["D-0"]
    answer = office.get(reverse("orders:reconciliation_csv"))
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    lines = {line["reference"]: line for line in csv.DictReader(io.StringIO(text))}
    assert (lines[row.reference]["finding"], lines[row.reference]["owed_eur"]) == ("matched", "1.30")
    assert (lines["D-0"]["reason"], lines["D-0"]["difference_eur"]) == ("other_budget", "2.00")
