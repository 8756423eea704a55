# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests: real PostGIS and Redis, fast password hashing, mails kept in memory."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-only")
os.environ.setdefault("DATABASE_URL", "postgresql:///dinamis_test")
os.environ.setdefault("REDIS_URL", "unix:///nonexistent.sock?db=0")

from dinamis.settings.base import *
from dinamis.settings.base import DATABASES, DINAMIS, INSTALLED_APPS, TEMPLATES

INSTALLED_APPS = [*INSTALLED_APPS, "dinamis.demo"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DINAMIS = {**DINAMIS, "CLOCK_SETTABLE": True, "OPEN_UNSCANNED_EVIDENCE": True}
# pytest-django opens and drops the database: a pool would hold connections over it.
DATABASES["default"]["OPTIONS"].pop("pool")
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = ""
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
