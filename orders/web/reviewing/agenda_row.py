# SPDX-License-Identifier: AGPL-3.0-or-later
"""One order of an open session: what is known of it, who steps back, and what the committee says."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from licensing.web.support import attempt
from orders.enums import SessionState
from orders.models import AgendaRow
from orders.selectors.money.envelope import propose
from orders.selectors.reviewing.agenda import rows_of, standing_of
from orders.selectors.reviewing.stages import open_review, reviews_of, stage_after
from orders.services.reviewing import session_decisions, sessions
from orders.services.reviewing.absences import standing_in
from orders.services.reviewing.grants import last_rulings
from orders.web.duties.hold_back_panel import ruling_form, ruling_of
from orders.web.requests.read import order_or_404
from orders.web.reviewing.absence_forms import in_whose_name, named
from orders.web.reviewing.office import office_only
from orders.web.reviewing.review import facts_of_order
from orders.web.reviewing.review_forms import initial_of
from orders.web.reviewing.session_forms import RowForm, SeatRecusalForm


@office_only
def row(request, pk, row):
    """Show one order of an agenda; decide it, or note that a member steps back."""
    shown = get_object_or_404(AgendaRow.objects.select_related("session", "order"), pk=row, session=pk)
    order = order_or_404(request.user, shown.order.reference)
    lines = list(order.items.all())
    stepping = request.method == "POST" and "recuse" in request.POST
    people = _people(shown)
    recusal = SeatRecusalForm(request.POST if stepping else None, people=people)
    proposals = _purses(order, lines)
    form = RowForm(
        request.POST if request.method == "POST" and not stepping else None,
        proposals=proposals,
        lines=lines,
        initial={"version": order.version, "envelope": "", **initial_of(last_rulings(order))},
    )
    form.hold_back = ruling_form(order, request.POST if form.is_bound else None)
    in_whose_name(form, request.user)
    if request.method == "POST" and _acted(request, shown, recusal if stepping else form, stepping=stepping):
        return redirect("orders:agenda_row", pk, shown.pk) if stepping else redirect("orders:session", pk)
    seen = rows_of(shown.session).get(pk=shown.pk)
    context = {
        **facts_of_order(order, lines),
        "row": seen,
        "session": shown.session,
        "outcome": standing_of(seen),
        "form": form,
        "ruling": form.hold_back,
        "proposals": proposals,
        "recusal": recusal if people and not shown.session.over else None,
        "reviews": [one for one in reviews_of(order) if one.state == "decided"],
        **_standing(request.user, order, shown, seen),
    }
    return render(
        request, "orders/reviewing/session/row.html", context, status=422 if form.errors or recusal.errors else 200
    )


def _standing(user, order, shown, seen):
    """Whether the session decides on it now, through this person, and what would follow."""
    stage = open_review(order)
    waits = shown.session.state == SessionState.OPEN and not standing_of(seen)
    allowed = waits and user.has_perm("orders.decide_review", stage)
    return {
        "may_decide": allowed,
        "involved": waits and not allowed,
        "following": stage_after(order, stage.stage) if waits and stage else None,
    }


def _people(row):
    """The members and delegates who sit, and have not stepped back from this order."""
    seats = row.session.members.values_list("person_id", "stand_in_id")
    sitting = {pk for pair in seats for pk in pair if pk}
    gone = row.order.recusals.values("person")
    return list(User.objects.filter(pk__in=sitting).exclude(pk__in=gone).order_by("name", "pk"))


def _purses(order, lines):
    return propose(
        family=order.family,
        organisation_id=order.organisation_id,
        required_m2=sum(line.billed_area_m2 for line in lines),
        at=clock.now(),
        project_id=order.project_id,
    )


def _acted(request, row, form, *, stepping):
    """Carry out what was sent; tells whether it went through."""
    if not form.is_valid():
        return False
    if not attempt(form, lambda: (_step_back if stepping else _decide)(request, row, form)):
        return False
    messages.success(request, _("It is noted."))
    return True


def _step_back(request, row, form):
    data = form.cleaned_data
    person = User.objects.filter(pk=data["person"]).first()
    if person is None:
        raise Http404
    sessions.note_recusal(
        row=row,
        actor=request.user,
        person=person,
        reason_code=data["recusal_code"],
        words=data["recusal_words"],
    )


def _decide(request, row, form):
    with standing_in(request.user, named(form)):
        session_decisions.decide(row=row, actor=request.user, word=form.word(ruling_of(form.hold_back)))
