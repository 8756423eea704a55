# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing an order: compute, save, submit. A refusal keeps everything that was typed."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dinamis.catalogue.models import Item
from dinamis.catalogue.search_form import SearchForm
from dinamis.core import clock, geo
from dinamis.core.areas import read_area
from dinamis.core.exceptions import DomainError, NotEntitled
from dinamis.core.http import whole_numbers
from licensing.web.support import attempt
from orders.enums import OrderKind, OrderState
from orders.selectors.holdings.held import held_first, wanted_of_scenes
from orders.selectors.money.costs import class_of, what_if
from orders.selectors.requests.estimate import estimate
from orders.selectors.requests.listing import order_of
from orders.services.requests.draft import edit_draft
from orders.services.requests.submission import change_order, request_order
from orders.web.holdings.check import address_of
from orders.web.holdings.check_words import answer_context
from orders.web.requests import acquisition, again, archive
from orders.web.requests.forms import EditForm, OrderForm
from orders.web.requests.once import written_once
from orders.web.support import missing_lines

COMPUTE, SAVE, SUBMIT = "compute", "save", "submit"
PAGE, NOW = "orders/requests/new.html", "orders/requests/_order_now.html"


@login_required
def new(request):
    """The page on which an order is written, for the images named by `scene`, or for those of the order `from`."""
    if (former := again.former_of(request)) is not None:
        return _again(request, former)
    scenes = _scenes(request)
    form = OrderForm(
        request.POST or None, request.FILES or None, user=request.user, initial=_first_words(request, scenes)
    )
    context = {"form": form, "scenes": scenes}
    if request.method == "POST" and not _follows(request):
        step = request.POST.get("step", COMPUTE)
        order = None if step == COMPUTE else _ordered(request, form, scenes, submit=step == SUBMIT, context=context)
        if order is not None:
            return _said(request, order, form)
    return render(request, NOW if _follows(request) else PAGE, _with_costs(context, form, scenes))


def _again(request, former):
    """The page for the images of another order as they are now: what is held by now and the price are shown at once."""
    scenes, gone = again.scenes_of(former)
    if not scenes:
        messages.error(request, _("None of the images of this order is in the catalogue any more."))
        return redirect("orders:detail", former.reference)
    again.tell(request, former, gone)
    form = OrderForm(user=request.user, initial=again.words_of(former))
    asked = OrderForm(
        {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}, user=request.user
    )
    asked.is_valid()
    context = _with_costs({"form": form, "scenes": scenes}, asked, scenes)
    return render(request, PAGE, context | {"drawn": _drawn(form)})


@login_required
def edit(request, reference):
    """The same page for a draft, or for an order the office sent back."""
    order = _editable(request.user, reference)
    if order.kind == OrderKind.ACQUISITION:
        return acquisition.edit(request, order)
    if hasattr(order, "archive_search"):
        return archive.edit(request, order)
    scenes = [item.scene for item in order.items.all()]
    form = EditForm(
        request.POST or None,
        request.FILES or None,
        user=request.user,
        organisation=order.organisation,
        initial=_words_of(order),
    )
    context = {"form": form, "scenes": scenes, "order": order}
    if request.method == "POST" and not _follows(request):
        step = request.POST.get("step", COMPUTE)
        if step != COMPUTE and form.is_valid() and _changed(request, form, order, step, context):
            return _said(request, order_of(request.user, reference), form)
    return render(request, NOW if _follows(request) else PAGE, _with_costs(context, form, scenes))


def _follows(request):
    """Whether only what depends on a change is asked: the price and the buttons."""
    return request.method == "POST" and "follow" in request.GET


def _scenes(request):
    ids = whole_numbers(request.POST.getlist("scene") or request.GET.getlist("scene"))
    found = Item.objects.published().select_related("collection__licence").in_bulk(ids)
    if not found:
        raise Http404
    return [found[pk] for pk in dict.fromkeys(ids) if pk in found]


def _editable(user, reference):
    order = order_of(user, reference)
    if order is None or order.state not in {OrderState.DRAFT, OrderState.CHANGES_REQUESTED}:
        raise Http404
    if not user.has_perm("orders.edit", order):
        raise Http404
    return order


