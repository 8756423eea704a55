# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of the office for a year: the page, the entries behind each figure, CSV, PDF, and closing it."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dinamis.core import clock
from dinamis.core.handover import accel_response
from dinamis.core.spreadsheet import download
from licensing.web.support import act
from orders.account_words import label_of, tables_of
from orders.enums import ClosingState, Cut, Figure
from orders.models import YearClosing
from orders.selectors.money.accounts import Row, account_of, entries_of_figure, lines_invoiced, years_of_account
from orders.services.money import year_closing as verbs
from orders.web.money.envelopes import eur
from orders.web.requests.read import version_of
from orders.web.reviewing.office import office_only

PER_PAGE = 100


@office_only
def index(request, year=None):
    """The account of a year, this one unless told; POST proposes to close it, closes, refuses or withdraws."""
    year = _known(year)
    if request.method == "POST":
        return _pressed(request, year)
    account, closing = account_of(year), _closing(year)
    waits = closing is not None and closing.state == ClosingState.PROPOSED
    context = {
        "year": year,
        "tabs": [{"label": str(one), "url": _address(one), "current": one == year} for one in years_of_account()],
        "tables": tables_of(account),
        "closing": closing,
        "closed": account.closing,
        "next_year": year + 1,
        "over": year < clock.today().year,
        "may_decide": waits and request.user.has_perm("orders.decide_closing", closing),
        "may_withdraw": waits and request.user.has_perm("orders.withdraw_closing", closing),
    }
    return render(request, "orders/money/accounts.html", context)


@office_only
@require_safe
def entries(request, year):
    """The entries of the ledger, or the lines of invoices, that make up a figure (`?cut=`, `key=`, `figure=`)."""
    year = _known(year)
    cut, key, figure = (request.GET.get(name, "")[:60] for name in ("cut", "key", "figure"))
    row = next((one for one in account_of(year).cut(cut) if one.key == key), None)
    if row is None or figure not in Figure.values or figure == Figure.NOT_INVOICED:
        raise Http404
    billed = figure == Figure.INVOICED
    found: Any = lines_invoiced(year, cut, key) if billed else entries_of_figure(year, cut, key, figure)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "year": year, "parent_url": _address(year), "figure": Figure(figure), "label": label_of(row),
        "amounts": dict(zip(("m2", "attempts", "cents"), row.figures[figure], strict=True)), "billed": billed,
        "whole": not billed or cut in {Cut.TOTAL, Cut.PROVIDER}, "page_obj": page,
        "total": found.aggregate(m2=Sum("area_m2" if billed else "amount_m2"), cents=Sum("amount_cents")),
    }  # fmt: skip
    return render(request, "orders/money/account_entries.html", context)


@office_only
@never_cache
@require_safe
def as_csv(request, year):
    """Hand every figure over: a line for each envelope, owner, family and provider (RFC 4180)."""
    year = _known(year)
    columns = [f"{figure}_{unit}" for figure in Figure.values for unit in ("m2", "attempts", "eur")]
    return download(f"dinamis-account-{year}.csv", ["cut", "key", "label", *columns], map(_line, account_of(year).rows))


@office_only
@require_safe
def document(request, year):
    """Hand the PDF of a closed year over, in the language in use."""
    closing = get_object_or_404(YearClosing, year=year, state=ClosingState.CLOSED)
    found = closing.files.get((translation.get_language() or "fr")[:2])
    if found is None:
        raise Http404
    return accel_response(
        found["storage_key"], file_name=f"dinamis-{year}-{found['sha256'][:8]}.pdf", media_type="application/pdf"
    )


def _line(row: Row) -> list[Any]:
    figures: list[Any] = []
    for name in Figure.values:
        m2, attempts, cents = row.figures[name]
        figures += [m2, attempts, eur(cents)]
    return [row.cut, row.key, label_of(row), *figures]


def _known(year: int | None) -> int:
    years = years_of_account()
    if year is not None and year not in years:
        raise Http404
    return year or years[0]


def _address(year: int) -> str:
    return reverse("orders:account", args=[year])


def _closing(year: int) -> YearClosing | None:
    """The last closing of a year that stands or was refused, for what is said about it."""
    rows = YearClosing.objects.filter(year=year).exclude(state=ClosingState.WITHDRAWN)
    return rows.select_related("proposed_by", "decided_by").order_by("pk").last()


def _pressed(request, year):
    closing, name = _closing(year), request.POST.get("act", "")
    common: dict[str, Any] = {"closing": closing, "actor": request.user, "expected_version": version_of(request)}
    calls = {
        "propose": (
            lambda: verbs.propose_closing(year=year, actor=request.user),
            _("It is proposed to close the year: somebody else agrees."),
        ),
        "close": (lambda: verbs.close_year(**common), _("The year is closed.")),
        "refuse": (
            lambda: verbs.refuse_closing(words=request.POST.get("words", ""), **common),
            _("The year stays open."),
        ),
        "withdraw": (lambda: verbs.withdraw_closing(**common), _("The proposal is withdrawn.")),
    }
    if name not in calls or (closing is None and name != "propose"):
        raise Http404
    call, done = calls[name]
    return act(request, call, done=done, to=_address(year))
