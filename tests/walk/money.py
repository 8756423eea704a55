# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes, rates, and the weights of the queue."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from dinamis.core import clock
from dinamis.core.actors import SYSTEM
from licensing.models import EvidenceFile
from orders.domain.fair_share import Formula
from orders.models import NationalProgramme, ProviderInvoice, YearClosing
from orders.services.money import ledger
from orders.services.money.envelopes import propose_adjustment
from orders.services.money.invoices import record_invoice
from orders.services.money.year_closing import close_year, propose_closing
from orders.services.reviewing.queue import propose_rule
from tests.factories.accounts import ModeratorFactory
from tests.factories.orders import envelope
from tests.orders.money.accounting import pdf
from tests.walk.world import HOME, Case, World


def on_envelope(cell: str, **data: Any) -> Callable[[World], Case]:
    """The envelope of an organisation."""

    def prepared(w: World) -> Case:
        row = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        return Case((row.pk,), data)

    return prepared


def on_programme(w: World) -> Case:
    """The envelope of a programme."""
    programme = NationalProgramme.objects.create(name="Programme")
    return Case((envelope(kind="programme", programme=programme).pk,), {"projects": w.projects[HOME].pk})


def on_adjustment(cell: str) -> Callable[[World], Case]:
    """A change of the budget of an organisation that Dora proposed, to be confirmed."""

    def prepared(w: World) -> Case:
        row = w.envelope if cell == HOME else envelope(owner=w.organisation(cell), name="ailleurs")
        change = propose_adjustment(envelope=row, actor=w.dora, amount_m2=1, words="essai")
        return Case((change.pk,), {"version": change.version, "decision": "confirm"})

    return prepared


def new_envelope(w: World) -> Case:
    """An envelope of the common pot to open."""
    return Case(
        (),
        {
            "name": "Essai",
            "family": "pleiades",
            "kind": "common",
            "carry": "none",
            "starts": "2030-01-01",
            "ends": "2030-03-31",
        },
    )


def new_tariff(w: World) -> Case:
    """A rate to set."""
    return Case(
        (),
        {
            "family": "pleiades",
            "kind": "archive",
            "quota": "outside",
            "price": "5",
            "minimum": "25",
            "stereo_factor": "2",
            "tristereo_factor": "3",
            "since": (clock.today() + timedelta(days=9)).isoformat(),
            "reason": "essai",
        },
    )


def new_invoice(w: World) -> Case:
    """An invoice to record."""
    today = clock.today().isoformat()
    days = {"day": today, "first_day": today, "last_day": today}
    return Case((), {"provider": "oneatlas", "number": "F-1", **days, "net": "1", "gross": "1.20", "file": pdf()})


def on_invoice(**data: Any) -> Callable[[World], Case]:
    """An invoice that Dora recorded, with one line, its document clean."""

    def prepared(w: World) -> Case:
        today = clock.today()
        row = record_invoice(
            actor=w.dora,
            provider="oneatlas",
            number="F-1",
            day=today,
            first_day=today,
            last_day=today,
            net_cents=100,
            gross_cents=120,
            upload=pdf(),
            lines=b"reference,amount\nD-1,1",
        )
        ProviderInvoice.objects.filter(pk=row.pk).update(scan=EvidenceFile.Scan.CLEAN)
        return Case((row.pk,), {"version": row.version, **data})

    return prepared


def new_difference(w: World) -> Case:
    """A difference to settle: an invoice names an order that nobody placed."""
    on_invoice()(w)
    return Case((), {"reference": "D-1", "difference": "100", "code": "other_budget"})


def on_year(*, printed: bool = False, query: str = "", **data: Any) -> Callable[[World], Case]:
    """Last year, in which something was granted; where its document is asked for, closed and printed."""

    def prepared(w: World) -> Case:
        year = clock.today().year - 1
        with clock.at(datetime(year, 6, 1, tzinfo=clock.PARIS)):
            ledger.grant(envelope=w.envelope, amount_m2=1, actor=SYSTEM, key="last year")
        if printed:
            row = close_year(closing=propose_closing(year=year, actor=w.dora), actor=ModeratorFactory())
            files = {code: {"storage_key": "private/accounts/x.pdf", "sha256": "0" * 64} for code in ("fr", "en")}
            YearClosing.objects.filter(pk=row.pk).update(files=files)
        return Case((year,), data, query)

    return prepared


QUEUE_RULE = {
    "need": 1,
    "age": 1,
    "use": 1,
    "reuse": 1,
    "emergency": 9,
    "age_days": 9,
    "half_life_days": 9,
    "reuse_full": 9,
}


def new_queue_rule(w: World) -> Case:
    """Weights of the queue to propose."""
    return Case((), {**QUEUE_RULE, "starts_on": (clock.today() + timedelta(days=9)).isoformat(), "reason": "essai"})


def proposed_queue_rule(w: World) -> Case:
    """Weights of the queue that Dora proposed, to be confirmed."""
    starts_at = clock.now() + timedelta(days=9)
    rule = propose_rule(actor=w.dora, formula=Formula(), starts_at=starts_at, reason="essai")
    return Case((rule.pk,), {})
