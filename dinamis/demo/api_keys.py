# SPDX-License-Identifier: AGPL-3.0-or-later
"""The API keys of the demonstration, as open as its password: var/demo.json prints them."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from dinamis.accounts.enums import ApiScope
from dinamis.accounts.models import ApiClient, Organisation
from dinamis.accounts.services.api_client import Credentials, create_api_client
from dinamis.core import clock
from dinamis.demo import people
from dinamis.demo.organisations import ORGANISATIONS
from dinamis.demo.story.cast import user
from dinamis.demo.story.stage import days_ago

DAYS_AGO = 20
OWN = (ApiScope.RIGHTS, ApiScope.CATALOGUE, ApiScope.TICKETS)
ORDERS = (ApiScope.ORDERS, ApiScope.ORDERS_WRITE)


@dataclass(frozen=True)
class DemoKey:
    """A key: who makes it, for which organisation of the play if not for themselves, what it may do."""

    key: str
    name: str
    maker: str
    scopes: tuple[ApiScope, ...] = OWN
    organisation: str = ""

    @property
    def credentials(self) -> Credentials:
        """The same on every machine, so that a restored database and a fresh one speak with the same scripts."""
        digest = hashlib.sha256(f"{people.PASSWORD}:{self.key}".encode()).hexdigest()
        return Credentials(f"dk_demo_{self.key}", digest)


KEYS = (
    DemoKey("researcher", "Notebook", "researcher", (*OWN, ApiScope.PROJECTS, *ORDERS)),
    DemoKey("colleague", "QGIS", "colleague"),
    DemoKey("foreign_scientist", "Notebook", "foreign_scientist"),
    DemoKey("contractor", "Script", "contractor"),
    DemoKey("moderator", "Script", "moderator"),
    DemoKey("organisation", "Catalogue interne", "referent", (ApiScope.RIGHTS, ApiScope.CATALOGUE), "estuaire"),
    DemoKey("partner", "Portail partenaire", "administrator", (ApiScope.ENTITLEMENTS,), "littoral"),
    DemoKey("publisher", "Chaîne de publication", "administrator", (ApiScope.CATALOGUE, ApiScope.PUBLISH), "littoral"),
)


def load_api_keys() -> int:
    """Make the keys that are missing; returns how many."""
    known = set(ApiClient.objects.values_list("access_key", flat=True))
    missing = [one for one in KEYS if one.credentials.access_key not in known]
    names = {cast.key: cast.data.name for cast in ORGANISATIONS}
    for one in missing:
        with days_ago(DAYS_AGO, 9):
            create_api_client(
                actor=user(people.person(one.maker).email),
                name=one.name,
                scopes=[scope.value for scope in one.scopes],
                expires_at=clock.now() + timedelta(days=365),
                organisation=Organisation.objects.get(name=names[one.organisation]) if one.organisation else None,
                credentials=one.credentials,
            )
    return len(missing)


def document() -> dict[str, dict[str, str | None]]:
    """Return `api_clients` of demo.json; `client_id` and `client_secret` wait for OAuth clients."""
    return {
        one.key: {
            "access_key": one.credentials.access_key,
            "secret_key": one.credentials.secret_key,
            "client_id": None,
            "client_secret": None,
        }
        for one in KEYS
    }
