# SPDX-License-Identifier: AGPL-3.0-or-later
"""The partner API, version 1. Every resource is listed here; whatever else is asked is a problem+json 404."""

from django.urls import path, re_path

from dinamis.accounts.api.me import Me
from dinamis.accounts.api.views import NotFoundView
from dinamis.core.api.pages import home, openapi

app_name = "api"

urlpatterns = [
    path("", home, name="home"),
    path("openapi.json", openapi, name="openapi"),
    path("me", Me.as_view(), name="me"),
    re_path(r"^.*$", NotFoundView.as_view(), name="not_found"),
]
