# SPDX-License-Identifier: AGPL-3.0-or-later
"""The site as it is measured: as in production, but for what production asks of its host."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-measures-only-for-measures-only-for-measures")
os.environ.setdefault("REDIS_URL", "unix:///nonexistent.sock?db=0")

from dinamis.settings.base import *  # noqa: F403  (settings are extended so)

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
