# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office: its inbox."""

from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dinamis.core import clock
from licensing.selectors.desk import desk_rows, waiting_count
from orders.enums import OrderState
from orders.selectors.reviewing.desk import order_rows

ALL, ADHESIONS, ORDERS = "all", "adhesions", "orders"
DECIDABLE = (OrderState.SUBMITTED, OrderState.IN_REVIEW)


def office_only(view):
    """Let the office in; the page does not exist for anybody else."""

    @login_required
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.has_perm("orders.moderate"):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@office_only
def desk(request):
    """What waits for the office: adhesions and orders, the longest waiting first."""
    at = clock.now()
    groups: dict[str, list[Any]] = {ADHESIONS: desk_rows(request.user, at), ORDERS: order_rows(request.user, at)}
    groups[ALL] = sorted([*groups[ADHESIONS], *groups[ORDERS]], key=lambda row: -row.age_days)
    adhesions = waiting_count()
    counts = {ALL: adhesions + len(groups[ORDERS]), ADHESIONS: adhesions, ORDERS: len(groups[ORDERS])}
    urls = {ALL: f"?tab={ALL}", ADHESIONS: reverse("licensing:desk"), ORDERS: f"?tab={ORDERS}"}
    chosen = request.GET.get("tab", ALL)
    chosen = chosen if chosen in groups else ALL
    labels = {ALL: _("All"), ADHESIONS: _("Adhesions"), ORDERS: _("Orders")}
    tabs = [
        {"label": label, "url": urls[name], "count": counts[name], "current": name == chosen}
        for name, label in labels.items()
    ]
    return render(request, "orders/reviewing/desk.html", {"rows": groups[chosen], "tabs": tabs})
