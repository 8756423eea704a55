# SPDX-License-Identifier: AGPL-3.0-or-later
"""The world that is walked through, and files of its own."""

import pytest
from django.db import transaction

from tests.walk.world import build


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for the whole walk: each visit is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _quiet(settings, tmp_path, caplog):
    """Files of its own; the log would repeat every refusal, and refusals are what this is about."""
    settings.FILES_ROOT = tmp_path
    caplog.set_level("CRITICAL", logger="django.request")
