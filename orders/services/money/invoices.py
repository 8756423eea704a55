# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invoices of providers: recorded with their PDF and lines by one person, approved by another (docs/adr/0050)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, refuse
from dinamis.core.keys import refuse_keys
from dinamis.core.templatetags.ui import euros
from dinamis.core.transitions import apply_transition, lock, record_creation
from licensing.services.evidence import Upload
from orders.domain.invoice_lines import WantedLine, check_product, read_lines
from orders.enums import InvoiceState
from orders.models import InvoiceLine, ProviderInvoice, ProviderOrder
from orders.models.invoice import STANDING
from orders.services.money.invoice_documents import ask_scan, kept_pdf

Numbered = Sequence[tuple[int, WantedLine]]


def record_invoice(
    *,
    actor: Any,
    provider: str,
    number: str,
    day: date,
    first_day: date,
    last_day: date,
    net_cents: int,
    gross_cents: int,
    upload: Upload,
    lines: bytes | None = None,
) -> ProviderInvoice:
    """Record an invoice with its PDF and, from a CSV, its lines; a credit note is below zero.

    Raises NotPermitted, Invalid: an invoice that is recorded already, a day to come, a period that ends before it
    begins, amounts that do not go together, what is no PDF, lines that cannot be read. Nothing is left on disk then.
    """
    refuse_keys()
    if not actor.has_perm("orders.moderate"):
        raise NotPermitted(_("Only the office records invoices."))
    refuse(_wrong(number.strip(), (day, first_day, last_day), net_cents, gross_cents))
    facts = {"provider": provider, "number": number.strip(), "day": day, "net_cents": net_cents}
    facts |= {"gross_cents": gross_cents, "period": DateRange(first_day, last_day + timedelta(days=1))}
    with kept_pdf(upload) as file, transaction.atomic():
        kept = {"file_name": file.file_name, "storage_key": file.key, "size": file.size, "sha256": file.sha256}
        invoice = _only_once(**facts, **kept, recorded_by=actor, recorded_at=clock.now())
        record_creation(invoice, actor=Actor.person(actor))
        ask_scan(invoice)
        if lines is not None:
            _write(invoice, read_lines(lines))
    return invoice


@transaction.atomic
def import_lines(*, invoice: ProviderInvoice, actor: Any, content: bytes) -> int:
    """Replace the lines of an invoice by those of a CSV; returns how many.

    Raises Invalid with all that is wrong, each at `lines/<number in the file>/<column>`, and then nothing changes;
    NotPermitted (who did not record it), IllegalTransition once somebody decided on it.
    """
    held = _editable(invoice, actor)
    lines = read_lines(content)
    held.lines.all().delete()
    _write(held, lines)
    return len(lines)


@transaction.atomic
def add_line(*, invoice: ProviderInvoice, actor: Any, line: WantedLine) -> InvoiceLine:
    """Add one line. Raises as `import_lines`, pointing at the column alone."""
    held = _editable(invoice, actor)
    refuse(check_product(line, "amount"))
    return _write(held, [(0, line)])[0]


@transaction.atomic
def remove_line(*, line: InvoiceLine, actor: Any) -> None:
    """Take a line back. Raises NotPermitted, IllegalTransition."""
    _editable(line.invoice, actor)
    line.delete()


@transaction.atomic
def approve_invoice(*, invoice: ProviderInvoice, actor: Any, expected_version: int | None = None) -> ProviderInvoice:
    """Say that an invoice somebody else recorded is right: from then on it counts as invoiced.

    Raises Invalid when its lines do not come to its amount or its document is infected, NotPermitted (who recorded
    it), IllegalTransition, StaleVersion.
    """
    held = lock(invoice)
    total = held.lines.aggregate(sum=Sum("amount_cents"))["sum"] or 0
    if total != held.net_cents:
        said = {"lines": euros(total), "amount": euros(held.net_cents)}
        raise Invalid(
            _("The lines come to %(lines)s, the invoice to %(amount)s before tax.") % said,
            pointer="lines",
            repair=_("Who recorded it corrects the lines, or withdraws it."),
        )
    if held.scan == ProviderInvoice.Scan.INFECTED:
        raise Invalid(
            _("The scan found something in the document of this invoice."),
            pointer="file",
            repair=_("Reject it, and have it recorded again with another file."),
        )
    return _decide(held, "approve", actor, Reason("approved"), expected_version)


@transaction.atomic
def reject_invoice(
    *, invoice: ProviderInvoice, actor: Any, words: str, expected_version: int | None = None
) -> ProviderInvoice:
    """Refuse an invoice with the reason; its lines count no more. Raises Invalid without words, NotPermitted,
    IllegalTransition, StaleVersion."""
    return _void(invoice, "reject", actor, Reason("rejected", words) if words.strip() else Reason(), expected_version)


@transaction.atomic
def withdraw_invoice(*, invoice: ProviderInvoice, actor: Any, expected_version: int | None = None) -> ProviderInvoice:
    """Take back what one recorded oneself. Raises NotPermitted, IllegalTransition, StaleVersion."""
    return _void(invoice, "withdraw", actor, Reason(), expected_version)


def _only_once(**facts: Any) -> ProviderInvoice:
    """Write the row of an invoice. Raises Invalid when this provider's number is there already."""
    try:
        with transaction.atomic():
            return ProviderInvoice.objects.create(**facts)
    except IntegrityError as error:
        raise Invalid(
            _("This invoice of this provider is recorded already."),
            pointer="number",
            repair=_("Look at the list; a credit note has a number of its own."),
            code="invoice_twice",
        ) from error


