# SPDX-License-Identifier: AGPL-3.0-or-later
"""One-time links for legal representatives: only hashes are stored, a mail derives the token when it is written."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from dinamis.core import clock, outbox
from dinamis.core.exceptions import IllegalTransition, Invalid
from dinamis.core.onetime import hash_token
from dinamis.core.transitions import lock
from licensing.enums import AdhesionState
from licensing.models import Adhesion, RepresentativeChange, SigningLink
from licensing.selectors.adhesion import Matter, texts_due
from licensing.selectors.representative import is_succeeded, signatory_language
from licensing.services.tokens import code_of, hash_code, right_code, token_of

LINK_TOPIC = "licensing.mail_signing_link"
CODE_TOPIC = "licensing.mail_signing_code"
CODE_ATTEMPTS = 5
CODES_PER_LINK = 10


def issue_link(*, matter: Matter, language: str) -> SigningLink:
    """Revoke the open link of an adhesion, or of a change of its representative, and queue the mail of a new one.

    Must be called inside the transaction that holds it.
    """
    revoke_links(matter)
    link_id = _next_id()
    link = SigningLink.objects.create(
        pk=link_id,
        **_matter(matter),
        email=matter.legal_representative_email,
        token_sha256=hash_token(token_of(link_id)),
        language=language,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=settings.DINAMIS["SIGNING_LINK_DAYS"]),
    )
    outbox.put(LINK_TOPIC, {"link_id": link.pk}, key=f"{LINK_TOPIC}:{link.pk}")
    return link


def _matter(matter: Matter) -> dict[str, Matter]:
    return {"change" if isinstance(matter, RepresentativeChange) else "adhesion": matter}


def ask_again(*, adhesion: Adhesion) -> SigningLink | None:
    """Send the legal representative of an adhesion in force a link to what is still to be accepted.

    Returns None when nothing is, or the adhesion is not in force any more. An open link is kept: it shows what is due
    at the moment it is opened.
    """
    with transaction.atomic():
        held = lock(adhesion)
        if held.state != AdhesionState.APPROVED or not texts_due(held):
            return None
        open_ = held.signing_links.filter(used_at=None, revoked_at=None, expires_at__gt=clock.now()).first()
        return open_ or issue_link(matter=held, language=signatory_language(held) or "fr")


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [SigningLink._meta.db_table])
        return int(cursor.fetchone()[0])


def revoke_links(matter: Matter) -> None:
    """Make every open link of an adhesion, or of a change of its representative, useless."""
    matter.signing_links.filter(used_at__isnull=True, revoked_at__isnull=True).update(revoked_at=clock.now())


def lock_open(link: SigningLink) -> SigningLink:
    """Lock what is signed, then the link, and return it if it may still be used.

    Raises IllegalTransition saying why not. Must be called inside a transaction.
    """
    matter = _matter(lock(link.matter))
    held = SigningLink.objects.select_for_update().get(pk=link.pk)
    for name, row in matter.items():
        setattr(held, name, row)
    check_open(held)
    return held


def use_up(link: SigningLink) -> None:
    """Let a locked link never be used again, nor its code."""
    link.used_at = clock.now()
    link.code_sha256 = ""
    link.save(update_fields=["used_at", "code_sha256"])


def check_open(link: SigningLink) -> None:
    """Raise IllegalTransition when the link was used, replaced, or has expired."""
    if link.used_at is not None:
        raise IllegalTransition(_("This link has been used already."), code="link_used")
    if link.revoked_at is not None:
        raise IllegalTransition(_("This link was replaced by a newer one."), code="link_revoked")
    if link.expires_at <= clock.now():
        raise IllegalTransition(_("This link has expired."), code="link_expired")
    if not link.matter.signable:
        raise IllegalTransition(_("This adhesion does not await a signature any more."), code="link_idle")
    if isinstance(link.matter, Adhesion) and is_succeeded(link.matter, clock.now()):
        raise IllegalTransition(_("The organisation has another legal representative now."), code="link_succeeded")


def request_signing_code(*, link: SigningLink) -> None:
    """Mail a six-digit code to the address the link is bound to; the code before it dies.

    Raises IllegalTransition when the link is not open, Invalid when too many codes were asked.
    """
    with transaction.atomic():
        held = lock_open(link)
        if held.codes_sent >= CODES_PER_LINK:
            raise Invalid(
                _("Too many codes were asked with this link."),
                pointer="code",
                repair=_("Ask the référent for a new link."),
                code="too_many_codes",
            )
        held.codes_sent += 1
        held.code_expires_at = clock.now() + timedelta(minutes=settings.DINAMIS["SIGNING_CODE_MINUTES"])
        held.code_attempts = 0
        held.code_sha256 = hash_code(held, code_of(held))
        held.save(update_fields=["codes_sent", "code_expires_at", "code_attempts", "code_sha256"])
        outbox.put(
            CODE_TOPIC, {"link_id": held.pk, "number": held.codes_sent}, key=f"{CODE_TOPIC}:{held.pk}:{held.codes_sent}"
        )


def spend_attempt(link: SigningLink, code: str) -> None:
    """Compare a typed code; every comparison counts, also when the signature fails afterwards.

    Opens its own transaction, so that a wrong code stays counted. Raises Invalid (wrong, expired, tried too often).
    """
    with transaction.atomic():
        held = lock_open(link)
        problem = _code_problem(held)
        if problem is None:
            held.code_attempts += 1
            held.save(update_fields=["code_attempts"])
            problem = None if right_code(held, "".join(code.split())) else _wrong(held)
    if problem is not None:
        raise problem


def _code_problem(link: SigningLink) -> Invalid | None:
    ask = _("Ask for a new code.")
    if not link.code_sha256 or link.code_expires_at is None:
        return Invalid(_("No code has been asked yet."), pointer="code", repair=ask, code="code_missing")
    if link.code_expires_at <= clock.now():
        return Invalid(_("The code has expired."), pointer="code", repair=ask, code="code_expired")
    if link.code_attempts >= CODE_ATTEMPTS:
        return Invalid(_("The code was mistyped too often."), pointer="code", repair=ask, code="code_exhausted")
    return None


def _wrong(link: SigningLink) -> Invalid:
    left = CODE_ATTEMPTS - link.code_attempts
    return Invalid(
        _("The code is wrong. Attempts left: %(left)d.") % {"left": left},
        pointer="code",
        repair=_("Type the six digits of the last mail."),
        code="code_wrong",
    )
