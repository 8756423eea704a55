# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about memberships, keys, and what a person asks about their own data."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from dinamis.accounts.enums import IdentityOccasion, MembershipEnd
from dinamis.accounts.models import ApiClient, DataExport, Erasure, Invitation, Membership, Nomination, User
from dinamis.accounts.selectors.identity import provider_name
from dinamis.accounts.selectors.membership import referents
from dinamis.core import clock
from dinamis.core.mail import queue_mail
from dinamis.core.templatetags.ui import date_words


def membership_requested(membership: Membership) -> None:
    """Tell every référent of the organisation that somebody asks to belong to it."""
    for referent in referents(membership.organisation):
        _tell(
            referent,
            "membership_requested",
            key=f"membership_requested:{membership.pk}:{referent.pk}",
            url=reverse("accounts:organisation"),
            person=str(membership.user),
            email=membership.user.email,
            organisation=membership.organisation.name,
            motivation=membership.motivation,
        )


def membership_activated(membership: Membership) -> None:
    """Tell the person that they belong to the organisation now."""
    _tell(
        membership.user,
        "membership_activated",
        key=f"membership_activated:{membership.pk}",
        url=reverse("licensing:rights"),
        organisation=membership.organisation.name,
    )


def membership_ended(membership: Membership, words: str) -> None:
    """Tell the person that their request was declined, or their membership ended, and why."""
    _tell(
        membership.user,
        "membership_ended",
        key=f"membership_ended:{membership.pk}",
        url=reverse("accounts:organisation"),
        organisation=membership.organisation.name,
        was_active=membership.active_from is not None,
        by_office=membership.ending == MembershipEnd.BY_OFFICE,
        words=words,
    )


def referent_named(nomination: Nomination) -> None:
    """Ask the person named whether they want to be référent; who was invited is told to accept that first."""
    reader = nomination.person or nomination.invitation
    assert reader is not None
    _tell(
        reader,
        "referent_named",
        key=f"referent_named:{nomination.pk}",
        url=reverse("accounts:nomination", args=[nomination.pk]),
        person=nomination.name,
        by=str(nomination.named_by),
        by_office=nomination.by_office,
        hands_over=nomination.hands_over,
        invited=nomination.person is None,
        organisation=nomination.organisation.name,
        words=nomination.words,
        ends=_day(nomination.expires_at, reader.language),
    )


def referent_answered(nomination: Nomination) -> None:
    """Tell who named, who is named and every référent what became of it."""
    told = {nomination.named_by, *referents(nomination.organisation)}
    if nomination.person is not None:
        told.add(nomination.person)
    for reader in sorted(told, key=lambda user: user.pk):
        _tell(
            reader,
            "referent_answered",
            key=f"referent_answered:{nomination.pk}:{reader.pk}",
            url=reverse("accounts:organisation"),
            name=nomination.name,
            own=nomination.person == reader,
            by=str(nomination.named_by),
            outcome=nomination.state,
            hands_over=nomination.hands_over,
            organisation=nomination.organisation.name,
        )


def api_client_changed(client: ApiClient, event: str, *, by: User) -> None:
    """Tell the owners of a key that it was created, rotated or revoked: whoever did not ask for that must know."""
    for owner in _owners(client):
        key = f"api_client_{event}:{client.pk}:{client.version}:{owner.pk}"
        _tell(owner, "api_client_changed", key=key, **_key_words(client), event=event, by=str(by))


def api_client_expiring(client: ApiClient) -> None:
    """Tell the owners of a key that it ends soon."""
    for owner in _owners(client):
        key = f"api_client_expiring:{client.pk}:{owner.pk}"
        ends = _day(client.expires_at, owner.language)
        _tell(owner, "api_client_expiring", key=key, **_key_words(client), ends=ends)


def export_ready(export: DataExport) -> None:
    """Tell the person that the copy of their data may be fetched, by them alone, until when."""
    assert export.expires_at is not None
    _tell(
        export.person,
        "export_ready",
        key=f"export_ready:{export.pk}",
        url=reverse("my_data:download", args=[export.pk]),
        ends=_day(export.expires_at, export.person.language),
    )


def erasure_asked(erasure: Erasure) -> None:
    """Tell the person when their account will be erased, and how to keep it: somebody else may have asked."""
    _tell(
        erasure.person,
        "erasure_asked",
        key=f"erasure_asked:{erasure.pk}",
        url=reverse("my_data:page"),
        day=_day(erasure.due_at, erasure.person.language),
    )


def account_unused(erasure: Erasure, *, days_left: int) -> None:
    """Tell the person that nobody uses their account, when it will be erased, and that signing in keeps it."""
    _tell(
        erasure.person,
        "account_unused",
        key=f"account_unused:{erasure.pk}:{days_left}",
        url=reverse("account_login"),
        day=_day(erasure.due_at, erasure.person.language),
        months=settings.DINAMIS["UNUSED_ACCOUNT_MONTHS"],
    )


def erasure_ended(erasure: Erasure, duties: str = "") -> None:
    """Tell the person that their account was erased, is kept, or could not be erased and why."""
    _tell(
        erasure.person,
        "erasure_ended",
        key=f"erasure_ended:{erasure.pk}",
        url=reverse("my_data:page"),
        outcome=erasure.state,
        duties=duties,
    )


def identity_changed(user: User, identity: Any, occasion: str) -> None:
    """Tell a person that an identity was linked to their account or taken off it: whoever did not do it must know."""
    _tell(
        user,
        "identity_changed",
        key=f"identity_{occasion}:{user.pk}:{identity.provider}:{identity.uid}:{clock.now().isoformat()}",
        url=reverse("socialaccount_connections"),
        provider=provider_name(identity.provider),
        subject=identity.uid,
        linked=occasion == IdentityOccasion.LINKED,
    )


def _tell(reader: User | Invitation, template: str, *, key: str, url: str, **words: Any) -> None:
    """Queue one mail in the reader's language, which greets them unless `person` is given; `url` is a path of ours."""
    queue_mail(
        f"accounts/mail/{template}",
        to=reader.email,
        language=reader.language,
        context={"person": str(reader), **words, "url": settings.SITE_URL + url},
        key=key,
    )


def _owners(client: ApiClient) -> list[User]:
    if client.organisation is None:
        return [client.person] if client.person else []
    return list(dict.fromkeys([*referents(client.organisation), client.created_by]))


def _key_words(client: ApiClient) -> dict[str, str]:
    return {
        "name": client.name,
        "access_key": client.access_key,
        "organisation": client.organisation.name if client.organisation else "",
        "url": reverse("api_keys:list"),
    }


def _day(moment: datetime, language: str) -> str:
    with translation.override(language):
        return date_words(moment)
