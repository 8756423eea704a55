# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path, re_path

from dinamis.catalogue.api.preview import Part, Tile

app_name = "previews"

# Signs and large numbers reach the view, which answers with the reason.
urlpatterns = [
    re_path(
        r"^(?P<pk>\d{1,18})/preview/(?P<z>-?\d{1,9})/(?P<x>-?\d{1,9})/(?P<y>-?\d{1,9})\.(?P<form>[a-z]{1,20})$",
        Tile.as_view(),
        name="tile",
    ),
    path("<int:pk>/preview.<slug:form>", Part.as_view(), name="part"),
]
