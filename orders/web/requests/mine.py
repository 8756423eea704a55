# SPDX-License-Identifier: AGPL-3.0-or-later
"""My orders as a table, on a map and in a calendar; marks, sharing, and joining what others have under way."""

from datetime import date
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe
from shapely.geometry import box, mapping

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock, geo
from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid
from dinamis.core.http import whole_number
from dinamis.core.templatetags.ui import date_words
from licensing.models import Project
from licensing.web.support import act, attempt
from orders.enums import OrderKind
from orders.models import JoinRequest, Order, OrderMark
from orders.selectors.lifecycle.next_step import next_step
from orders.selectors.lifecycle.story import tone
from orders.selectors.requests import mine
from orders.services.requests import sharing
from orders.web.requests.read import order_url, readable_or_404

PER_PAGE = 25
VIEWS = {"table": gettext_lazy("Table"), "map": gettext_lazy("Map"), "calendar": gettext_lazy("Calendar")}
GROUPS = {
    "on_me": gettext_lazy("waiting on me"),
    "running": gettext_lazy("under way"),
    "delivered": gettext_lazy("delivered"),
    "over": gettext_lazy("ended without an image"),
}


# Of the things below whose French name is masculine.
EVERY = pgettext_lazy("masculine", "all")


class FilterForm(forms.Form):
    """What narrows the list; all of it is in the address."""

    q = forms.CharField(label=gettext_lazy("Title or reference"), required=False, max_length=100)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=[("", EVERY), *GROUPS.items()])
    who = forms.ChoiceField(
        label=gettext_lazy("Whose"),
        required=False,
        choices=[
            ("", gettext_lazy("my organisations'")),
            ("me", gettext_lazy("mine")),
            ("followed", gettext_lazy("those I follow")),
        ],
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, choices=[("", EVERY), *OrderKind.choices])
    family = forms.ChoiceField(
        label=gettext_lazy("Product"), required=False, choices=[("", EVERY), *ProductFamily.choices]
    )
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)

    def __init__(self, *args, tags, **kwargs):
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["tag"])
        field.choices = [("", gettext_lazy("all")), *((tag, tag) for tag in tags)]


