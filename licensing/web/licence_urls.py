# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path

from licensing.web import licences

urlpatterns = [
    path("office/licences/", licences.licences, name="office_licences"),
    path("office/licences/<int:pk>/", licences.licence, name="office_licence"),
    path("office/licences/<int:pk>/settings/", licences.licence_settings, name="office_licence_settings"),
    path("office/licences/<int:pk>/draft/", licences.draft_new, name="office_draft_new"),
    path("office/versions/<int:pk>/", licences.version, name="office_version"),
    path("office/versions/<int:pk>/edit/", licences.draft, name="office_draft"),
]
