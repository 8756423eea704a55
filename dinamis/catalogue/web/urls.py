# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path, re_path

from dinamis.catalogue.web import (
    basket,
    comparison,
    coverages,
    freshness,
    items,
    publishing,
    saved_searches,
    search,
    tiles,
)

app_name = "catalogue"

# Signs and large numbers reach the view, which answers 400 with the reason.
ZXY = r"(?P<z>-?\d{1,9})/(?P<x>-?\d{1,9})/(?P<y>-?\d{1,9})\.mvt$"

urlpatterns = [
    path("catalogue/", search.search, name="search"),
    path("catalogue/area/", search.upload_area, name="area"),
    path("catalogue/places.json", search.places, name="places"),
    path("catalogue/items/<int:pk>/", items.item, name="item"),
    path("catalogue/items/<int:pk>.json", items.item_json, name="item_json"),
    path("catalogue/items/<int:pk>/quicklook.jpg", items.quicklook, name="quicklook"),
    path("catalogue/age/", freshness.index, name="age"),
    path("catalogue/age.csv", freshness.as_csv, name="age_csv"),
    path("catalogue/age.geojson", freshness.as_geojson, name="age_geojson"),
    path("basket/", basket.index, name="basket"),
    path("basket/change/", basket.change, name="basket_change"),
    path("basket/images.csv", basket.table, name="basket_csv"),
    path("basket/images.geojson", basket.outlines, name="basket_geojson"),
    path("account/searches/", saved_searches.index, name="saved_searches"),
    path("account/searches/new/", saved_searches.save, name="save_search"),
    path("account/searches/<int:pk>/", saved_searches.edit, name="edit_search"),
    path("account/searches/<int:pk>/delete/", saved_searches.delete, name="delete_search"),
    path("account/searches/stop/<str:token>/", saved_searches.stop, name="stop_alerts"),
    path("office/publishing/", publishing.index, name="publishing"),
    path("office/publishing/<int:pk>/end/", publishing.end, name="publishing_end"),
    path("coverages/", coverages.coverages, name="coverages"),
    path("coverages/<slug:collection>/compare/", comparison.compare, name="compare"),
    path("coverages/<slug:collection>/<int:year>/", coverages.coverage, name="coverage"),
    re_path(rf"^tiles/base/{ZXY}", tiles.base, name="tiles_base"),
    re_path(rf"^tiles/age/{ZXY}", freshness.tile, name="tiles_age"),
    re_path(rf"^tiles/items/{ZXY}", tiles.items, name="tiles_items"),
    re_path(rf"^tiles/coverages/(?P<collection>[-\w]+)/(?P<year>\d{{4}})/{ZXY}", tiles.cells, name="tiles_cells"),
]
