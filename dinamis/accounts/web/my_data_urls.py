# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path

from dinamis.accounts.web import my_data

app_name = "my_data"

urlpatterns = [
    path("", my_data.my_data, name="page"),
    path("copy/", my_data.ask_export, name="ask_export"),
    path("copy/<int:pk>/", my_data.download, name="download"),
    path("erasure/", my_data.erasure, name="erasure"),
    path("erasure/<int:pk>/cancel/", my_data.cancel, name="cancel"),
]
