# SPDX-License-Identifier: AGPL-3.0-or-later
"""Warming up: no database (these tests may use none), every template, every language."""

from django.db import connections
from django.template import engines
from django.urls import get_resolver

from dinamis.core.warm import warm_up
from dinamis.wsgi import application


def test_the_site_warms_up_without_a_database():
    # As before its first request: of a connection that a test has left Django would ask in which state it is.
    connections.close_all()
    assert warm_up(application) == {"fr": "200 OK", "en": "200 OK"}
    cached = engines["django"].engine.template_loaders[0].get_template_cache
    assert {"catalogue/search.html", "components/scene.html", "orders/requests/acquisition.html"} <= set(cached)
    assert {"fr", "en"} <= set(get_resolver()._reverse_dict)
