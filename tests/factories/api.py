# SPDX-License-Identifier: AGPL-3.0-or-later
"""API keys, made through the verb, and a client that sends them."""

import base64
from datetime import timedelta

from dinamis.accounts.enums import ApiScope
from dinamis.accounts.services.api_client import create_api_client
from dinamis.core import clock
from tests.factories.described import DescribedClient

OWN = (ApiScope.RIGHTS.value, ApiScope.CATALOGUE.value, ApiScope.TICKETS.value)


def key_of(actor, *, organisation=None, scopes=None, name="essai", days=30, networks=()):
    """A key in force and its credentials."""
    chosen = scopes or (OWN[:2] if organisation else OWN)
    return create_api_client(
        actor=actor,
        name=name,
        scopes=chosen,
        expires_at=clock.now() + timedelta(days=days),
        organisation=organisation,
        networks=networks,
    )


def basic(credentials):
    """The Authorization header of HTTP Basic."""
    pair = f"{credentials.access_key}:{credentials.secret_key}".encode()
    return "Basic " + base64.b64encode(pair).decode()


def caller(credentials, **headers):
    """A test client that sends the key with every request, and never follows a session; answers are as described."""
    return DescribedClient(headers={"Authorization": basic(credentials), **headers})


def caller_of(actor, **options):
    """A test client that calls with a new key of `actor`."""
    _client, credentials = key_of(actor, **options)
    return caller(credentials)
