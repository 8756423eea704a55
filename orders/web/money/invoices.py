# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invoices of providers in the office: the list, recording one, its lines beside the ledger, the second person."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from dinamis.core.exceptions import Invalid, SeveralInvalid
from dinamis.core.handover import accel_response
from dinamis.core.uploads import was_cut
from licensing.services.evidence import check_downloadable
from licensing.web.support import act, attempt, timeline
from orders.enums import InvoiceState
from orders.models import InvoiceLine, ProviderInvoice
from orders.selectors.money.invoices import history_of, invoice_rows, lines_of, state_counts
from orders.services.money import invoices as verbs
from orders.web.money.invoice_forms import InvoiceForm, LineForm, LinesForm
from orders.web.requests.read import version_of
from orders.web.reviewing.office import office_only

PER_PAGE = 50
HAPPENED = {
    ("orders.providerinvoice", "create"): gettext_lazy("Invoice recorded"),
    ("orders.providerinvoice", "approve"): gettext_lazy("Invoice approved"),
    ("orders.providerinvoice", "reject"): gettext_lazy("Invoice rejected"),
    ("orders.providerinvoice", "withdraw"): gettext_lazy("Invoice withdrawn"),
}
TONES = {"recorded": "wait", "approved": "ok", "rejected": "bad", "withdrawn": "over"}


def tone_of(state: str) -> str:
    """Return the tone of the status component for a state of an invoice."""
    return TONES[state]


@office_only
@require_safe
def index(request):
    """The invoices, those that wait for a second person first unless told (`?state=`)."""
    counted = state_counts()
    chosen = request.GET.get("state", "")
    if chosen not in InvoiceState.values:
        chosen = InvoiceState.RECORDED if counted.get(InvoiceState.RECORDED) else InvoiceState.APPROVED
    labels = {
        InvoiceState.RECORDED: _("To be approved"),
        InvoiceState.APPROVED: _("Approved"),
        InvoiceState.REJECTED: _("Rejected"),
        InvoiceState.WITHDRAWN: _("Withdrawn"),
    }
    tabs = [
        {"label": label, "url": f"?state={state}", "count": counted.get(state, 0), "current": state == chosen}
        for state, label in labels.items()
    ]
    page = Paginator(invoice_rows(chosen), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "orders/money/invoices.html", {"page_obj": page, "tabs": tabs, "providers": providers()})


@office_only
def new(request):
    """Record an invoice; lines that cannot be read are listed, and nothing is kept then."""
    form = InvoiceForm(request.POST or None, request.FILES or None, cut=was_cut(request))
    made: list[Any] = []
    problems: list[Any] = []

    def write():
        with_problems(problems, lambda: made.append(verbs.record_invoice(actor=request.user, **form.said())), "lines")

    if request.method == "POST" and form.is_valid() and attempt(form, write):
        messages.success(request, _("The invoice is recorded: somebody else approves it."))
        return redirect("orders:invoice", made[0].pk)
    context = {"form": form, "problems": problems}
    return render(request, "orders/money/invoice_new.html", context, status=422 if form.errors else 200)


@office_only
def invoice(request, pk):
    """One invoice: what it says, its lines beside the ledger, what this person may do about it."""
    row = get_object_or_404(ProviderInvoice.objects.select_related("recorded_by", "decided_by"), pk=pk)
    line_form, lines_form = LineForm(), LinesForm()
    problems: list[Any] = []
    if request.method == "POST":
        sent = request.POST.get("act", "")
        if sent not in {"line", "lines"}:
            return _pressed(request, row, sent)
        if sent == "line":
            line_form = LineForm(request.POST)
            done = line_form.is_valid() and attempt(line_form, lambda: _add(request, row, line_form))
        else:
            lines_form = LinesForm(request.POST, request.FILES)
            done = lines_form.is_valid() and attempt(lines_form, lambda: _import(request, row, lines_form, problems))
        if done:
            messages.success(request, _("The lines are noted."))
            return redirect("orders:invoice", pk)
    context = _context(request, row) | {"line_form": line_form, "lines_form": lines_form, "problems": problems}
    wrong = line_form.errors or lines_form.errors
    return render(request, "orders/money/invoice.html", context, status=422 if wrong else 200)


@office_only
@require_safe
def document(request, pk):
    """Hand the PDF over, once it may be opened."""
    row = get_object_or_404(ProviderInvoice, pk=pk)
    check_downloadable(row)
    return accel_response(row.storage_key, file_name=row.file_name, media_type="application/pdf")


def providers() -> dict[str, str]:
    """Return the names of providers as people know them."""
    return dict(settings.DINAMIS["PROVIDER_LABELS"])


def with_problems(problems: list[Any], call: Any, field: str) -> None:
    """Call a verb; what it says of lines of a file goes to `problems`, in a table beside one error of the `field`.

    Raises Invalid.
    """
    try:
        call()
    except Invalid as error:
        errors = error.errors if isinstance(error, SeveralInvalid) else (error,)
        of_lines = [one for one in errors if one.pointer.startswith("lines/")]
        if not of_lines:
            if error.code == "unusable_file":
                raise error.at(field) from error
            raise
        problems += [_problem(one) for one in of_lines]
        raise Invalid(_("Nothing was kept: put these lines right and send the file again."), pointer=field) from error


def _problem(error: Invalid) -> dict[str, str]:
    _lines, number, column = error.pointer.split("/")
    return {"line": number, "column": column, "reason": str(error), "repair": error.repair}


def _add(request, row, form):
    verbs.add_line(invoice=row, actor=request.user, line=form.wanted())


def _import(request, row, form, problems):
    content = form.cleaned_data["file"].read()
    with_problems(problems, lambda: verbs.import_lines(invoice=row, actor=request.user, content=content), "file")


def _pressed(request, row, name):
    """The buttons that ask nothing more."""
    common = {"invoice": row, "actor": request.user, "expected_version": version_of(request)}
    calls = {
        "approve": (lambda: verbs.approve_invoice(**common), _("The invoice is approved.")),
        "reject": (
            lambda: verbs.reject_invoice(words=request.POST.get("words", ""), **common),
            _("The invoice is rejected."),
        ),
        "withdraw": (lambda: verbs.withdraw_invoice(**common), _("The invoice is withdrawn.")),
        "remove": (
            lambda: verbs.remove_line(line=_line(request, row), actor=request.user),
            _("The line is taken out."),
        ),
    }
    if name not in calls:
        raise Http404
    call, done = calls[name]
    return act(request, call, done=done, to=reverse("orders:invoice", args=[row.pk]))


def _line(request, row):
    number = request.POST.get("line", "")
    return get_object_or_404(
        InvoiceLine.objects.select_related("invoice"), invoice=row, position=number if number.isdigit() else 0
    )


def _context(request, row) -> dict[str, Any]:
    lines = lines_of(row)
    total = sum(line.row.amount_cents for line in lines)
    waits = row.state == InvoiceState.RECORDED
    return {
        "invoice": row,
        "provider": providers().get(row.provider, row.provider),
        "tone": tone_of(row.state),
        "lines": lines,
        "total": total,
        "short": abs(row.net_cents - total),
        "may_edit": waits and request.user.has_perm("orders.edit_invoice", row),
        "may_decide": waits and request.user.has_perm("orders.decide_invoice", row),
        "steps": timeline(history_of(row), HAPPENED),
    }
