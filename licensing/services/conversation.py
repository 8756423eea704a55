# SPDX-License-Identifier: AGPL-3.0-or-later
"""Remarks of the office to itself, and messages between the office and the référent: two things, two tables."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core import clock
from dinamis.core.exceptions import Invalid, NotPermitted
from licensing import notifications
from licensing.models import Adhesion, Message, Remark

LONGEST = 5000


def add_remark(*, adhesion: Adhesion, actor: User, words: str, key: UUID) -> Remark:
    """Note something for the office alone; the same `key` again changes nothing. Raises NotPermitted, Invalid."""
    _check_words(words)
    if not actor.has_perm("licensing.decide", adhesion):
        raise NotPermitted(_("Only a moderator who has no part in this organisation may do this."))
    remark, _made = Remark.objects.get_or_create(
        key=key,
        defaults={"adhesion": adhesion, "author": actor, "words": words.strip(), "written_at": clock.now()},
    )
    return remark


def send_message(*, adhesion: Adhesion, actor: User, words: str, key: UUID) -> Message:
    """Write to the other side, by mail and on the page; the same `key` again changes nothing.

    The office writes to the référent, the référent to the office. Raises NotPermitted, Invalid.
    """
    _check_words(words)
    from_office = bool(actor.has_perm("licensing.decide", adhesion))
    if not from_office and not actor.has_perm("licensing.file", adhesion):
        raise NotPermitted(_("Only the référent and the office write here."))
    with transaction.atomic():
        message, made = Message.objects.get_or_create(
            key=key,
            defaults={
                "adhesion": adhesion,
                "author": actor,
                "from_office": from_office,
                "words": words.strip(),
                "written_at": clock.now(),
            },
        )
        if made:
            notifications.message_sent(message)
    return message


def _check_words(words: str) -> None:
    if not words.strip():
        raise Invalid(_("Write something."), pointer="words")
    if len(words) > LONGEST:
        raise Invalid(_("This is too long: %(most)d characters at most.") % {"most": LONGEST}, pointer="words")
