# SPDX-License-Identifier: AGPL-3.0-or-later
from django.urls import path

from dinamis.demo import views

app_name = "demo"

urlpatterns = [
    path("", views.people, name="people"),
    path("switch/", views.switch, name="switch"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", views.mail, name="mail"),
]
