# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the outbox asks of accounts: notices before an API key ends, copies of data, erasure, invitations."""

from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from dinamis.accounts.enums import InvitationState
from dinamis.accounts.models import ApiClient, Erasure, Invitation
from dinamis.accounts.services.api_client import EXPIRY_TOPIC, warn_of_expiry
from dinamis.accounts.services.data_export import TOPIC as EXPORT_TOPIC
from dinamis.accounts.services.data_export import make_export
from dinamis.accounts.services.erasure import TOPIC as ERASURE_TOPIC
from dinamis.accounts.services.erasure import carry_out
from dinamis.accounts.services.invitation import TOPIC, label_of
from dinamis.accounts.services.nomination import expire_nominations
from dinamis.accounts.services.unused import NOTICE_TOPIC, notify
from dinamis.core import clock, outbox
from dinamis.core.mail import send_mail
from dinamis.core.onetime import known_token


@shared_task(name="accounts.expire_nominations")
def close_lapsed_nominations() -> None:
    """Close the nominations nobody answered in time. Harmless however often it runs."""
    expire_nominations(at=clock.now())


@outbox.handles(EXPIRY_TOPIC)
def announce_api_client_expiry(payload: Mapping[str, Any]) -> None:
    """Mail the notice of one key; called twice it is the same mail."""
    warn_of_expiry(ApiClient.objects.select_related("person", "organisation").get(pk=payload["client_id"]))


@outbox.handles(EXPORT_TOPIC, queue=outbox.SLOW)
def make_copy(payload: Mapping[str, Any]) -> None:
    """Make the copy of a person's data, once."""
    make_export(payload["export_id"])


@outbox.handles(ERASURE_TOPIC)
def erase(payload: Mapping[str, Any]) -> None:
    """Erase an account whose time to think is over."""
    carry_out(Erasure.objects.get(pk=payload["erasure_id"]))


@outbox.handles(NOTICE_TOPIC)
def tell_of_unused_account(payload: Mapping[str, Any]) -> None:
    """Mail one notice that an unused account will be erased; called twice it is the same mail."""
    notify(Erasure.objects.select_related("person").get(pk=payload["erasure_id"]), days_left=payload["days_left"])


@outbox.handles(TOPIC)
def mail_invitation(payload: Mapping[str, Any]) -> None:
    """Mail the link of an invitation, unless it was answered, withdrawn or sent anew meanwhile."""
    invitation = Invitation.objects.select_related("organisation", "invited_by").get(pk=payload["invitation_id"])
    replaced = invitation.state != InvitationState.SENT or invitation.number != payload["number"]
    if replaced or invitation.expired(clock.now()):
        return
    token = known_token(label_of(invitation), invitation.token_sha256)
    if not token:
        raise outbox.Dead("the secret key that made this link is gone: send the invitation again")
    send_mail(
        {
            "template": "accounts/mail/invitation",
            "to": invitation.email,
            "language": invitation.language,
            "key": f"invitation:{invitation.pk}:{invitation.number}",
            "context": {
                "person": invitation.name,
                "by": str(invitation.invited_by),
                "organisation": invitation.organisation.name,
                "days": settings.DINAMIS["INVITATION_DAYS"],
                "url": settings.SITE_URL + reverse("accounts:invitation", args=[token]),
            },
        }
    )
