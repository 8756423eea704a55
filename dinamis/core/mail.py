# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails: queued as outbox rows with the words they need, rendered and sent by a worker in the reader's language."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from dinamis.core import outbox

TOPIC = "core.send_mail"


def queue_mail(template: str, *, to: str, language: str, context: Mapping[str, Any], key: str) -> None:
    """Queue the mail `templates/<template>.subject.txt` + `.body.txt` for one address.

    `context` must be JSON (strings, numbers, lists); `site_url` is added. `key` makes a repetition harmless.
    """
    payload = {"template": template, "to": to, "language": language, "context": dict(context), "key": key}
    outbox.put(TOPIC, payload, key=f"mail:{key}")


@outbox.handles(TOPIC)
def send_mail(payload: Mapping[str, Any]) -> None:
    """Render and send one queued mail; its Message-ID comes from the key, so that readers drop a double."""
    with translation.override(payload["language"]):
        context = {**payload["context"], "site_url": settings.SITE_URL}
        subject = " ".join(render_to_string(f"{payload['template']}.subject.txt", context).split())
        body = render_to_string(f"{payload['template']}.body.txt", context).strip() + "\n"
    EmailMessage(
        subject=f"DINAMIS · {subject}",
        body=body,
        to=[payload["to"]],
        headers={"Message-ID": f"<{_token(payload['key'])}@dinamis>", "Content-Language": payload["language"]},
    ).send()


def _token(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
