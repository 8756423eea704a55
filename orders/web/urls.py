# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path

from orders.web import gateway

app_name = "orders"

urlpatterns = [
    path("d/<str:token>/<str:name>", gateway.gateway, name="gateway"),
]
