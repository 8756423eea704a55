# SPDX-License-Identifier: AGPL-3.0-or-later
"""My orders, one order, and what its requester may do to it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dinamis.core import clock, geo
from dinamis.core.actors import Actor
from dinamis.core.http import whole_number
from dinamis.core.transitions import can
from licensing.web.support import act
from orders.models import Order
from orders.selectors.fulfilment.pools import pools_of_orders
from orders.selectors.fulfilment.proposals import proposals_of
from orders.selectors.lifecycle.next_step import page_lead
from orders.selectors.lifecycle.outlook import outlook
from orders.selectors.lifecycle.story import timeline, tone
from orders.selectors.money.prices import taken_cents
from orders.selectors.requests.listing import order_of
from orders.selectors.requests.rights import missing_for, signed_versions
from orders.selectors.reviewing.queue import standing
from orders.selectors.reviewing.stages import line_decisions
from orders.services.requests.submission import submit_order
from orders.web.duties.hold_back_panel import panel
from orders.web.money.quote_panel import quote_context
from orders.web.requests.acts import acts, kept
from orders.web.reviewing.queue_words import place_words
from orders.web.support import missing_lines

# Of more images than that only the names are shown at once.
OPEN_IMAGES = 3


@login_required
def detail(request, reference):
    """One order: where it stands, what it costs, under which rights, what can be downloaded."""
    return shown(request, order_or_404(request.user, reference))


def shown(request, order, *, wish=None):
    """Return the page of an order; `wish` is the form of its hold-back when it was refused (422)."""
    actor = Actor.person(request.user)
    lines = list(order.items.all())
    place = standing(order, clock.now())
    context = {
        "order": order,
        "lines": lines,
        "tone": tone(order.state),
        "next": page_lead(order, request.user),
        "many_images": sum(len(line.products.all()) for line in lines) > OPEN_IMAGES,
        "steps": timeline(order),
        "outlook": outlook(order),
        "pools": pools_of_orders([order.pk]),
        "acts": acts(order, request.user),
        "kept": kept(order, request.user),
        "shapes": shapes(lines),
        "aoi": geo.to_geojson(geo.to_shapely(order.aoi)),
        "billed_m2": sum(line.billed_area_m2 for line in lines),
        "price_cents": sum(line.price_cents or 0 for line in lines),
        "taken_cents": taken_cents(order),
        "may_edit": order.state in {"draft", "changes_requested"} and request.user.has_perm("orders.edit", order),
        "may_submit": can(order, "submit", actor),
        "rights": signed_versions(lines, request.user),
        "proposals": proposals_of(order),
        "decisions": line_decisions(order),
        "queue": place_words(place) if place else "",
        "hold_back": panel(order, request.user) | ({"form": wish} if wish else {}),
        **quote_context(order, request.user),
    }
    if order.state == "draft":
        context["missing"] = missing_lines(missing_for(order, at=clock.now()), request.path)
    return render(request, "orders/requests/detail.html", context, status=422 if wish else 200)


@login_required
@require_POST
def submit(request, reference):
    """Send a draft to the office."""
    order = readable_or_404(request.user, reference)
    return act(
        request,
        lambda: submit_order(order=order, actor=request.user, expected_version=version_of(request)),
        done=_("The order %(reference)s was sent to the office.") % {"reference": reference},
        to=order_url(order),
    )


def readable_or_404(user, reference) -> Order:
    """Return an order the person may read, for a verb: without what its page shows. Answers 404."""
    return get_object_or_404(Order.objects.visible_to(user), reference=reference)


def order_or_404(user, reference) -> Order:
    """Return an order the person may read, with everything its page shows, or answer 404."""
    order = order_of(user, reference)
    if order is None:
        raise Http404
    return order


def order_url(order):
    """Return the address of the order's page."""
    return reverse("orders:detail", args=[order.reference])


def version_of(request):
    """Return the version the person saw, or None."""
    return whole_number(request.POST.get("version"))


def shapes(lines):
    """Return the outlines of the ordered images for the map: those that came, else the scene that was asked for."""
    return {"type": "FeatureCollection", "features": [_feature(*shown) for line in lines for shown in _shown(line)]}


def _shown(line):
    images = list(line.products.all())
    return [(image, "held") for image in images] or [(scene, "order") for scene in [line.scene] if scene]


def _feature(image, state):
    return {
        "type": "Feature",
        "geometry": geo.to_geojson(geo.to_shapely(image.footprint)),
        "properties": {"id": image.pk, "state": state},
    }
