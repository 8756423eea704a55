# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path

from dinamis.accounts.web import api_keys

app_name = "api_keys"

urlpatterns = [
    path("", api_keys.api_keys, name="list"),
    path("new/", api_keys.create, name="create"),
    path("<int:pk>/rotate/", api_keys.rotate, name="rotate"),
    path("<int:pk>/revoke/", api_keys.revoke, name="revoke"),
]
