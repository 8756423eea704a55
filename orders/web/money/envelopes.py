# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes: read by the office and by the référents of their owner; opened and changed by the office."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dinamis.core import clock
from dinamis.core.actors import who_words
from dinamis.core.sentences import say
from dinamis.core.spreadsheet import download
from licensing.web.support import act, attempt
from orders.models import Adjustment
from orders.selectors.money.envelope import balance
from orders.selectors.money.own_accounts import leads
from orders.selectors.money.statement import (
    adds_up,
    burn_down,
    by_month,
    entries_of,
    envelope_rows,
    running,
    visible_envelopes,
    waiting_adjustments,
    with_balance,
)
from orders.services.money.envelopes import (
    confirm_adjustment,
    open_envelope,
    propose_adjustment,
    refuse_adjustment,
    set_projects,
    withdraw_adjustment,
)
from orders.web.money.burn_down import drawing
from orders.web.money.envelope_forms import AdjustmentForm, EnvelopeForm, ProgrammeForm, cents_of, m2_of, midnight
from orders.web.requests.read import version_of
from orders.web.reviewing.office import office_only

PER_PAGE = 50
COLUMNS = (
    "at", "kind", "m2", "attempts", "eur", "left_m2", "left_attempts", "left_eur", "price", "price_source", "order",
    "line", "actor", "words",
)  # fmt: skip


