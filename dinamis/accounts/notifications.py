# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about memberships."""

from django.conf import settings
from django.urls import reverse

from dinamis.accounts.models import Membership
from dinamis.accounts.selectors.membership import referents
from dinamis.core.mail import queue_mail


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
