# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Celery application. Its messages are hints: the outbox rows they point at are the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dinamis.settings.prod")

app = Celery("dinamis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
