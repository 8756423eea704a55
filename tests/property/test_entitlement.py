# SPDX-License-Identifier: AGPL-3.0-or-later
"""I2 over random worlds; the invariants by name stand in tests/licensing/test_invariants.py."""

import os

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from dinamis.catalogue.models import Item
from dinamis.core import clock
from licensing.enums import Action
from licensing.selectors.decision import decide, permitted
from tests.property.worlds import build, worlds

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("DINAMIS_EXAMPLES", "25"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=worlds)
def test_I2_the_set_holds_exactly_what_decide_allows(drawn):
    with transaction.atomic():
        world = build(drawn)
        at = clock.now()
        items = list(Item.objects.filter(pk__in=[item.pk for item in world.items]).select_related("collection"))
        for action in Action:
            for project in [None, *(project.pk for project in world.projects), 0]:
                answer = permitted(world.person, action, project=project, at=at)
                listed = set(Item.objects.allowed(answer).values_list("pk", flat=True))
                decided = {
                    item.pk for item in items if decide(world.person, action, item.facts, project=project, at=at)
                }
                assert listed == decided, (action, project)
        transaction.set_rollback(True)
