# SPDX-License-Identifier: AGPL-3.0-or-later
"""WSGI entry point, served by `dinamis.server` behind nginx."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from dinamis.core.warm import warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.prod")

import dinamis.celery  # noqa: F401  (hints to the workers need the configured broker)

application = get_wsgi_application()
# Workers are forked after this. What is loaded now is shared, and no collection of garbage walks through it
# again: that stopped a page for 150 ms.
warm_up(application)
gc.collect()
gc.freeze()
