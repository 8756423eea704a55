# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's board of all orders: columns, table, map; the address holds what is shown."""

import json

from django import forms
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.enums import ProductFamily
from dinamis.core import clock
from licensing.enums import EligibilityClass
from orders.enums import OrderState, ReviewStage
from orders.selectors.lifecycle.story import tone
from orders.selectors.reviewing.absences import away_now
from orders.selectors.reviewing.board import ON_MAP, SORTS, VIEWS, BoardFilter, columns, outlines, page, page_by_place
from orders.web.reviewing.office import office_only

ANY = [("", "—")]


class BoardForm(forms.Form):
    """The filters; what is not known is no filter."""

    text = forms.CharField(label=_("Reference, title or organisation"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[*ANY, *(one for one in OrderState.choices if one[0] != "draft")]
    )
    stage = forms.ChoiceField(label=_("Stage"), required=False, choices=[*ANY, *ReviewStage.choices])
    family = forms.ChoiceField(label=_("Product"), required=False, choices=[*ANY, *ProductFamily.choices])
    eligibility_class = forms.ChoiceField(label=_("Class"), required=False, choices=[*ANY, *EligibilityClass.choices])
    late = forms.BooleanField(label=_("Late only"), required=False)
    mine = forms.BooleanField(label=_("Mine only"), required=False)
    sort = forms.ChoiceField(label=_("Sort the table"), required=False, choices=SORTS)
    view = forms.ChoiceField(required=False, choices=VIEWS, widget=forms.HiddenInput)

    def wanted(self) -> BoardFilter:
        """Return the filters that are right."""
        self.is_valid()
        return BoardFilter(**{name: value for name, value in self.cleaned_data.items() if name not in {"view", "sort"}})


@office_only
def board(request):
    """All orders that were sent, in one of three views."""
    at = clock.now()
    form = BoardForm(request.GET)
    wanted = form.wanted()
    view = form.cleaned_data.get("view") or "kanban"
    context = {"form": form, "view": view, "tabs": _tabs(request, view), "tone": tone, "away": away_now(at)}
    context["cleared_url"] = f"?view={view}"
    if view == "table":
        read = page_by_place if form.cleaned_data.get("sort") == "queue" else page
        found = read(wanted, request.user, at, after=request.GET.get("after", ""))
        context |= {"page": found, "next_url": _address(request, after=found.following), "more": found.following}
    elif view == "map":
        context |= _map(wanted, request.user, at)
    else:
        shown = columns(wanted, request.user, at)
        context["columns"] = [
            {"column": one, "url": _address(request, view="table", after="", **{one.name: one.value})}
            for one in shown
            if one.cards or not request.GET
        ]
    return render(request, "orders/reviewing/board.html", context)


def _map(wanted, user, at):
    rows = outlines(wanted, user, at)
    features = [
        {"type": "Feature", "geometry": json.loads(text), "properties": {"id": order.pk, "state": "order"}}
        for order, text in rows
    ]
    return {
        # The words of a state by hand: `get_state_display` looks through all choices for each of 300.
        "orders": [(order, OrderState(order.state).label) for order, _text in rows],
        "shapes": {"type": "FeatureCollection", "features": features},
        "full": len(rows) == ON_MAP,
        "limit": ON_MAP,
    }


def _tabs(request, view):
    return [
        {"label": label, "url": _address(request, view=name, after=""), "count": None, "current": name == view}
        for name, label in VIEWS
    ]


def _address(request, **changes):
    """The address of this page with some members changed; "" takes one out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return f"?{query.urlencode()}"
