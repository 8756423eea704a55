# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists of orders, each in a constant number of queries."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from dinamis.catalogue.models import Asset, Item
from orders.enums import ReviewState
from orders.models import Order, OrderItem, Review


def with_lines(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Join what a row or a page shows of an order: people, project, lines with their scenes and provider orders."""
    files = Prefetch("assets", queryset=Asset.objects.filter(public=False), to_attr="data_files")
    images = Prefetch("products", Item.objects.select_related("collection__licence").prefetch_related(files))
    related = ("scene__collection__licence", "product__collection__licence", "provider_order")
    lines = OrderItem.objects.select_related(*related).prefetch_related(images).order_by("position")
    people = ("organisation", "requester", "project", "envelope")
    asked = ("acquisition__collection__licence", "archive_search", "hold_back")
    stage = Review.objects.filter(state=ReviewState.OPEN).select_related("claimed_by")
    return orders.select_related(*people, *asked).prefetch_related(
        Prefetch("items", queryset=lines), Prefetch("reviews", queryset=stage, to_attr="open_reviews")
    )


def my_orders(user: Any) -> QuerySet[Order]:
    """Orders of the person and, drafts apart, of their active organisations, with billed area and price."""
    member = Q(organisation__memberships__user=user, organisation__memberships__state="active") & ~Q(state="draft")
    ids = Order.objects.filter(Q(requester=user) | member).values("pk")
    totals = {"billed_m2": Sum("items__billed_area_m2"), "price_cents": Sum("items__price_cents")}
    return with_lines(Order.objects.filter(pk__in=ids)).annotate(**totals).order_by("-created_at", "-pk")


def order_of(user: Any, reference: str) -> Order | None:
    """Return an order the person may read, with everything its page shows, or None."""
    return with_lines(Order.objects.visible_to(user)).filter(reference=reference).first()
