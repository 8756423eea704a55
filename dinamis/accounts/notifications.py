# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about memberships, keys, and what a person asks about their own data."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.enums import IdentityOccasion, MembershipEnd
from dinamis.accounts.models import ApiClient, DataExport, Erasure, Membership, Nomination, User
from dinamis.accounts.selectors.identity import provider_name
from dinamis.accounts.selectors.membership import referents
from dinamis.core import clock
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
            "by_office": membership.ending == MembershipEnd.BY_OFFICE,
            "words": words,
            "url": settings.SITE_URL + reverse("accounts:organisation"),
        },
        key=f"membership_ended:{membership.pk}",
    )


def referent_named(nomination: Nomination) -> None:
    """Ask the person named whether they want to be référent; who was invited is told to accept that first."""
    person, invitation = nomination.person, nomination.invitation
    to, language = (person.email, person.language) if person else ("", "fr")
    if person is None and invitation is not None:
        to, language = invitation.email, invitation.language
    queue_mail(
        "accounts/mail/referent_named",
        to=to,
        language=language,
        context={
            "person": nomination.name,
            "by": str(nomination.named_by),
            "by_office": nomination.by_office,
            "hands_over": nomination.hands_over,
            "invited": person is None,
            "organisation": nomination.organisation.name,
            "words": nomination.words,
            "url": settings.SITE_URL + reverse("accounts:nomination", args=[nomination.pk]),
        },
        key=f"referent_named:{nomination.pk}",
    )


def referent_answered(nomination: Nomination) -> None:
    """Tell who named, who is named and every référent what became of it."""
    told = {nomination.named_by, *referents(nomination.organisation)}
    if nomination.person is not None:
        told.add(nomination.person)
    for reader in sorted(told, key=lambda user: user.pk):
        queue_mail(
            "accounts/mail/referent_answered",
            to=reader.email,
            language=reader.language,
            context={
                "person": str(reader),
                "name": nomination.name,
                "own": nomination.person == reader,
                "by": str(nomination.named_by),
                "outcome": nomination.state,
                "hands_over": nomination.hands_over,
                "organisation": nomination.organisation.name,
                "url": settings.SITE_URL + reverse("accounts:organisation"),
            },
            key=f"referent_answered:{nomination.pk}:{reader.pk}",
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


def export_ready(export: DataExport) -> None:
    """Tell the person that the copy of their data may be fetched, by them alone, until when."""
    assert export.expires_at is not None
    person = export.person
    queue_mail(
        "accounts/mail/export_ready",
        to=person.email,
        language=person.language,
        context={
            "person": str(person),
            "ends": _day(export.expires_at, person.language),
            "url": settings.SITE_URL + reverse("my_data:download", args=[export.pk]),
        },
        key=f"export_ready:{export.pk}",
    )


def erasure_asked(erasure: Erasure) -> None:
    """Tell the person when their account will be erased, and how to keep it: somebody else may have asked."""
    person = erasure.person
    queue_mail(
        "accounts/mail/erasure_asked",
        to=person.email,
        language=person.language,
        context={
            "person": str(person),
            "day": _day(erasure.due_at, person.language),
            "url": settings.SITE_URL + reverse("my_data:page"),
        },
        key=f"erasure_asked:{erasure.pk}",
    )


def account_unused(erasure: Erasure, *, days_left: int) -> None:
    """Tell the person that nobody uses their account, when it will be erased, and that signing in keeps it."""
    person = erasure.person
    queue_mail(
        "accounts/mail/account_unused",
        to=person.email,
        language=person.language,
        context={
            "person": str(person),
            "day": _day(erasure.due_at, person.language),
            "months": settings.DINAMIS["UNUSED_ACCOUNT_MONTHS"],
            "url": settings.SITE_URL + reverse("account_login"),
        },
        key=f"account_unused:{erasure.pk}:{days_left}",
    )


def erasure_ended(erasure: Erasure, duties: str = "") -> None:
    """Tell the person that their account was erased, is kept, or could not be erased and why."""
    person = erasure.person
    queue_mail(
        "accounts/mail/erasure_ended",
        to=person.email,
        language=person.language,
        context={
            "person": str(person),
            "outcome": erasure.state,
            "duties": duties,
            "url": settings.SITE_URL + reverse("my_data:page"),
        },
        key=f"erasure_ended:{erasure.pk}",
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


def identity_changed(user: User, identity: Any, occasion: str) -> None:
    """Tell a person that an identity was linked to their account or taken off it: whoever did not do it must know."""
    queue_mail(
        "accounts/mail/identity_changed",
        to=user.email,
        language=user.language,
        context={
            "person": str(user),
            "provider": provider_name(identity.provider),
            "subject": identity.uid,
            "linked": occasion == IdentityOccasion.LINKED,
            "url": settings.SITE_URL + reverse("socialaccount_connections"),
        },
        key=f"identity_{occasion}:{user.pk}:{identity.provider}:{identity.uid}:{clock.now().isoformat()}",
    )
