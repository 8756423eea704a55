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
SEPARATOR = "\n* * *\n\n"


def queue_mail(template: str, *, to: str, language: str, context: Mapping[str, Any], key: str) -> None:
    """Queue the mail `templates/<template>.subject.txt` + `.body.txt` for one address.

    `context` must be JSON (strings, numbers, lists); `site_url` is added. `key` makes a repetition harmless.
    Where nobody knows the reader's `language`, "" says it in each.
    """
    payload = {"template": template, "to": to, "language": language, "context": dict(context), "key": key}
    outbox.put(TOPIC, payload, key=f"mail:{key}")


@outbox.handles(TOPIC)
def send_mail(payload: Mapping[str, Any]) -> None:
    """Render and send one queued mail; its Message-ID comes from the key, so that readers drop a double."""
    languages = [payload["language"]] if payload["language"] else [code for code, _name in settings.LANGUAGES]
    context = {**payload["context"], "site_url": settings.SITE_URL}
    said = [_in_language(payload["template"], context, language) for language in languages]
    EmailMessage(
        subject=f"DINAMIS · {' / '.join(subject for subject, _body in said)}",
        body=SEPARATOR.join(body for _subject, body in said),
        to=[payload["to"]],
        headers={"Message-ID": f"<{_token(payload['key'])}@dinamis>", "Content-Language": ", ".join(languages)},
    ).send()


def _in_language(template: str, context: Mapping[str, Any], language: str) -> tuple[str, str]:
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}.subject.txt", dict(context)).split())
        return subject, render_to_string(f"{template}.body.txt", dict(context)).strip() + "\n"


def _token(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
