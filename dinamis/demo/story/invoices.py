# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invoices of the provider: one that two people have seen, with a price of its own and an order nobody knows; one that
waits for a second person."""

from django.core.files.uploadedfile import SimpleUploadedFile

from dinamis.core import clock
from dinamis.demo.people import person
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago
from orders.models import ProviderInvoice
from orders.selectors.money.reconciliation import Compared, compared
from orders.services.money.invoices import approve_invoice, record_invoice

PROVIDER = "oneatlas"
SEEN, WAITING = "F-2026-1187", "F-2026-1204"
# What the provider adds to its first line, and asks for an order that is not ours.
MORE_CENTS, STRANGE_CENTS = 4_500, 61_200
PDF = b"%PDF-1.4\n%invented for the demonstration\n%%EOF\n"


def load_invoices() -> int:
    """Record the invoices that are missing; returns how many."""
    if ProviderInvoice.objects.filter(number=SEEN).exists():
        return 0
    owed = [row for row in compared() if row.provider == PROVIDER and row.owed_cents > 0]
    if not owed:
        return 0
    dora, karim = (user(person(key).email) for key in ("moderator", "second_moderator"))
    first, rest = owed[: max(1, len(owed) // 2)], owed[max(1, len(owed) // 2) :]
    lines = [_line(row, MORE_CENTS * (place == 0)) for place, row in enumerate(first)]
    with days_ago(2):
        seen = _recorded(dora, SEEN, [*lines, ("FR-PHR-88213", STRANGE_CENTS)])
        approve_invoice(invoice=seen, actor=karim)
    if rest:
        with days_ago(1):
            _recorded(karim, WAITING, [_line(row) for row in rest[:3]])
    return 1 + bool(rest)


def _line(row: Compared, more: int = 0) -> tuple[str, int]:
    return row.reference, row.owed_cents + more


def _recorded(actor, number: str, lines: list[tuple[str, int]]) -> ProviderInvoice:
    today, net = clock.today(), sum(cents for _reference, cents in lines)
    table = "".join(f"{reference};{cents / 100:.2f}\n" for reference, cents in lines)
    return record_invoice(
        actor=actor,
        provider=PROVIDER,
        number=number,
        day=today,
        first_day=today.replace(day=1),
        last_day=today,
        net_cents=net,
        gross_cents=net * 6 // 5,
        upload=SimpleUploadedFile(f"{number}.pdf", PDF),
        lines=f"reference;amount\n{table}".encode(),
    )
