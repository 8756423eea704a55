# SPDX-License-Identifier: AGPL-3.0-or-later
"""CIEST²: the page where it is activated, the activations, one of them, and whom the office has named."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dinamis.core import clock, geo
from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid, NotEntitled
from licensing.web.support import act, attempt
from orders.enums import ActivationState
from orders.models import Activation, EmergencyScientist
from orders.selectors.ciest2.emergencies import TONES, activations, days_of, scientists, shapes
from orders.services.ciest2 import emergency
from orders.services.ciest2.emergency_scientists import name_scientist, revoke_scientist
from orders.web.ciest2.emergency_forms import ActivationForm, JoinForm, ScientistForm, StopForm
from orders.web.requests.read import version_of
from orders.web.reviewing.office import office_only
from orders.web.support import missing_lines

PER_PAGE, MOST_ON_MAP = 50, 200
ACTIVATE = "activate"


@login_required
def index(request):
    """All activations, on a map and in a list; for whom the office has named, the form of a new one."""
    may = request.user.has_perm("orders.activate_emergency")
    if request.method == "POST" and not may:
        raise Http404
    context: dict[str, Any] = {"may": may, "limits": _limits()}
    if may:
        form = context["form"] = ActivationForm(request.POST or None, request.FILES or None, user=request.user)
        made = _written(request, form, context) if request.method == "POST" else None
        if made is not None:
            return redirect("orders:emergency", made.order.reference)
        context["drawn"] = _drawn(form)
    page = Paginator(activations(), PER_PAGE).get_page(request.GET.get("page"))
    context |= {
        "page_obj": page,
        "rows": [{"activation": row, "tone": TONES[ActivationState(row.state)]} for row in page],
        "shapes": shapes(activations()[:MOST_ON_MAP]),
    }
    return render(request, "orders/ciest2/emergencies.html", context)


def _written(request, form, context):
    """The activation that the form made; None when only a price was asked or something was refused."""
    if not form.is_valid():
        return None
    organisation = form.cleaned_data["organisation"]
    if request.POST.get("step") != ACTIVATE:
        attempt(form, lambda: context.update(plan=emergency.plan(form.event(), organisation_id=organisation.pk)))
        return None
    made = []

    def write():
        try:
            made.append(
                emergency.activate(
                    scientist=request.user,
                    organisation=organisation,
                    event=form.event(),
                    project=form.cleaned_data["project"],
                )
            )
        except NotEntitled as error:
            context["missing"] = missing_lines(error.extra["missing"])
            raise

    if not attempt(form, write):
        return None
    activation, new = made[0]
    words = _("CIEST² is activated: the provider is asked now.") if new else _("This was activated already.")
    messages.success(request, words)
    return activation


@login_required
@require_safe
def detail(request, reference):
    """One activation, day by day; a scientist whom the office named joins it."""
    activation = _activation_or_404(reference)
    parties = list(activation.parties.select_related("organisation", "person"))
    joined = any(party.person_id == request.user.pk for party in parties)
    mine = activation.requester_id == request.user.pk
    active = activation.state == ActivationState.ACTIVE
    may_join = active and not (joined or mine) and request.user.has_perm("orders.activate_emergency")
    now = clock.now()
    context = {
        "activation": activation,
        "tone": TONES[ActivationState(activation.state)],
        "days": days_of(activation, now),
        "parties": parties,
        "named": mine or joined or request.user.has_perm("orders.moderate"),
        "aoi": geo.to_geojson(geo.to_shapely(activation.area)),
        "mine": mine,
        "join_form": JoinForm(user=request.user) if may_join else None,
        "may_stop": active and request.user.has_perm("orders.stop_activation", activation),
        "stop_form": StopForm(),
    }
    return render(request, "orders/ciest2/emergency.html", context)


@login_required
@require_POST
def join(request, reference):
    """Join the activation that is under way over the place."""
    activation = _activation_or_404(reference)
    form = JoinForm(request.POST, user=request.user)

    def write():
        if not form.is_valid():
            raise Invalid(_("Say for which organisation."), pointer="organisation")
        emergency.join(activation=activation, person=request.user, **form.cleaned_data)

    return act(request, write, done=_("You have joined: each day is told to you too."), to=_url(activation))


@login_required
@require_POST
def stop(request, reference):
    """Stop an activation before its last day."""
    activation = _activation_or_404(reference)
    return act(
        request,
        lambda: emergency.stop(
            activation=activation,
            actor=request.user,
            code=request.POST.get("code", ""),
            words=request.POST.get("words", ""),
            expected_version=version_of(request),
        ),
        done=_("The activation is stopped; the provider is asked to cancel the days to come."),
        to=_url(activation),
    )


@office_only
def named(request):
    """Whom the office has named, and a form to name somebody."""
    form = ScientistForm(request.POST or None)
    sent = request.method == "POST" and form.is_valid()
    if sent and attempt(form, lambda: name_scientist(actor=request.user, **form.cleaned_data)):
        messages.success(request, _("From the first day on this person may activate CIEST²."))
        return redirect("orders:emergency_scientists")
    at = clock.now()
    page = Paginator(scientists(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"grant": grant, "in_force": grant.in_force(at)} for grant in page]
    return render(request, "orders/ciest2/emergency_scientists.html", {"form": form, "page_obj": page, "rows": rows})


@office_only
@require_POST
def revoke(request, pk):
    """Revoke it, at once."""
    grant = get_object_or_404(EmergencyScientist, pk=pk)
    return act(
        request,
        lambda: revoke_scientist(grant=grant, actor=request.user),
        done=_("Revoked: from this moment on this person activates nothing."),
        to=reverse("orders:emergency_scientists"),
    )


def _limits():
    known = settings.DINAMIS
    return {"days": known["EMERGENCY_DAYS"], "km2": known["EMERGENCY_MAXIMUM_KM2"]}


def _activation_or_404(reference):
    return get_object_or_404(
        Activation.objects.select_related("order__organisation", "order__requester"), order__reference=reference
    )


def _url(activation):
    return reverse("orders:emergency", args=[activation.order.reference])


def _drawn(form):
    """The area for the map, as far as it can be read."""
    text = form.data.get("aoi") if form.is_bound else ""
    try:
        return geo.to_geojson(read_area(str(text)).geometry) if text else None
    except Invalid:
        return None
