# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mailbox of the demonstration: mails are kept and shown, none leaves the machine."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Count, QuerySet
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from dinamis.core import clock
from dinamis.demo.models import SentMail

KEPT = 500
_LINK = re.compile(r"https?://[^\s<>\"'«»]+")
_CLOSING = ".,;:!?)]}"


class DemoMailboxBackend(BaseEmailBackend):
    """Django's email backend that keeps the last 500 mails in the database."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep each message once for each recipient; returns how many messages were taken."""
        for message in email_messages:
            rows = [_row(message, address) for address in message.recipients()]
            SentMail.objects.bulk_create(rows, ignore_conflicts=True)
        forget_old()
        return len(email_messages)


def _row(message: EmailMessage, address: str) -> SentMail:
    headers = {name.lower(): str(value) for name, value in message.extra_headers.items()}
    return SentMail(
        to=_bare(address),
        subject=" ".join(str(message.subject).split())[:500],
        body=str(message.body),
        html=_html(message),
        language=headers.get("content-language", "")[:10],
        message_id=headers.get("message-id", "")[:200],
        sent_at=clock.now(),
    )


def _bare(address: str) -> str:
    found = re.search(r"<([^<>]+)>\s*$", address)
    return (found.group(1) if found else address).strip().lower()[:254]


def _html(message: EmailMessage) -> str:
    if not isinstance(message, EmailMultiAlternatives):
        return ""
    return next((str(content) for content, kind in message.alternatives if kind == "text/html"), "")


def forget_old(kept: int = KEPT) -> None:
    """Delete all but the `kept` mails written last."""
    # By number, not by a list of those that stay: a mail that arrives meanwhile is on no list.
    too_old = SentMail.objects.order_by("-id").values_list("pk", flat=True)[kept : kept + 1].first()
    if too_old is not None:
        SentMail.objects.filter(pk__lte=too_old).delete()


def mails_to(address: str = "") -> QuerySet[SentMail]:
    """Mails for one address, or all of them, newest first."""
    mails = SentMail.objects.all()
    return mails.filter(to=address.strip().lower()) if address.strip() else mails


def recipients() -> list[dict[str, Any]]:
    """Who has mails: `[{"to", "count"}]` in the order of the addresses."""
    counted = SentMail.objects.order_by("to").values_list("to").annotate(count=Count("pk"))
    return [{"to": address, "count": count} for address, count in counted]


def linkified(text: str) -> SafeString:
    """The text escaped, with links to this very site made clickable; other addresses stay text."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        url = found.group().rstrip(_CLOSING)
        parts.append(escape(text[end : found.start()]))
        parts.append(format_html('<a href="{0}">{0}</a>', url) if _ours(url) else escape(url))
        end = found.start() + len(url)
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308  every part is escaped above


def _ours(url: str) -> bool:
    site = settings.SITE_URL
    return url == site or url.startswith((f"{site}/", f"{site}?", f"{site}#"))
