# SPDX-License-Identifier: AGPL-3.0-or-later
"""The committee's sessions: planned, convened, gone through order by order, closed with minutes."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.http import whole_number
from licensing.web.support import act, attempt
from orders.enums import SessionState
from orders.models import CommitteeSession
from orders.selectors.reviewing import agenda
from orders.selectors.reviewing.absences import away_now
from orders.selectors.reviewing.papers import papers_of
from orders.services.reviewing import minutes, session_decisions, sessions
from orders.services.reviewing.absences import standing_in
from orders.web.reviewing.absence_forms import in_whose_name, named
from orders.web.reviewing.office import office_only
from orders.web.reviewing.session_forms import AddForm, AttendanceForm, BatchForm, SessionForm

SHOWN, OFFERED = 100, 200
TONES = {"planned": "wait", "open": "progress", "closed": "ok", "called_off": "over"}


@office_only
def index(request):
    """List the sessions, those to come first; plan another."""
    form = SessionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made: list[CommitteeSession] = []
        if attempt(form, lambda: made.append(sessions.plan(actor=request.user, **form.said()))):
            messages.success(request, _("The session is planned."))
            return redirect("orders:session", made[0].pk)
    rows = CommitteeSession.objects.select_related("minutes", "convened_by")
    context = {
        "coming": rows.filter(state__in=[SessionState.PLANNED, SessionState.OPEN]).order_by("starts_at", "pk"),
        "past": rows.filter(state__in=[SessionState.CLOSED, SessionState.CALLED_OFF])[:SHOWN],
        "waiting": agenda.waiting_for_committee().count(),
        "form": form,
    }
    return render(request, "orders/reviewing/session/index.html", context, status=422 if form.errors else 200)


@dataclass
class Forms:
    """The forms of a session's page; the one that was sent holds what was typed."""

    session: Any
    seats: Any
    add: Any
    batch: Any


@login_required
def session(request, pk):
    """One session: its agenda, who sits in it, and whatever may be done with it now."""
    row = get_object_or_404(CommitteeSession.objects.visible_to(request.user).select_related("convened_by"), pk=pk)
    runs = request.user.has_perm("orders.run_session", row)
    if request.method == "POST" and not runs:
        raise Http404
    if row.over or not runs:
        return _read_only(request, row, runs)
    seen = agenda.agenda_of(row)
    forms = _forms(request, row, seen)
    if request.method == "POST" and (done := _acted(request, row, forms)):
        return done
    facts = agenda.facts_of(row)
    context = {
        "session": row,
        "tone": TONES[row.state],
        "seen": seen,
        "waits": any(one.waits for one in seen),
        "forms": forms,
        "away": away_now(row.starts_at),
        "total": facts["total"],
        "papers": papers_of(row, request.user, facts=facts),
    }
    status = 422 if any(getattr(forms, name).errors for name in ("session", "seats", "add", "batch")) else 200
    return render(request, "orders/reviewing/session/session.html", context, status=status)


def _read_only(request, row, runs):
    """What is over, or read by a member: the facts as they are kept; the office may add a note."""
    kept = getattr(row, "minutes", None)
    if request.method == "POST":
        if kept is None or request.POST.get("act") != "note":
            messages.error(request, _("This session is over: nothing of it changes."))
            return redirect("orders:session", row.pk)
        return act(
            request,
            lambda: minutes.add_note(minutes=kept, actor=request.user, words=request.POST.get("words", "")),
            done=_("The note stands beside the minutes."),
            to=reverse("orders:session", args=[row.pk]),
        )
    facts = kept.facts if kept else agenda.facts_of(row)
    context = {
        "session": row,
        "tone": TONES[row.state],
        "facts": agenda.for_reader(facts, request.user),
        "papers": papers_of(row, request.user, facts=facts),
        "minutes": kept,
        "notes": kept.notes.select_related("author") if kept else [],
        "may_note": runs and kept is not None,
        "runs": runs,
    }
    return render(request, "orders/reviewing/session/read.html", context)


def _forms(request, row, seen):
    """The forms of the page, filled with what was sent to the one that was."""
    sent = request.POST.get("act", "")
    local = row.starts_at.astimezone(clock.PARIS)
    seats = list(row.members.select_related("person").order_by("pk"))
    initial = {"day": local.date(), "time": local.time(), "place": row.place, "link": row.link}
    initial["members"] = [seat.person_id for seat in seats]

    def data(name):
        return request.POST if sent == name else None

    forms = Forms(
        session=SessionForm(data("change"), initial=initial),
        seats=AttendanceForm(data("seats"), seats=seats),
        add=AddForm(data("add"), waiting=list(agenda.waiting_for_committee()[:OFFERED])),
        batch=BatchForm(data("decide"), waiting=[one.row for one in seen if one.waits]),
    )
    in_whose_name(forms.batch, request.user)
    return forms


def _acted(request, row, forms):
    """Do what a button of the page says; a form with something wrong is shown again (None)."""
    name = request.POST.get("act", "")
    with_form = {
        "change": (forms.session, lambda: sessions.change(session=row, actor=request.user, **forms.session.said())),
        "seats": (
            forms.seats,
            lambda: sessions.set_attendance(session=row, actor=request.user, seats=forms.seats.seats()),
        ),
        "add": (
            forms.add,
            lambda: sessions.add_orders(
                session=row, actor=request.user, orders=[int(pk) for pk in forms.add.cleaned_data["orders"]]
            ),
        ),
        "decide": (forms.batch, lambda: _decided(request, row, forms.batch)),
    }
    if name not in with_form:
        return _pressed(request, row, name)
    form, call = with_form[name]
    if not form.is_valid() or not attempt(form, call):
        return None
    if name != "decide":
        messages.success(request, _("It is noted."))
    return redirect("orders:session", row.pk)


def _decided(request, row, form):
    """Decide several alike: what became of each is told, order by order."""
    chosen = row.rows.select_related("order", "session").filter(pk__in=form.cleaned_data["rows"]).order_by("position")
    with standing_in(request.user, named(form)):
        told = session_decisions.decide_several(rows=list(chosen), actor=request.user, word=form.word())
    for one in told:
        if one.problem:
            messages.error(request, f"{one.row.order.reference}: {one.problem}")
    done = [one.row for one in told if not one.problem]
    for decided in done:
        messages.success(request, f"{decided.order.reference}: {decided.get_outcome_display()}")
    if told and not done:
        messages.info(request, _("Nothing was decided."))


def _pressed(request, row, name):
    """The buttons that ask nothing more."""
    common = {"session": row, "actor": request.user}
    verbs = {
        "convene": (lambda: sessions.convene(**common), _("The members were called.")),
        "open": (lambda: sessions.open_session(**common), _("The session is open.")),
        "close": (lambda: minutes.close(**common), _("The session is closed, its minutes are made.")),
        "call_off": (
            lambda: sessions.call_off(words=request.POST.get("words", ""), **common),
            _("The session is called off."),
        ),
        "up": (lambda: sessions.move(row=_agenda_row(request, row), actor=request.user, up=True), _("Moved.")),
        "down": (lambda: sessions.move(row=_agenda_row(request, row), actor=request.user, up=False), _("Moved.")),
        "take_off": (
            lambda: sessions.take_off(row=_agenda_row(request, row), actor=request.user),
            _("The order is off the agenda."),
        ),
    }
    if name not in verbs:
        raise Http404
    call, done = verbs[name]
    return act(request, call, done=done, to=reverse("orders:session", args=[row.pk]))


def _agenda_row(request, row):
    return get_object_or_404(row.rows.select_related("order", "session"), pk=whole_number(request.POST.get("row")))