def _ordered(request, form, scenes, *, submit, context):
    if not form.is_valid():
        return None
    data = form.cleaned_data
    made = []

    def write():
        return request_order(
            requester=request.user,
            organisation=data["organisation"],
            scenes=[scene.pk for scene in scenes],
            aoi=form.geometry,
            title=data["title"],
            project=data["project"],
            new_project=data["new_project"],
            justification=data["justification"],
            bundle=data["bundle"],
            submit=submit,
        )

    return made[0] if _tried(form, lambda: made.append(written_once(request, write)), context) else None


def _changed(request, form, order, step, context):
    data = form.cleaned_data

    def change():
        return edit_draft(
            order=order,
            actor=request.user,
            project=data["project"] or order.project,
            aoi=form.geometry,
            title=data["title"],
            justification=data["justification"],
            bundle=data["bundle"],
            expected_version=data["version"],
        )

    return _tried(form, lambda: change_order(change, actor=request.user, submit=step == SUBMIT), context)


def _tried(form, write, context):
    """Run a verb; what is missing of rights is shown with the pages that repair it, all else on the form."""

    def unless_missing():
        try:
            write()
        except NotEntitled as error:
            context["missing"] = missing_lines(error.extra["missing"])
            raise

    return attempt(form, unless_missing)


def _with_costs(context, form, scenes):
    """Add what the area costs, as far as it can be read, and the outlines for the map."""
    context["shapes"] = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": geo.to_geojson(geo.to_shapely(scene.footprint)),
                "properties": {"id": scene.pk, "state": "order"},
            }
            for scene in scenes
        ],
    }
    context["drawn"] = _drawn(form)
    if not form.is_bound or {"aoi", "area_file"} & set(form.errors):
        return context
    try:
        organisation = form.cleaned_data.get("organisation")
        adheres_as = class_of(organisation.pk, clock.now()) if organisation else ""
        context["costs"] = costs = estimate(scenes, form.geometry, eligibility_class=adheres_as)
    except DomainError as error:
        form.add_error("aoi", f"{error} {error.extra.get('repair', '')}".strip())
        return context
    held = held_first(costs.aoi, form.user, wanted_of_scenes(costs.family, scenes), but=context.get("order"))
    context |= answer_context(held, [], here=address_of(costs.aoi, sensor=costs.family))
    if organisation:
        project = form.cleaned_data.get("project")
        context["what_if"] = what_if(
            family=costs.family,
            organisation_id=organisation.pk,
            project_id=project.pk if project else None,
            required_m2=costs.billed_m2,
            rates=costs.rates,
            at=clock.now(),
        )
    return context


def _drawn(form):
    if form.is_bound:
        return geo.to_geojson(form.geometry) if form.is_valid() and form.geometry is not None else None
    text = form.initial.get("aoi")
    return geo.to_geojson(read_area(text).geometry) if text else None


def _first_words(request, scenes):
    """What the page begins with: a title, and the area that the address names, as other pages of ours write it."""
    words = {"title": _("Order of %(scene)s") % {"scene": scenes[0]}}
    named = SearchForm(request.GET, user=request.user, collections=[]).filters.aoi
    if named is not None and named.dims == 2:
        words["aoi"] = json.dumps(geo.to_geojson(geo.to_shapely(named)))
    return words


def _words_of(order):
    return {
        "aoi": json.dumps(geo.to_geojson(geo.to_shapely(order.aoi))),
        "title": order.title,
        "project": order.project_id,
        "organisation": order.organisation_id,
        "justification": order.justification,
        "version": order.version,
    }


def _said(request, order, form):
    if form.simplified:
        messages.info(request, str(form.simplified))
    if order.state == OrderState.DRAFT:
        messages.success(request, _("The draft %(reference)s is saved.") % {"reference": order.reference})
    else:
        messages.success(request, _("The order %(reference)s was sent to the office.") % {"reference": order.reference})
    return redirect("orders:detail", order.reference)
