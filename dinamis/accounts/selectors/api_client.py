# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of API keys: whose they are, and whether one that is presented may be used."""

import hashlib
import hmac
import ipaddress
from datetime import datetime

from django.db.models import QuerySet

from dinamis.accounts.enums import ApiClientState, MemberRole, MembershipState, OfficeRole
from dinamis.accounts.models import ApiClient, Organisation, User

# Compared with when nobody has the access key, so that both refusals take the same time.
NOBODYS = "0" * 64


def keys_of(user: User) -> QuerySet[ApiClient]:
    """Return the keys a person looks after, those in force first."""
    shown = ApiClient.objects.visible_to(user).select_related("organisation", "person", "created_by")
    return shown.order_by("state", "-created_at", "-id")


def organisations_to_speak_for(user: User) -> QuerySet[Organisation]:
    """Return the organisations a person may make a key for: those they are référent of; all for an administrator."""
    if user.has_perm("accounts.grant_partner_scope"):
        return Organisation.objects.all()
    return Organisation.objects.filter(
        memberships__user=user, memberships__role=MemberRole.REFERENT, memberships__state=MembershipState.ACTIVE
    )


def find_client(access_key: str, secret_key: str) -> ApiClient | None:
    """Return the key whose secret this is, whatever its state; None when there is none or the secret is wrong."""
    rows = ApiClient.objects.select_related("person", "organisation", "created_by")
    client = rows.filter(access_key=access_key).first()
    digest = hashlib.sha256(secret_key.encode()).hexdigest()
    same = hmac.compare_digest(digest, client.secret_sha256 if client else NOBODYS)
    return client if same else None


def is_admitted(client: ApiClient, *, ip: str | None, at: datetime) -> bool:
    """Tell whether a key may be used at `at` from the address `ip`.

    Asked at every request: a key that ended or was revoked, a closed account, a responsible person who left the
    organisation, an address outside the networks of the key all stop it at once.
    """
    return is_in_force(client, at=at) and _comes_from(client, ip)


def is_in_force(client: ApiClient, *, at: datetime) -> bool:
    """Tell whether what was asked for with a key still stands at `at`, wherever it is used from."""
    return client.is_usable(at) and _owner_stands(client)


def _owner_stands(client: ApiClient) -> bool:
    if client.person is not None or client.organisation is None:
        return client.person is not None and client.person.is_active
    answerable = client.created_by
    if not answerable.is_active:
        return False
    if answerable.office_role == OfficeRole.ADMINISTRATOR:
        return True
    return answerable.memberships.filter(
        organisation=client.organisation, role=MemberRole.REFERENT, state=MembershipState.ACTIVE
    ).exists()


def _comes_from(client: ApiClient, ip: str | None) -> bool:
    if not client.networks:
        return True
    if ip is None:
        return False
    address = ipaddress.ip_address(ip)
    return any(address in ipaddress.ip_network(network) for network in client.networks)


def standing(client: ApiClient, at: datetime) -> str:
    """Return active, expired or revoked."""
    if client.state == ApiClientState.REVOKED:
        return "revoked"
    return "active" if at < client.expires_at else "expired"
