# SPDX-License-Identifier: AGPL-3.0-or-later
"""ASGI entry point, for hosts that only speak ASGI."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.prod")

import dinamis.celery  # noqa: F401  (hints to the workers need the configured broker)

application = get_asgi_application()
