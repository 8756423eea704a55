# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on API keys. The secret is shown once, to the person who asked; we keep its SHA-256 (docs/adr/0011)."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.accounts import notifications
from dinamis.accounts.enums import ApiClientState, ApiScope
from dinamis.accounts.models import ApiClient, Organisation, User
from dinamis.core import clock, outbox
from dinamis.core.actors import Actor
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.keys import refuse_keys
from dinamis.core.transitions import apply_transition, record_creation
from dinamis.core.validation import as_invalid

EXPIRY_TOPIC = "accounts.api_client_expiry"
ACCESS_KEY_PREFIX = "dk_"
SECRET_BYTES = 32
# Writing the moment of use at every request would make each read a write of the same row.
USE_NOTED_EVERY = timedelta(minutes=1)
# Scopes that not everybody grants, or that suit one kind of key only, with the refusal.
BY_ADMINISTRATORS: dict[str, Any] = {
    ApiScope.ENTITLEMENTS: gettext_lazy(
        "Only an administrator lets a key read the entitlements of every organisation."
    ),
    ApiScope.PUBLISH: gettext_lazy("Only an administrator lets a key publish in the catalogue."),
}
FOR_ORGANISATIONS: dict[str, Any] = {
    ApiScope.ENTITLEMENTS: gettext_lazy("Only the key of an organisation may read the entitlements of others."),
    ApiScope.PUBLISH: gettext_lazy("Only the key of an organisation may publish in the catalogue."),
}
FOR_PERSONS: dict[str, Any] = {
    ApiScope.TICKETS: gettext_lazy("Files are downloaded by persons: make a key of your own for that."),
    ApiScope.ORDERS: gettext_lazy("Orders are those of persons: make a key of your own for that."),
    ApiScope.ORDERS_WRITE: gettext_lazy("Orders are written by persons: make a key of your own for that."),
    ApiScope.PROJECTS: gettext_lazy("Projects are described by persons: make a key of your own for that."),
}


@dataclass(frozen=True)
class Credentials:
    """What a program sends: a public name and a secret of 256 bits."""

    access_key: str
    secret_key: str

    @classmethod
    def fresh(cls) -> "Credentials":
        """Return new random credentials."""
        return cls(ACCESS_KEY_PREFIX + secrets.token_hex(10), secrets.token_urlsafe(SECRET_BYTES))

    @property
    def secret_sha256(self) -> str:
        """What is stored of the secret: it has 256 random bits, so that a slow hash would add nothing."""
        return hashlib.sha256(self.secret_key.encode()).hexdigest()


def create_api_client(
    *,
    actor: User,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime,
    organisation: Organisation | None = None,
    networks: Sequence[str] = (),
    credentials: Credentials | None = None,
) -> tuple[ApiClient, Credentials]:
    """Make a key that acts as `actor`, or for `organisation` when one is named; return it with its credentials.

    `credentials` are drawn unless given. Raises NotPermitted (an organisation one is not référent of, a partner scope
    asked by anybody but an administrator), KeyForbidden while a key acts, Invalid (name, scope, network, end).
    """
    refuse_keys()
    drawn = credentials or Credentials.fresh()
    client = ApiClient(
        name=" ".join(name.split()),
        person=None if organisation else actor,
        organisation=organisation,
        scopes=sorted(set(scopes)),
        networks=list(networks),
        access_key=drawn.access_key,
        secret_sha256=drawn.secret_sha256,
        created_by=actor,
        created_at=clock.now(),
        expires_at=expires_at,
    )
    _check_grant(client, actor)
    with transaction.atomic():
        _save(client)
        record_creation(client, actor=Actor.person(actor))
        notifications.api_client_changed(client, "created", by=actor)
        _announce_expiry(client)
    return client, drawn


def _check_grant(client: ApiClient, actor: User) -> None:
    if not actor.has_perm("accounts.create_api_client", client):
        raise NotPermitted(_("Only a référent of the organisation makes keys for it."))
    if not client.scopes:
        raise Invalid(_("Choose at least one thing the key may do."), pointer="scopes")
    reserved = FOR_ORGANISATIONS if client.organisation_id is None else FOR_PERSONS
    for scope in client.scopes:
        if scope in BY_ADMINISTRATORS and not actor.has_perm("accounts.grant_partner_scope"):
            raise NotPermitted(BY_ADMINISTRATORS[scope])
        if scope in reserved:
            raise Invalid(reserved[scope], pointer="scopes")
    latest = client.created_at + timedelta(days=settings.DINAMIS["API_KEY_MAX_DAYS"])
    if not client.created_at < client.expires_at <= latest:
        raise Invalid(
            _("A key ends at most %(days)d days from now.") % {"days": settings.DINAMIS["API_KEY_MAX_DAYS"]},
            pointer="expires_on",
        )


def _save(client: ApiClient) -> None:
    with as_invalid("name"):
        client.full_clean()
    try:
        with transaction.atomic():
            client.save()
    except IntegrityError as error:
        raise Invalid(_("There is a key of this name already."), pointer="name", code="key_exists") from error


def rotate_api_client(*, client: ApiClient, actor: User, expected_version: int | None = None) -> Credentials:
    """Replace the secret; the former one stops at once. Raises NotPermitted, IllegalTransition, StaleVersion."""
    drawn = Credentials(client.access_key, Credentials.fresh().secret_key)
    with transaction.atomic():
        apply_transition(
            client,
            "rotate",
            actor=Actor.person(actor),
            expected_version=expected_version,
            secret_sha256=drawn.secret_sha256,
        )
        notifications.api_client_changed(client, "rotated", by=actor)
    return drawn


def revoke_api_client(*, client: ApiClient, actor: User, expected_version: int | None = None) -> ApiClient:
    """End a key for good; the next request with it is refused. Raises NotPermitted, IllegalTransition."""
    with transaction.atomic():
        revoked = apply_transition(client, "revoke", actor=Actor.person(actor), expected_version=expected_version)
        notifications.api_client_changed(client, "revoked", by=actor)
    return revoked


def note_use(client: ApiClient, *, at: datetime) -> None:
    """Remember when a key was last used, to the minute."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - USE_NOTED_EVERY)
    ApiClient.objects.filter(stale, pk=client.pk).update(last_used_at=at)


def _announce_expiry(client: ApiClient) -> None:
    """Write today the notice that is due before the end: no job has to look for keys that end."""
    due = client.expires_at - timedelta(days=settings.DINAMIS["API_KEY_NOTICE_DAYS"])
    outbox.put(EXPIRY_TOPIC, {"client_id": client.pk}, key=f"{EXPIRY_TOPIC}:{client.pk}", at=max(due, clock.now()))


def warn_of_expiry(client: ApiClient) -> None:
    """Mail that a key ends soon, unless it was revoked or has ended meanwhile."""
    if client.state == ApiClientState.ACTIVE and clock.now() < client.expires_at:
        notifications.api_client_expiring(client)
