# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every address of the site."""

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from dinamis.catalogue.web.home import home
from dinamis.core import health
from dinamis.core.readonly_admin import keep_own

keep_own(admin.site, ("dinamis", "licensing", "orders"))

# The admin site has no door of its own: it would not ask for the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    # First: programs ask here thousands of times an hour, and addresses are tried one after another.
    path("stac/", include("dinamis.catalogue.api.stac.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("language/", include("django.conf.urls.i18n")),
    path("account/api-keys/", include("dinamis.accounts.web.api_key_urls")),
    path("account/my-data/", include("dinamis.accounts.web.my_data_urls")),
    path("account/identities/", include("dinamis.accounts.web.identity_urls")),
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("dinamis.api_urls")),
    path("about/", TemplateView.as_view(template_name="core/pages/about.html"), name="about"),
    path("accessibility/", TemplateView.as_view(template_name="core/pages/accessibility.html"), name="accessibility"),
    path("legal/", TemplateView.as_view(template_name="core/pages/legal.html"), name="legal"),
    path("", home, name="home"),
    path("catalogue/items/", include("dinamis.catalogue.api.preview_urls")),
    path("", include("dinamis.catalogue.web.urls")),
    path("", include("licensing.web.organisation_urls")),
    path("", include("licensing.web.urls")),
    path("", include("orders.web.urls")),
]

if apps.is_installed("dinamis.demo"):
    urlpatterns.append(path("demo/", include("dinamis.demo.urls")))
