# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing an archive order over an area: the scenes that show what is left are proposed, the person leaves some out.

Every step works without JavaScript; with it, scenes and price follow each change. Nothing is written for an area or
criteria whose scenes the page has not shown yet.
"""

import json
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dinamis.catalogue.models import Item
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.filters import area_of
from dinamis.core import clock, geo
from dinamis.core.exceptions import NotEntitled
from dinamis.core.http import whole_numbers
from licensing.web.support import attempt
from orders.enums import OrderState
from orders.selectors.money.costs import what_if
from orders.selectors.requests.archive import archive_families, sought_of
from orders.services.requests.archive_draft import COLUMNS, edit_archive_area, plan_archive
from orders.services.requests.submission import change_order, request_area
from orders.web.holdings.check import address_of
from orders.web.holdings.check_words import drawn as for_a_map
from orders.web.requests import again
from orders.web.requests.archive_form import ArchiveForm
from orders.web.requests.areas import area_named, drawn
from orders.web.requests.once import written_once
from orders.web.requests.set_aside import forget, set_aside, taken_up
from orders.web.support import missing_lines

COMPUTE, SAVE, SUBMIT, FOLLOW = "compute", "save", "submit", "follow"
PAGE, NOW = "orders/requests/archive.html", "orders/requests/_archive_now.html"
# Images of the last so many days are sought at first.
RECENT_DAYS = 1095
# Fields by their names in the address of a check.
ADDRESS = (
    ("first", "since"),
    ("last", "until"),
    ("cloud_max", "cloud"),
    ("incidence_max", "incidence"),
    ("mode", "mode"),
)


@login_required
def new(request):
    """The page on which an area is ordered from the archive; an address as that of a check fills it in."""
    return _page(request, None)


def edit(request, order):
    """The same page for a draft, or for an order the office sent back (called by `orders.web.requests.write.edit`)."""
    return _page(request, order)


def _page(request, order):
    owner = {"organisation": order.organisation} if order else {}
    if request.method != "POST":
        kept = taken_up(request)
        form = ArchiveForm(user=request.user, initial=_start(request, order, kept), **owner)
        ids = kept["scenes"] if kept else [line.scene_id for line in order.items.all()] if order else None
        return render(request, PAGE, _first_look(form, order, owner, ids))
    step = FOLLOW if "follow" in request.GET else request.POST.get("step", COMPUTE)
    form = ArchiveForm(request.POST, None if step == FOLLOW else request.FILES, user=request.user, **owner)
    form.is_valid()
    context: dict[str, Any] = {"form": form, "order": order, "drawn": drawn(form), "tell": step == FOLLOW}
    scenes = _scenes(request, form)
    shown = whole_numbers(request.POST.getlist("shown")) if scenes is not None else []
    if form.is_sought and _planned(form, order, scenes, context, shown) and form.is_valid() and step in {SAVE, SUBMIT}:
        if scenes is None:
            context["look"] = True
        elif (written := _written(request, form, order, scenes, context)) is not None:
            forget(request)
            return _said(request, written, form)
    context["refused"] = form.refusals()
    return render(request, NOW if step == FOLLOW else PAGE, context)


def _first_look(form, order, owner, ids):
    """The page as it begins: where an area is named already, with the scenes for it, or with those of `ids`."""
    context: dict[str, Any] = {"form": form, "order": order, "drawn": drawn(form)}
    said = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    asked = ArchiveForm(said, user=form.user, **owner)
    asked.is_valid()
    if asked.is_sought:
        _planned(asked, order, ids, context)
        context["refused"] = asked.refusals()
        context["tell"] = True
    return context


def _scenes(request, form):
    """The scenes that are ticked, None while the page shows none for what is sought now."""
    if not form.is_sought or request.POST.get("sought") != form.mark():
        return None
    return whole_numbers(request.POST.getlist("scene"))


def _planned(form, order, scenes, context, shown=()):
    """Seek the scenes and price them; what was `shown` stays in the list. Tells whether it could be."""
    context |= {"mark": form.mark(), "rows": _rows(shown, {})}

    def planned():
        organisation = form.cleaned_data.get("organisation")
        wanted = form.wanted(scenes, order)
        made = plan_archive(
            wanted, person=form.user, organisation_id=organisation.pk if organisation else None, but=order
        )
        costs, found = made.costs, made.found
        lines = {line.scene.pk: line for line in costs.lines if line.scene}
        context.update(
            costs=costs,
            found=found,
            rows=_rows(shown or list(lines), lines),
            shapes=_shapes(found),
            check_url=address_of(wanted.sought.area, sensor=costs.family),
            what_if=_what_if(form, costs) if organisation else None,
        )

    return attempt(form, planned)


def _rows(ids, lines):
    """One row for each scene that was found, with its line where it is ticked."""
    known = Item.objects.published().select_related("collection").in_bulk(ids)
    return [{"scene": known[pk], "line": lines.get(pk)} for pk in ids if pk in known]


def _what_if(form, costs):
    project = form.cleaned_data.get("project")
    return what_if(
        family=costs.family,
        organisation_id=form.cleaned_data["organisation"].pk,
        project_id=project.pk if project else None,
        required_m2=costs.billed_m2,
        rates=costs.rates,
        at=clock.now(),
    )


def _shapes(found):
    """What is bought with each scene, and what none shows, for the map."""
    parts = [(part, {"id": scene.pk, "state": "order", "title": str(scene)}) for scene, part in found.parts()]
    if not found.shared.rest.is_empty:
        parts.append((found.shared.rest, {"id": "rest", "state": "none", "title": _("Shown by no image")}))
    features = [
        {"type": "Feature", "geometry": geo.to_geojson(for_a_map(part)), "properties": facts} for part, facts in parts
    ]
    return {"type": "FeatureCollection", "features": features}


def _written(request, form, order, scenes, context):
    made, step = [], request.POST["step"]

    def write():
        try:
            made.append(_changed(form, order, scenes, step) if order else _once(request, form, scenes, step))
        except NotEntitled as error:
            back = set_aside(request, form, scenes=scenes)
            context["missing"] = missing_lines(error.extra["missing"], back)
            raise

    return made[0] if attempt(form, write) else None


def _once(request, form, scenes, step):
    return written_once(request, lambda: _made(form, scenes, step))


def _made(form, scenes, step):
    data = form.cleaned_data
    return request_area(
        requester=form.user,
        organisation=data["organisation"],
        wanted=form.wanted(scenes, None),
        title=data["title"],
        project=data["project"],
        new_project=data["new_project"],
        justification=data["justification"],
        submit=step == SUBMIT,
    )


def _changed(form, order, scenes, step):
    data = form.cleaned_data

    def change():
        return edit_archive_area(
            order=order,
            actor=form.user,
            project=data["project"] or order.project,
            wanted=form.wanted(scenes, order),
            title=data["title"],
            justification=data["justification"],
            expected_version=form.version_seen,
        )

    return change_order(change, actor=form.user, submit=step == SUBMIT)


def _start(request, order, kept):
    """What the fields hold at first: what was `kept` here, the order, one ordered again, or what the address says."""
    if kept:
        return kept["fields"] | ({"version": order.version} if order else {})
    if order is not None:
        return _words_of(order)
    if (former := again.former_of(request)) is not None:
        again.tell(request, former)
        return again.words_of_area(former)
    today, asked = clock.today(), request.GET
    families = archive_families()
    named = [one for one in [*asked.getlist("family"), *asked.getlist("sensor")] if one in families]
    start = {
        "first": today - timedelta(days=RECENT_DAYS),
        "last": today,
        "family": (named or families or [""])[0],
        "title": _("Order over an area"),
    }
    for field, name in ADDRESS:
        if asked.get(name, "").strip():
            start[field] = asked[name].strip()
    if area := _area(request):
        start["aoi"] = area
    return start


def _area(request):
    """The area an address names as that of a search does: drawn, or a place. Where a map looks is no area to order."""
    if text := request.GET.get("aoi", "").strip():
        return area_named(text)
    found = area_of(SearchForm(request.GET, user=request.user, collections=[]).filters.without("bbox"))
    return json.dumps(geo.to_geojson(geo.to_shapely(found))) if found is not None and found.dims == 2 else ""


def _words_of(order):
    search = order.archive_search
    return {
        "aoi": json.dumps(geo.to_geojson(sought_of(search).area)),
        "family": order.family,
        **{name: getattr(search, name) for name in COLUMNS},
        "title": order.title,
        "project": order.project_id,
        "organisation": order.organisation_id,
        "justification": order.justification,
        "version": order.version,
    }


def _said(request, order, form):
    if form.simplified:
        messages.info(request, str(form.simplified))
    words = {"reference": order.reference}
    if order.state == OrderState.DRAFT:
        messages.success(request, _("The draft %(reference)s is saved.") % words)
    else:
        messages.success(request, _("The order %(reference)s was sent to the office.") % words)
    return redirect("orders:detail", order.reference)