class JoinForm(forms.Form):
    """For which project, which part, and why."""

    project = forms.ModelChoiceField(Project.objects.none(), label=gettext_lazy("For which project"))
    aoi = forms.CharField(
        label=gettext_lazy("Outline of the part"),
        required=False,
        help_text=gettext_lazy("GeoJSON or WKT, longitude first, in degrees. Leave it empty for the whole request."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
    )
    words = forms.CharField(
        label=gettext_lazy("Why you need it too"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("The requester reads this, with your name and organisation."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Project]", self.fields["project"])
        field.queryset = Project.objects.visible_to(person).filter(ended_at__isnull=True)

    def clean_aoi(self):
        """Read the outline, if there is one."""
        text = self.cleaned_data["aoi"].strip()
        try:
            return read_area(text).geometry if text else None
        except Invalid as error:
            raise forms.ValidationError(f"{error} {error.repair}".strip(), code=error.code) from error


@login_required
@require_safe
def index(request):
    """The orders of the person and of their organisations, in one of three views."""
    form = FilterForm(request.GET, tags=mine.tags_of(request.user))
    form.is_valid()
    view = request.GET.get("view") if request.GET.get("view") in VIEWS else "table"
    orders = mine.narrowed(request.user, form.cleaned_data)
    context = {"form": form, "view": view, "tabs": _tabs(request, view), "query": _query(request, without="page")}
    context["narrowed"] = any(form.cleaned_data.values())
    context |= {"table": _table, "map": _map, "calendar": _calendar}[view](request, orders)
    return render(request, "orders/requests/list.html", context)


@login_required
@require_POST
def mark(request, reference):
    """Keep one's own reference, tags and note on an order."""
    order = readable_or_404(request.user, reference)
    return act(
        request,
        lambda: sharing.mark(
            order=order,
            person=request.user,
            own_reference=request.POST.get("own_reference", ""),
            tags=request.POST.get("tags", "").split(","),
            # Browsers count a line's end as one character and send two.
            note=request.POST.get("note", "").replace("\r\n", "\n"),
        ),
        done=_("Kept. Only you read this."),
        to=order_url(order),
    )


@login_required
@require_POST
def follow(request, reference):
    """Be told what becomes of an order, or no more."""
    order = readable_or_404(request.user, reference)
    following = request.POST.get("following") == "1"
    return act(
        request,
        lambda: sharing.follow(order=order, person=request.user, following=following),
        done=_("A mail will say what becomes of this order.")
        if following
        else _("You are told no more of this order."),
        to=order_url(order),
    )


@login_required
@require_POST
def share(request, reference):
    """Let the people of the project follow the order."""
    order = readable_or_404(request.user, reference)
    return act(
        request,
        lambda: sharing.share_with_project(order=order, actor=request.user),
        done=_("The people of the project follow this order now."),
        to=order_url(order),
    )


@login_required
@require_safe
def running(request):
    """What other organisations have under way: a grid cell each, and no name; for members of one."""
    _members_only(request.user)
    rows = mine.running_elsewhere(request.user)
    shapes = [
        {
            "type": "Feature",
            "geometry": mapping(box(*row.cell)),
            "properties": {"id": str(row.pk), "title": row.family, "word": row.state, "state": "wait"},
        }
        for row in rows
    ]
    wishes = JoinRequest.objects.filter(person=request.user).select_related("order", "organisation")
    context = {"rows": rows, "shapes": {"type": "FeatureCollection", "features": shapes}, "wishes": wishes}
    return render(request, "orders/holdings/running.html", context)


@login_required
@require_POST
def follow_running(request, pk):
    """Be told what becomes of somebody's running request, without reading it."""
    _members_only(request.user)
    order = get_object_or_404(Order, pk=pk, state__in=mine.RUNNING)
    following = request.POST.get("following") == "1"
    return act(
        request,
        lambda: sharing.follow(order=order, person=request.user, following=following),
        done=_("A mail will say what becomes of it.") if following else _("You are told no more of it."),
        to=reverse("orders:running"),
    )


@login_required
def join(request, pk):
    """Ask to be a party to somebody's running request."""
    _members_only(request.user)
    order = get_object_or_404(Order, pk=pk, state__in=mine.RUNNING)
    form = JoinForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(form, lambda: sharing.ask_join(order=order, person=request.user, **data)):
            messages.success(request, _("The requester was asked; a mail will tell you the answer."))
            return redirect("orders:running")
    return render(request, "orders/requests/join.html", {"form": form, "order": order})


@login_required
@require_POST
def answer_join(request, reference, pk):
    """Agree that another organisation is a party to one's request, or decline."""
    order = readable_or_404(request.user, reference)
    wish = JoinRequest.objects.filter(pk=pk, order=order).first()
    if wish is None:
        raise Http404
    return act(
        request,
        lambda: sharing.answer_join(
            join=wish,
            actor=request.user,
            accepted=request.POST.get("answer") == "accept",
            words=request.POST.get("words", ""),
        ),
        done=_("Your answer was sent."),
        to=order_url(order),
    )


@login_required
@require_POST
def leave(request, pk):
    """Take a wish to join back, or leave a request."""
    wish = get_object_or_404(JoinRequest, pk=pk, person=request.user)
    return act(
        request,
        lambda: sharing.leave(join=wish, actor=request.user),
        done=_("You are no party to this request any more."),
        to=reverse("orders:running"),
    )


def _members_only(user):
    if not user.memberships.filter(state="active").exists():
        raise Http404


def _table(request, orders):
    page = Paginator(orders, PER_PAGE).get_page(request.GET.get("page"))
    marks = {row.order_id: row for row in OrderMark.objects.filter(person=request.user, order__in=list(page))}
    rows = [
        {
            "order": order,
            "tone": tone(order.state),
            "next": next_step(order, request.user),
            "mark": marks.get(order.pk),
        }
        for order in page
    ]
    return {"page_obj": page, "rows": rows}


def _map(request, orders):
    found = list(orders[: mine.MOST_ON_MAP])
    shapes = [
        {
            "type": "Feature",
            "geometry": geo.to_geojson(geo.to_shapely(order.aoi)),
            "properties": {
                "id": order.reference,
                "title": order.title,
                "word": str(order.get_state_display()),
                "state": _drawn(order.state),
            },
        }
        for order in found
    ]
    rows = [{"order": order, "tone": tone(order.state)} for order in found]
    return {"shapes": {"type": "FeatureCollection", "features": shapes}, "rows": rows}


def _drawn(state):
    """How the map draws an order: like images that are held, awaited, may be ordered, or will not come."""
    if state in mine.GROUPS["over"]:
        return "none"
    if state in mine.GROUPS["delivered"]:
        return "held"
    return "order" if state in mine.GROUPS["on_me"] else "wait"


def _calendar(request, orders):
    year, month = _month(request.GET.get("month", ""))
    found = mine.events(orders, year, month)
    before, after = _shifted(year, month, -1), _shifted(year, month, 1)
    base = _query(request, without="month")
    return {
        "month": date(year, month, 1),
        "month_title": date_words(date(year, month, 1)).partition("\u00a0")[2],
        "weeks": mine.month_weeks(found, year, month),
        "days": sorted(found.items()),
        "before_url": f"?{base}&month={before}",
        "after_url": f"?{base}&month={after}",
        "rows": True,
    }


def _month(text):
    """The year and month of "2026-11"; those of today where the address says nothing of use."""
    year, month = (whole_number(part) or 0 for part in text.partition("-")[::2])
    if 1900 <= year <= 2200 and 1 <= month <= 12:
        return year, month
    return clock.today().year, clock.today().month


def _shifted(year, month, by):
    number = year * 12 + month - 1 + by
    return f"{number // 12}-{number % 12 + 1:02d}"


def _query(request, *, without):
    query = request.GET.copy()
    query.pop(without, None)
    return query.urlencode()


def _tabs(request, view):
    query = request.GET.copy()
    for name in ("view", "page"):
        query.pop(name, None)
    rest = query.urlencode()
    return [
        {"label": label, "url": f"?view={name}{'&' if rest else ''}{rest}", "current": name == view}
        for name, label in VIEWS.items()
    ]
