# SPDX-License-Identifier: AGPL-3.0-or-later
"""Identities of other providers. The names are those by which django-allauth finds its pages.

Its own way in (a page whose GET leads to the provider) and its page of linked accounts are left out: here a sign-in
and a link begin with a form of ours, so that no other site begins one in somebody's browser.
"""

from allauth.socialaccount import views
from allauth.socialaccount.providers.openid_connect.views import callback
from django.urls import path

from dinamis.accounts.web import identities

urlpatterns = [
    path("", identities.identities, name="socialaccount_connections"),
    path("new-account/", views.signup, name="socialaccount_signup"),
    path("cancelled/", views.login_cancelled, name="socialaccount_login_cancelled"),
    path("error/", views.login_error, name="socialaccount_login_error"),
    path("<int:pk>/unlink/", identities.unlink, name="identity_unlink"),
    path("<slug:provider_id>/begin/", identities.begin, name="identity_begin"),
    path("<slug:provider_id>/callback/", callback, name="openid_connect_callback"),
]
