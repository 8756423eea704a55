# SPDX-License-Identifier: AGPL-3.0-or-later
"""The kinds of API keys of the demonstration (`api_clients` of var/demo.json), each with all the scopes it may have."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import ApiClient
from dinamis.core import clock
from tests.factories.api import OWN, basic, key_of
from tests.walk.world import Browser, World

OF_PERSONS = ("researcher", "colleague", "foreign_scientist", "contractor", "moderator")
KEYS = (*(f"key_of_{role}" for role in OF_PERSONS), "key_of_organisation", "key_of_partner")


def make_keys(world: World) -> dict[str, Callable[[], Browser]]:
    """Make one key of each kind and return what makes a client that sends it; using a key writes nothing more."""
    theirs = [*OWN, ApiScope.PROJECTS.value, ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value]
    made = {f"key_of_{role}": key_of(world.people[role], name="walk", scopes=theirs) for role in OF_PERSONS}
    made["key_of_organisation"] = key_of(world.cast.remi, organisation=world.cast.institute, name="walk")
    partner = {"organisation": world.cast.university, "scopes": [ApiScope.ENTITLEMENTS.value]}
    made["key_of_partner"] = key_of(world.cast.admin, name="walk", **partner)
    # Its use was noted just now, for as long as the walk takes.
    ApiClient.objects.filter(name="walk").update(last_used_at=clock.now() + timedelta(days=1))
    headers = {kind: {"Authorization": basic(credentials)} for kind, (_key, credentials) in made.items()}
    return {kind: partial(Browser, headers=header) for kind, header in headers.items()}