@login_required
@require_safe
def index(request):
    """The envelopes of the current periods, or of those that ended or are to come; the changes that wait."""
    at = clock.now()
    choices = {
        "current": (_("Current"), {"period__contains": at}),
        "coming": (_("To come"), {"period__startswith__gt": at}),
        "ended": (_("Ended"), {"period__endswith__lte": at}),
    }
    chosen = request.GET.get("when") if request.GET.get("when") in choices else "current"
    rows = visible_envelopes(request.user).filter(**choices[chosen][1]).order_by("family", "kind", "name", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    tabs = [
        {"label": label, "url": f"?when={name}", "current": name == chosen}
        for name, (label, _lookup) in choices.items()
    ]
    context = {
        "rows": envelope_rows(page.object_list),
        "page_obj": page,
        "tabs": tabs,
        "office": request.user.has_perm("orders.moderate"),
        "leads": leads(request.user),
        "waiting": _decidable(request.user, waiting_adjustments(request.user)),
    }
    return render(request, "orders/money/envelopes.html", context)


@login_required
@require_safe
def detail(request, pk):
    """One envelope: what is left and why, entry by entry, the newest first."""
    return _page(request, _envelope_or_404(request.user, pk), AdjustmentForm())


@office_only
@require_POST
def adjust(request, pk):
    """Propose a change of a budget; a refusal keeps what was typed."""
    envelope = _envelope_or_404(request.user, pk)
    form = AdjustmentForm(request.POST)

    def propose():
        data = form.cleaned_data
        propose_adjustment(
            envelope=envelope,
            actor=request.user,
            amount_m2=m2_of(data["amount"]),
            attempts=data["attempts"] or 0,
            amount_cents=cents_of(data["euros"]),
            recurs=data["recurs"],
            words=data["words"],
        )

    if form.is_valid() and attempt(form, propose):
        messages.success(request, _("The change is proposed: somebody else confirms it."))
        return redirect("orders:envelope", pk)
    return _page(request, envelope, form)


@office_only
@require_POST
def programme(request, pk):
    """Say whose projects draw on the programme of an envelope."""
    envelope = _envelope_or_404(request.user, pk)
    form = ProgrammeForm(request.POST)
    if envelope.programme is None or not form.is_valid():
        raise Http404
    return act(
        request,
        lambda: set_projects(programme=envelope.programme, projects=form.cleaned_data["projects"], actor=request.user),
        done=_("The programme is changed."),
        to=reverse("orders:envelope", args=[pk]),
    )


@office_only
@require_POST
def decide(request, pk):
    """Confirm, refuse or withdraw a change that was proposed."""
    row = get_object_or_404(Adjustment.objects.select_related("envelope"), pk=pk)
    common = {"adjustment": row, "actor": request.user, "expected_version": version_of(request)}
    verbs = {
        "confirm": (lambda: confirm_adjustment(**common), _("The budget is changed.")),
        "refuse": (
            lambda: refuse_adjustment(words=request.POST.get("words", ""), **common),
            _("The change is refused."),
        ),
        "withdraw": (lambda: withdraw_adjustment(**common), _("The change is withdrawn.")),
    }
    name = request.POST.get("decision", "")
    if name not in verbs:
        raise Http404
    call, done = verbs[name]
    return act(request, call, done=done, to=reverse("orders:envelope", args=[row.envelope_id]))


@office_only
def new(request):
    """Open an envelope; it begins empty."""
    form = EnvelopeForm(request.POST or None, initial={"carry": "none"})
    made: list[Any] = []

    def write():
        data = dict(form.cleaned_data)
        starts, ends = midnight(data.pop("starts")), data.pop("ends")
        made.append(open_envelope(actor=request.user, starts=starts, last_day=ends, **data))

    if request.method == "POST" and form.is_valid() and attempt(form, write):
        messages.success(request, _("The envelope is open. Propose what goes into it: somebody else confirms."))
        return redirect("orders:envelope", made[0].pk)
    return render(request, "orders/money/envelope_new.html", {"form": form})


@login_required
@never_cache
@require_safe
def entries_csv(request, pk):
    """Hand every entry over, the oldest first, with what was left after it (RFC 4180)."""
    envelope = _envelope_or_404(request.user, pk)
    rows = running(entries_of(envelope).iterator(chunk_size=2000))
    return download(f"dinamis-envelope-{pk}.csv", COLUMNS, map(_line, rows))


def eur(cents: int) -> Decimal:
    """Return cents as euros with two decimals: a number to a spreadsheet, also below zero."""
    return Decimal(cents).scaleb(-2).quantize(Decimal("0.01"))


def _line(row):
    entry, item = row.entry, row.entry.order_item
    return (
        entry.at.astimezone(clock.PARIS).isoformat(timespec="seconds"),
        entry.kind,
        entry.amount_m2,
        entry.attempts,
        eur(entry.amount_cents),
        row.left_m2,
        row.left_attempts,
        eur(row.left_cents),
        entry.basis,
        row.price_source,
        item.order.reference if item else "",
        item.position if item else "",
        who_words(entry.actor_label),
        say(entry.words),
    )


def _envelope_or_404(user, pk):
    return get_object_or_404(visible_envelopes(user), pk=pk)


def _page(request, envelope, form):
    at = clock.now()
    left = balance(envelope)
    page = Paginator(entries_of(envelope).reverse(), PER_PAGE).get_page(request.GET.get("page"))
    points, money = burn_down(envelope, at), envelope.counts_euros
    office = request.user.has_perm("orders.moderate")
    adjustments = envelope.adjustments.select_related("proposed_by", "decided_by").order_by("-proposed_at", "-pk")
    context = {
        "envelope": envelope,
        "balance": left,
        "adds_up": adds_up(envelope, left),
        "entries": with_balance(envelope, list(page.object_list)[::-1])[::-1],
        "page_obj": page,
        "charts": [drawing(envelope, points, at), *([drawing(envelope, points, at, "cents")] if money else [])],
        "months": by_month(points),
        "office": office,
        "form": form if office else None,
        "programme_form": _programme_form(envelope) if office and envelope.programme else None,
        "adjustments": _decidable(request.user, adjustments),
    }
    return render(request, "orders/money/envelope.html", context)


def _programme_form(envelope):
    return ProgrammeForm(initial={"projects": envelope.programme.projects.all()})


def _decidable(user, adjustments):
    """Changes, each with what this person may do about it."""
    return [
        {
            "row": row,
            "may_decide": row.state == "proposed" and user.has_perm("orders.decide_adjustment", row),
            "may_withdraw": row.state == "proposed" and user.has_perm("orders.withdraw_adjustment", row),
        }
        for row in adjustments[:PER_PAGE]
    ]
