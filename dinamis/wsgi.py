# SPDX-License-Identifier: AGPL-3.0-or-later
"""WSGI entry point, run by gunicorn behind nginx."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.prod")

import dinamis.celery  # noqa: F401  (hints to the workers need the configured broker)

application = get_wsgi_application()
