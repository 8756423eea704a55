# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orders against the real simulator process, the outbox driven in the test."""

from copy import deepcopy

import pytest
from django.conf import settings as site

from dinamis.core import outbox
from dinamis.core.models import OutboxMessage
from tests.dinamis.providers.conftest import BASE, KEY, simulator, simulator_process  # noqa: F401
from tests.factories.orders import world


@pytest.fixture(scope="module")
def written(module_rows):
    """What the tests of a module find: an orders world, written once. A module with another overrides this."""
    return world()


@pytest.fixture
def w(db, written):
    """The world as it was written: what a test changes is its own."""
    return deepcopy(written)


@pytest.fixture
def provider_settings(settings, simulator, tmp_path):  # noqa: F811
    """Settings that lead the adapter to the simulator, and files to a folder of the test's own."""
    for name, value in at_simulator(simulator.socket, tmp_path / "files").items():
        setattr(settings, name, value)
    return settings


def at_simulator(socket, files):
    """The settings that lead the adapter to a simulator, and files to a folder."""
    return {
        "PROVIDERS": {
            "oneatlas": {
                "class": "dinamis.providers.oneatlas.OneAtlas",
                "order_url": BASE,
                "auth_url": BASE,
                "search_url": BASE,
                "api_key": KEY,
                "socket": socket,
                "attempts": 2,
                "wait_initial": 0.01,
            }
        },
        "DINAMIS": {**site.DINAMIS, "PROVIDER_POLL_SECONDS": 0},
        "FILES_ROOT": files,
    }


def drive(topic: str = "", limit: int = 50) -> int:
    """Drive what is due of one topic (all but mails when none is named), each message once; how many were driven."""
    due = OutboxMessage.objects.filter(pk__in=outbox.due_ids(limit))
    wanted = due.filter(topic=topic) if topic else due.exclude(topic="core.send_mail")
    return sum(outbox.drive(pk) for pk in wanted.values_list("pk", flat=True))
