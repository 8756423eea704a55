# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writing an acquisition request: compute, save, submit. Every step works without JavaScript; with it, what depends on
a change is shown at once, and what is typed is kept. A refusal keeps everything that was typed."""

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dinamis.catalogue.selectors.filters import SearchFilters
from dinamis.core import clock
from dinamis.core.exceptions import DomainError, NotEntitled
from dinamis.core.http import whole_number
from dinamis.core.refusals import tell
from licensing.web.support import attempt
from orders.enums import OrderKind, OrderState
from orders.selectors.holdings.held import held_first
from orders.selectors.money.costs import what_if
from orders.selectors.requests.listing import order_of
from orders.selectors.requests.products import taskable
from orders.services.requests.acquisition_draft import PARAMETERS, edit_acquisition, plan, wanted_of
from orders.services.requests.kept_requests import (
    delete_template,
    forget_typed,
    keep_typed,
    save_template,
    templates_of,
    typed,
)
from orders.services.requests.submission import change_order, request_area
from orders.web.holdings.check import address_of
from orders.web.requests.acquisition_form import AcquisitionForm, bundle_pending, followed, shown_now
from orders.web.requests.areas import area_named, box_named, collected, drawn
from orders.web.requests.once import written_once
from orders.web.support import missing_lines

COMPUTE, SAVE, SUBMIT = "compute", "save", "submit"
FOLLOW, BUNDLE, FORGET, TEMPLATE, DROP = "follow", "bundle", "forget", "template", "drop"
# Neither kept while typing nor in a template.
NOT_KEPT = (
    "csrfmiddlewaretoken",
    "step",
    "shown",
    "kept",
    "version",
    "area_file",
    "once",
    "template_name",
    "template_shared",
)
PAGE, NOW = "orders/requests/acquisition.html", "orders/requests/_acquisition_now.html"
# What a price does not depend on: it is shown before these are said.
USE = {"title", "project", "new_project", "justification", "organisation"}


@login_required
def new(request):
    """The page on which a request is written; `aoi` (or `area`, `bbox`), `collection` and `from` fill it in."""
    return _page(request, None)


def edit(request, order):
    """The same page for a draft, or for a request the office sent back (called by `orders.web.requests.write.edit`)."""
    return _page(request, order)


def _page(request, order):
    step = FOLLOW if "follow" in request.GET else request.POST.get("step", COMPUTE)
    if request.method == "POST" and step in {FORGET, DROP}:
        return _forgotten(request, order, step)
    if step in {COMPUTE, SAVE, SUBMIT} and bundle_pending(request.POST):
        step = BUNDLE
    form = _form(request, order, step)
    context = {"form": form, "order": order}
    if request.method == "POST" and step in {COMPUTE, SAVE, SUBMIT}:
        written = _judged(request, form, order, step, context)
        if written is not None:
            forget_typed(owner=request.user, order=order)
            return _said(request, written, form)
    if request.method == "POST" and step == TEMPLATE:
        _save_template(request, form)
    context["kept"] = _kept(request, order, step, context)
    context["shown"] = shown_now(form)
    if step == FOLLOW:
        _price_now(form, context, owner={"organisation": order.organisation} if order else {})
        return render(request, NOW, context)
    context |= {
        "drawn": drawn(form),
        "bundle_set": step == BUNDLE,
        "minimum_days": settings.DINAMIS["ACQUISITION_MINIMUM_DAYS"],
        "templates": templates_of(request.user),
    }
    return render(request, PAGE, context)


def _judged(request, form, order, step, context):
    """The order that was written, None when only a price was asked or something was refused."""
    if not (form.is_valid() and _planned(form, context)) or step == COMPUTE:
        return None
    return _written(request, form, order, step, context)


def _price_now(form, context, *, owner):
    """Add the price of what the fields hold after a change, as far as it can be read; nothing is refused yet."""
    asked = AcquisitionForm(dict(form.initial), user=form.user, **owner)
    asked.is_valid()
    if asked.errors.keys() <= USE:
        _planned(asked, context)


def _kept(request, order, step, context):
    """The version of what is kept that this page has seen; while typing, what is typed is kept over it.

    Something kept that the page does not show is offered, and never written over: `context["offered"]`.
    """
    row = typed(request.user, order)
    if request.method != "POST":
        if row is not None and "kept" not in request.GET:
            context["offered"] = row
            return 0
        return row.version if row else 0
    seen = whole_number(request.POST.get("kept")) or 0
    if step != FOLLOW:
        return seen
    try:
        row = keep_typed(owner=request.user, order=order, fields=_shown_fields(context["form"]), seen=seen)
    except DomainError as error:
        context["not_kept"] = f"{error} {error.extra.get('repair', '')}".strip()
        return seen
    context["kept_at"] = row.saved_at
    return row.version


def _shown_fields(form):
    """What the fields hold once a change was followed."""
    return {name: value for name, value in form.initial.items() if name not in NOT_KEPT}


def _typed_now(request):
    fields = {name: value for name, value in request.POST.items() if name not in NOT_KEPT}
    return fields | {"separate": "separate" in request.POST}


def _forgotten(request, order, step):
    """Forget what was typed, or delete a template, and begin again."""
    if step == FORGET:
        forget_typed(owner=request.user, order=order)
    else:
        delete_template(owner=request.user, pk=whole_number(request.POST.get("template")) or 0)
    return redirect(request.path)


def _save_template(request, form):
    """Save the values of the page under a name; they stay on the page, whatever is said."""
    chosen = whole_number(request.POST.get("organisation"))
    mine = form.fields["organisation"].queryset
    shared = mine.filter(pk=chosen).first() if "template_shared" in request.POST else None
    name = request.POST.get("template_name", "")
    try:
        save_template(owner=request.user, name=name, fields=_typed_now(request), organisation=shared)
    except DomainError as error:
        tell(request, error)
    else:
        messages.success(request, _("The template is saved."))


def _form(request, order, step):
    """The form as it was sent; a step that follows a change sets what depends on it, and judges nothing yet, nor does
    one that saves a template."""
    owner = {"organisation": order.organisation} if order else {}
    if request.method != "POST":
        return AcquisitionForm(user=request.user, initial=_start(request, order), **owner)
    files = None if step == FOLLOW else request.FILES
    sent = AcquisitionForm(request.POST, files, user=request.user, **owner)
    if step not in {FOLLOW, BUNDLE, TEMPLATE}:
        return sent
    if files:
        # A file is sent once: what was read of it stays in the field.
        sent.is_valid()
    values = {name: value for name, value in sent.data.items() if name not in {"csrfmiddlewaretoken", "step"}}
    values["separate"] = "separate" in request.POST
    follows = followed(request.POST, sent.schema, bundle=step == BUNDLE)
    # An option that no longer applies is not carried along.
    known = {option.name for option in sent.schema.options} if sent.schema else set()
    values = {name: value for name, value in values.items() if name not in known} | follows
    return AcquisitionForm(user=request.user, initial=values, **owner)


def _start(request, order):
    """What the fields hold at first: the order, another one that is cloned, or the address."""
    if "kept" in request.GET and (row := typed(request.user, order)):
        return {**row.fields, **({"version": order.version} if order else {})}
    if order is not None:
        return _words_of(order)
    first = clock.today() + timedelta(days=settings.DINAMIS["ACQUISITION_MINIMUM_DAYS"])
    start: dict[str, Any] = {
        "first": first,
        "last": first + timedelta(days=90),
        "bundle": "",
        "separate": True,
        **settings_of_clouds(),
    }
    if (known := taskable(clock.today()).first()) is not None:
        start["collection"] = known.slug
    if pk := whole_number(request.GET.get("template")):
        start |= next((row.fields for row in templates_of(request.user).filter(pk=pk)), {})
    if source := request.GET.get("from", ""):
        start |= _clone(request.user, source)
    if text := (request.GET.get("aoi") or request.GET.get("area") or "").strip():
        start["aoi"] = area_named(text)
    elif box := box_named(request.GET.get("bbox", "")):
        start["aoi"] = box
    offered = taskable(clock.today())
    named = (
        offered.filter(slug=request.GET.get("collection", "")).first()
        or offered.filter(family__in=[*request.GET.getlist("family"), *request.GET.getlist("sensor")]).first()
    )
    if named is not None:
        start["collection"] = named.slug
    return start


def settings_of_clouds():
    """The cloud covers of the settings, and the usual incidence."""
    cloud, proposed = settings.DINAMIS["CLOUD_DEFAULTS"]
    return {"cloud_max": cloud, "proposal_threshold": proposed, "incidence_max": 30}


def _clone(user, reference):
    """What another request of the person says, but for days that are over and for why what was held did not do."""
    source = order_of(user, reference)
    if source is None or source.kind != OrderKind.ACQUISITION:
        return {}
    words = _words_of(source)
    if words["first"] < clock.today():
        words.pop("first"), words.pop("last")
    words.pop("version"), words.pop("justification")
    return words


def _words_of(order):
    wanted = wanted_of(order)
    asked = wanted.parameters
    return {
        "aoi": json.dumps(collected(wanted.areas)),
        "separate": len(wanted.areas) > 1,
        "first": asked.first,
        "last": asked.last,
        "collection": wanted.collection.slug,
        "bundle": "",
        **{name: getattr(asked, name) for name in PARAMETERS},
        **wanted.options,
        "title": order.title,
        "project": order.project_id,
        "organisation": order.organisation_id,
        "justification": order.justification,
        "version": order.version,
    }


def _planned(form, context):
    """Price what is asked: lines, what is held, what envelopes would pay. Tells whether it could be."""

    def priced():
        organisation = form.cleaned_data.get("organisation")
        made = plan(form.wanted(), organisation_id=organisation.pk if organisation else None)
        costs = made.costs
        project = form.cleaned_data.get("project")
        context["costs"] = costs
        # Images of any date: new ones are asked because those that are there do not do, which is for people to see.
        context["held"] = held_first(costs.aoi, form.user, SearchFilters(sensors=(costs.family,)), but=context["order"])
        context["check_url"] = address_of(costs.aoi, sensor=costs.family)
        if organisation is None:
            return
        context["what_if"] = what_if(
            family=costs.family,
            organisation_id=organisation.pk,
            project_id=project.pk if project else None,
            required_m2=costs.billed_m2,
            rates=costs.rates,
            at=clock.now(),
        )

    return attempt(form, priced)


def _written(request, form, order, step, context):
    made = []

    def write():
        try:
            made.append(
                _changed(request, form, order, step)
                if order
                else written_once(request, lambda: _made(request, form, step))
            )
        except NotEntitled as error:
            context["missing"] = missing_lines(error.extra["missing"], f"{request.path}?kept=1")
            raise

    return made[0] if attempt(form, write) else None


def _made(request, form, step):
    data = form.cleaned_data
    return request_area(
        requester=request.user,
        organisation=data["organisation"],
        wanted=form.wanted(),
        title=data["title"],
        project=data["project"],
        new_project=data["new_project"],
        justification=data["justification"],
        submit=step == SUBMIT,
    )


def _changed(request, form, order, step):
    data = form.cleaned_data

    def change():
        return edit_acquisition(
            order=order,
            actor=request.user,
            project=data["project"] or order.project,
            wanted=form.wanted(),
            title=data["title"],
            justification=data["justification"],
            expected_version=form.version_seen,
        )

    return change_order(change, actor=request.user, submit=step == SUBMIT)


def _said(request, order, form):
    if form.simplified:
        messages.info(request, str(form.simplified))
    words = {"reference": order.reference}
    if order.state == OrderState.DRAFT:
        messages.success(request, _("The draft %(reference)s is saved.") % words)
    else:
        messages.success(request, _("The request %(reference)s was sent to the office.") % words)
    return redirect("orders:detail", order.reference)
