# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page on which a reviewer says when they are away, and who acts meanwhile."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from dinamis.core import clock
from dinamis.core.http import whole_number
from dinamis.core.periods import day_after, day_start
from licensing.web.support import act, attempt
from orders.models import Absence
from orders.selectors.reviewing.absences import absences_of, delegations_of
from orders.services.reviewing.absences import declare, take_back
from orders.web.reviewing.absence_forms import AbsenceForm


@login_required
def absence(request):
    """Show one's absences and for whom one acts; declare another, or take one back."""
    if not request.user.has_perm("orders.declare_absence"):
        raise Http404
    if request.method == "POST" and "take_back" in request.POST:
        return _taken_back(request)
    form = AbsenceForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid() and attempt(form, lambda: _declared(request.user, form)):
        messages.success(request, _("Your absence is noted."))
        return redirect("orders:absence")
    at = clock.now()
    context = {
        "form": form,
        "absences": absences_of(request.user, at),
        "delegations": delegations_of(request.user, at),
    }
    return render(request, "orders/reviewing/absence.html", context, status=422 if form.errors else 200)


def _declared(person, form):
    data = form.cleaned_data
    return declare(
        person=person,
        begins=day_start(data["since"]),
        ends=day_after(data["until"]),
        delegate=data["delegate"],
    )


def _taken_back(request):
    mine = Absence.objects.filter(person=request.user)
    row = get_object_or_404(mine, pk=whole_number(request.POST["take_back"]))
    return act(
        request,
        lambda: take_back(absence=row, actor=request.user),
        done=_("You are back."),
        to=reverse("orders:absence"),
    )