def _void(invoice: ProviderInvoice, name: str, actor: Any, reason: Reason, version: int | None) -> ProviderInvoice:
    held = lock(invoice)
    if held.state == InvoiceState.RECORDED:
        # Struck out before the state moves: afterwards a line is as it was.
        held.lines.update(void=True)
    return _decide(held, name, actor, reason, version)


def _decide(invoice: ProviderInvoice, name: str, actor: Any, reason: Reason, version: int | None) -> ProviderInvoice:
    return apply_transition(
        invoice,
        name,
        actor=Actor.person(actor),
        reason=reason,
        expected_version=version,
        decided_by=actor,
        decided_at=clock.now(),
    )


def _wrong(number: str, days: tuple[date, date, date], net: int, gross: int) -> list[Invalid]:
    """What is wrong with the head of an invoice, all at once."""
    errors = []
    day, first_day, last_day = days
    if not number:
        errors.append(Invalid(_("Give the number of the invoice."), pointer="number", repair=_("It stands on it.")))
    if day > clock.today():
        errors.append(
            Invalid(_("This day is to come."), pointer="day", repair=_("Give the date that stands on the invoice."))
        )
    if last_day < first_day:
        errors.append(
            Invalid(_("The period ends before it begins."), pointer="last_day", repair=_("Exchange the two days."))
        )
    if not net:
        errors.append(
            Invalid(_("An invoice is not of nothing."), pointer="net", repair=_("Below zero for a credit note."))
        )
    elif (gross < net) if net > 0 else (gross > net):
        errors.append(
            Invalid(
                _("The amount after tax is smaller than the one before it."),
                pointer="gross",
                repair=_("Exchange the two, or write both below zero for a credit note."),
            )
        )
    return errors


def _editable(invoice: ProviderInvoice, actor: Any) -> ProviderInvoice:
    refuse_keys()
    held = lock(invoice)
    if not (actor.has_perm("orders.moderate") and actor.has_perm("orders.edit_invoice", held)):
        raise NotPermitted(_("Only who recorded an invoice changes its lines."))
    if held.state != InvoiceState.RECORDED:
        raise IllegalTransition(_("Somebody has decided on this invoice: its lines stand."), state=held.state)
    return held


def _write(invoice: ProviderInvoice, lines: Numbered) -> list[InvoiceLine]:
    """Write lines after those that are there. Raises Invalid where an order is invoiced already."""
    known = _placed([line.reference for _number, line in lines], invoice.provider)
    last = invoice.lines.order_by("-position").values_list("position", flat=True).first() or 0
    rows = [
        InvoiceLine(
            invoice=invoice,
            position=position,
            reference=row.reference if (row := known.get(line.reference.upper())) else line.reference,
            provider_order=row,
            part=line.part,
            area_m2=line.area_m2,
            unit_cents=line.unit_cents,
            amount_cents=line.amount_cents,
        )
        for position, (_number, line) in enumerate(lines, last + 1)
    ]
    refuse(_twice(rows, [number for number, _line in lines]))
    try:
        with transaction.atomic():
            return InvoiceLine.objects.bulk_create(rows)
    except IntegrityError as error:
        # Somebody invoiced one of them at this moment.
        raise _invoiced("", "") from error


def _placed(references: Sequence[str], provider: str) -> dict[str, ProviderOrder]:
    """The provider orders that references name, ours or, of that provider, its own; by the reference in capitals."""
    wanted = {reference.upper() for reference in references}
    names = {name for reference in references for name in (reference, reference.upper())}
    rows = ProviderOrder.objects.filter(Q(reference__in=names) | Q(provider=provider, provider_id__in=names))
    found: dict[str, ProviderOrder] = {}
    for row in rows.exclude(provider_id="").order_by("pk"):
        for name in {row.provider_id.upper(), row.reference.upper()} & wanted:
            found[name] = row
    return found


def _twice(rows: Sequence[InvoiceLine], numbers: Sequence[int]) -> list[Invalid]:
    """Which of these orders are invoiced already, here or on another invoice."""
    wanted = {row.reference.upper() for row in rows}
    others = InvoiceLine.objects.filter(void=False, amount_cents__gt=0, invoice__state__in=STANDING)
    named = others.extra(where=["upper(orders_invoiceline.reference) = ANY(%s)"], params=[list(wanted)])
    seen = {(row.reference.upper(), row.part): str(row.invoice) for row in named.select_related("invoice")}
    errors = []
    for number, row in zip(numbers, rows, strict=True):
        key = (row.reference.upper(), row.part)
        if row.amount_cents > 0 and key in seen:
            errors.append(_invoiced(f"lines/{number}/reference" if number else "reference", seen[key]))
        elif row.amount_cents > 0:
            seen[key] = str(row.invoice)
    return errors


def _invoiced(pointer: str, number: str) -> Invalid:
    said = {"number": number}
    return Invalid(
        _("This part of this order is invoiced already, by %(number)s.") % said if number
        else _("One of these orders is invoiced already."),
        pointer=pointer,
        repair=_("Take the line out; where the provider invoices an order in parts, give each its number."),
        code="invoiced_twice",
    )  # fmt: skip
