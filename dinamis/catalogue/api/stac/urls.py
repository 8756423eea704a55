# SPDX-License-Identifier: AGPL-3.0-or-later
from django.urls import path

from dinamis.accounts.api.views import NotFoundView
from dinamis.catalogue.api.stac import transactions, views

app_name = "stac"

# Collections are named by slugs; an item may be called anything, a slash included.
urlpatterns = [
    path("search", views.Search.as_view(), name="search"),
    path("collections/<str:collection>/items/<path:item>", transactions.ItemView.as_view(), name="item"),
    path("collections/<str:collection>/items", transactions.Items.as_view(), name="items"),
    path("", views.Landing.as_view(), name="landing"),
    path("conformance", views.Conformance.as_view(), name="conformance"),
    path("api", views.Description.as_view(), name="openapi"),
    path("queryables", views.Queryables.as_view(), name="queryables"),
    path("collection-queryables", views.CollectionQueryables.as_view(), name="queryables_of_collections"),
    path("collections", views.Collections.as_view(), name="collections"),
    path("collections/<str:collection>", views.CollectionView.as_view(), name="collection"),
    path("collections/<str:collection>/queryables", views.Queryables.as_view(), name="collection_queryables"),
    path("collections/<str:collection>/bulk_items", transactions.BulkItems.as_view(), name="bulk_items"),
    path("<path:anything>", NotFoundView.as_view(), name="not_found"),
]
