# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mails: queued as outbox rows with the words they need, rendered and sent by a worker in the reader's language."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from dinamis.core import outbox
from dinamis.core.sentences import say_within

TOPIC = "core.send_mail"
SEPARATOR = "\n* * *\n\n"


@dataclass(frozen=True)
class Attached:
    """A kept file that goes with a mail; `storage_key` is where it lies below FILES_ROOT."""

    name: str
    media_type: str
    storage_key: str


@dataclass(frozen=True)
class Invitation:
    """An iCalendar text and its method (RFC 6047): mail programs offer to note it in the calendar."""

    method: str
    text: str


@dataclass(frozen=True)
class Mail:
    """`templates/<template>.subject.txt` + `.body.txt` for one address.

    `context` must be JSON (strings, numbers, lists; kept sentences are said in the reader's language); `site_url` is
    added. `key` makes a repetition harmless.
    Where nobody knows the reader's `language`, "" says it in each. `unsubscribe` is the address by which the reader is
    sent no more mails of this kind: the body shows it as `unsubscribe_url`, and mail programs offer it as a button.
    """

    template: str
    to: str
    language: str
    context: Mapping[str, Any]
    key: str
    unsubscribe: str = ""
    files: Sequence[Attached] = ()
    invitation: Invitation | None = None

    def draft(self) -> outbox.Draft:
        """Return the message of the outbox that says so."""
        payload: dict[str, Any] = {"template": self.template, "to": self.to, "language": self.language}
        payload["context"] = dict(self.context)
        payload["key"] = self.key
        if self.unsubscribe:
            payload["unsubscribe"] = self.unsubscribe
        if self.files:
            payload["files"] = [asdict(one) for one in self.files]
        if self.invitation:
            payload["invitation"] = asdict(self.invitation)
        return outbox.Draft(TOPIC, payload, f"mail:{self.key}")


def queue_mail(
    template: str, *, to: str, language: str, context: Mapping[str, Any], key: str, unsubscribe: str = ""
) -> None:
    """Queue one mail; the parameters are those of `Mail`."""
    queue_mails([Mail(template, to, language, context, key, unsubscribe)])


def queue_mails(mails: Iterable[Mail]) -> None:
    """Queue mails with one statement, however many read them."""
    outbox.put_all([mail.draft() for mail in mails])


@outbox.handles(TOPIC)
def send_mail(payload: Mapping[str, Any]) -> None:
    """Render and send one queued mail; its Message-ID comes from the key, so that readers drop a double."""
    languages = [payload["language"]] if payload["language"] else [code for code, _name in settings.LANGUAGES]
    unsubscribe = payload.get("unsubscribe", "")
    context = {**payload["context"], "site_url": settings.SITE_URL, "unsubscribe_url": unsubscribe}
    said = [_in_language(payload["template"], context, language) for language in languages]
    mail = EmailMultiAlternatives(
        subject=f"DINAMIS · {' / '.join(subject for subject, _body in said)}",
        body=SEPARATOR.join(body for _subject, body in said),
        to=[payload["to"]],
        headers={
            "Message-ID": f"<{_token(payload['key'])}@dinamis>",
            "Content-Language": ", ".join(languages),
            **(_one_click(unsubscribe) if unsubscribe else {}),
        },
    )
    if invitation := payload.get("invitation"):
        mail.attach_alternative(invitation["text"], f"text/calendar; method={invitation['method']}")
    for file in payload.get("files", ()):
        mail.attach(file["name"], (settings.FILES_ROOT / file["storage_key"]).read_bytes(), file["media_type"])
    mail.send()


def _one_click(address: str) -> dict[str, str]:
    """The headers of RFC 8058: a mail program unsubscribes by a POST to the address, without showing the page."""
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _in_language(template: str, context: Mapping[str, Any], language: str) -> tuple[str, str]:
    with translation.override(language):
        said = say_within(context)
        subject = " ".join(render_to_string(f"{template}.subject.txt", said).split())
        return subject, render_to_string(f"{template}.body.txt", said).strip() + "\n"


def _token(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
