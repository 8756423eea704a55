# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about memberships."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.models import ApiClient, Membership, User
from dinamis.accounts.selectors.membership import referents
from dinamis.core.mail import queue_mail
from dinamis.core.templatetags.ui import date_words


def membership_requested(membership: Membership) -> None:
    """Tell every référent of the organisation that somebody asks to belong to it."""
    for referent in referents(membership.organisation):
        queue_mail(
            "accounts/mail/membership_requested",
            to=referent.email,
            language=referent.language,
            context={
                "person": str(membership.user),
                "email": membership.user.email,
                "organisation": membership.organisation.name,
                "motivation": membership.motivation,
                "url": settings.SITE_URL + reverse("accounts:organisation"),
            },
            key=f"membership_requested:{membership.pk}:{referent.pk}",
        )


def membership_activated(membership: Membership) -> None:
    """Tell the person that they belong to the organisation now."""
    queue_mail(
        "accounts/mail/membership_activated",
        to=membership.user.email,
        language=membership.user.language,
        context={
            "person": str(membership.user),
            "organisation": membership.organisation.name,
            "url": settings.SITE_URL + reverse("licensing:rights"),
        },
        key=f"membership_activated:{membership.pk}",
    )


def membership_ended(membership: Membership, words: str) -> None:
    """Tell the person that their request was declined, or their membership ended, and why."""
    queue_mail(
        "accounts/mail/membership_ended",
        to=membership.user.email,
        language=membership.user.language,
        context={
            "person": str(membership.user),
            "organisation": membership.organisation.name,
            "was_active": membership.active_from is not None,
            "words": words,
            "url": settings.SITE_URL + reverse("accounts:organisation"),
        },
        key=f"membership_ended:{membership.pk}",
    )


def api_client_changed(client: ApiClient, event: str, *, by: User) -> None:
    """Tell the owners of a key that it was created, rotated or revoked: whoever did not ask for that must know."""
    for owner in _owners(client):
        queue_mail(
            "accounts/mail/api_client_changed",
            to=owner.email,
            language=owner.language,
            context={**_key_words(client, owner), "event": event, "by": str(by)},
            key=f"api_client_{event}:{client.pk}:{client.version}:{owner.pk}",
        )


def api_client_expiring(client: ApiClient) -> None:
    """Tell the owners of a key that it ends soon."""
    for owner in _owners(client):
        queue_mail(
            "accounts/mail/api_client_expiring",
            to=owner.email,
            language=owner.language,
            context={**_key_words(client, owner), "ends": _day(client.expires_at, owner.language)},
            key=f"api_client_expiring:{client.pk}:{owner.pk}",
        )


def _owners(client: ApiClient) -> list[User]:
    if client.organisation is None:
        return [client.person] if client.person else []
    return list(dict.fromkeys([*referents(client.organisation), client.created_by]))


def _key_words(client: ApiClient, owner: User) -> dict[str, str]:
    return {
        "person": str(owner),
        "name": client.name,
        "access_key": client.access_key,
        "organisation": client.organisation.name if client.organisation else "",
        "url": settings.SITE_URL + reverse("api_keys:list"),
    }


def _day(moment: datetime, language: str) -> str:
    with translation.override(language):
        return date_words(moment)
