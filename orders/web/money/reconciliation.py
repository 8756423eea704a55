# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the ledger says was spent beside what providers invoiced: what differs, and how it was settled."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dinamis.core import clock
from dinamis.core.spreadsheet import download
from licensing.web.support import act, attempt
from orders.enums import Finding
from orders.reasons import label_of
from orders.selectors.money.reconciliation import OPEN, compared, counts
from orders.services.money.settlements import settle_by_price, settle_by_reason
from orders.web.money.envelopes import eur
from orders.web.money.invoice_forms import SettleForm
from orders.web.money.invoices import providers
from orders.web.reviewing.office import office_only

PER_PAGE = 30
SETTLED = "settled"
COLUMNS = (
    "reference", "provider", "provider_reference", "placed_on", "finding", "owed_m2", "owed_eur", "invoiced_m2",
    "invoiced_eur", "difference_eur", "delivered", "invoices", "settled", "reason", "words", "settled_by", "settled_on",
)  # fmt: skip


@office_only
def index(request):
    """One kind of finding (`?finding=`, the first that has any unless told); POST settles one."""
    if request.method == "POST":
        return _settle(request)
    return _page(request)


@office_only
@never_cache
@require_safe
def as_csv(request):
    """Hand everything over that was found, settled or not (RFC 4180)."""
    return download("dinamis-reconciliation.csv", COLUMNS, map(_line, compared()))


def _page(request, refused: Any = None):
    counted = counts()
    chosen = _chosen(request, counted)
    found: Any = _Rows(chosen, _count(counted, chosen))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    labels = {str(one): one.label for one in Finding} | {SETTLED: _("settled")}
    tabs = [
        {"label": capfirst(label), "url": f"?finding={name}", "count": _count(counted, name), "current": name == chosen}
        for name, label in labels.items()
    ]
    rows = [{"row": row, "form": _form(row, refused), "reason": label_of(row.reason_code or "")} for row in page]
    difference = sum(cents for (_name, settled), (_n, cents) in counted.items() if not settled and _name in OPEN)
    context = {
        "rows": rows, "page_obj": page, "tabs": tabs, "chosen": chosen, "providers": providers(),
        "waiting": sum(_count(counted, name) for name in OPEN), "difference": difference,
    }  # fmt: skip
    return render(request, "orders/money/reconciliation.html", context, status=422 if refused else 200)


class _Rows:
    """The rows of one finding, read a page at a time."""

    def __init__(self, chosen: str, number: int) -> None:
        self.number = number
        self.wanted: dict[str, Any] = {"settled": True} if chosen == SETTLED else {"finding": chosen, "settled": False}

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, part: slice) -> Any:
        return compared(**self.wanted, offset=part.start, limit=part.stop - part.start)


def _count(counted, name: str) -> int:
    if name == SETTLED:
        return sum(number for (_finding, settled), (number, _cents) in counted.items() if settled)
    return counted.get((name, False), (0, 0))[0]


def _chosen(request, counted) -> str:
    asked = request.GET.get("finding", "")
    if asked in {*Finding.values, SETTLED}:
        return asked
    return next((str(name) for name in OPEN if _count(counted, name)), str(Finding.MATCHED))


def _form(row, refused):
    if not row.is_open:
        return None
    return refused if refused is not None and refused.reference == row.reference else SettleForm(row)


def _settle(request):
    reference = request.POST.get("reference", "")
    found = compared(references=[reference])
    asked = request.POST.get("difference", "")
    address = f"{reverse('orders:reconciliation')}?{urlencode({'finding': found[0].finding} if found else {})}"
    if not found or not asked.removeprefix("-").isdigit():
        messages.error(request, _("This difference is not there any more."))
        return redirect(address)
    common = {"reference": reference, "actor": request.user, "difference_cents": int(asked)}
    if request.POST.get("act") == "price":
        done = _("The ledger has taken the price over.")
        return act(request, lambda: settle_by_price(**common), done=done, to=address)
    if not found[0].is_open:
        messages.error(request, _("This difference is not there any more."))
        return redirect(address)
    form = SettleForm(found[0], request.POST)
    if form.is_valid() and attempt(form, lambda: settle_by_reason(**common, **form.cleaned_data)):
        messages.success(request, _("The difference is settled."))
        return redirect(address)
    return _page(request, form)


def _line(row):
    return (
        row.reference, row.provider, row.provider_id,
        row.placed_at.astimezone(clock.PARIS).date() if row.placed_at else "", str(row.finding), row.owed_m2,
        eur(row.owed_cents), "" if row.invoiced_m2 is None else row.invoiced_m2,
        "" if row.invoiced_cents is None else eur(row.invoiced_cents), eur(row.difference_cents),
        "yes" if row.delivered else "", ", ".join(number for _pk, number, _state in row.invoices),
        "yes" if row.settled else "", (row.reason_code or "price") if row.settled else "",
        (row.words or "") if row.settled else "", (row.settled_by or "") if row.settled else "",
        row.settled_at.astimezone(clock.PARIS).date() if row.settled and row.settled_at else "",
    )  # fmt: skip
