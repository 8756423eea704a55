# SPDX-License-Identifier: AGPL-3.0-or-later
"""The providers of identity people may sign in with, as the environment names them; none named = none offered."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dinamis.settings import env

ORCID = "orcid"
INSTITUTION = "institution"


def providers() -> list[dict[str, Any]]:
    """Return the configured providers of OpenID Connect in the shape django-allauth reads."""
    found = []
    if client := env.text("ORCID_CLIENT_ID", ""):
        found.append(
            provider(
                ORCID,
                name="ORCID",
                issuer=env.text("ORCID_ISSUER", "https://orcid.org"),
                client=(client, env.text("ORCID_CLIENT_SECRET")),
                scope=["openid"],
            )
        )
    if client := env.text("OIDC_CLIENT_ID", ""):
        found.append(
            provider(
                INSTITUTION,
                name=env.text("OIDC_NAME", "Institution"),
                issuer=env.text("OIDC_ISSUER"),
                client=(client, env.text("OIDC_CLIENT_SECRET")),
                scope=env.names("OIDC_SCOPES", "openid,profile,email"),
                vouches_for=env.names("OIDC_AFFILIATION_SCOPES"),
            )
        )
    return found


def provider(
    provider_id: str,
    *,
    name: str,
    issuer: str,
    client: tuple[str, str],
    scope: list[str],
    vouches_for: list[str] | None = None,
) -> dict[str, Any]:
    """Describe one provider; `client` is (id, secret), `vouches_for` the affiliation scopes it may speak of.

    Raises ImproperlyConfigured for an issuer without TLS that is not this machine.
    """
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1"}:
        raise ImproperlyConfigured(f"The issuer of {provider_id} is {issuer!r}: write https://.")
    return {
        "provider_id": provider_id,
        "name": name,
        "client_id": client[0],
        "secret": client[1],
        "settings": {
            "server_url": issuer.rstrip("/"),
            "scope": scope,
            "oauth_pkce_enabled": True,
            # No provider's word makes an address ours: each is verified by a mail.
            "verified_email": False,
            "email_authentication": False,
            "vouches_for": [scope.lower() for scope in vouches_for or []],
        },
    }
