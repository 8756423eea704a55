# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the outbox asks of licensing: mails that carry a secret, the PDF of a certificate, the scan of a document."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from dinamis.core import clock, outbox
from dinamis.core.mail import send_mail
from licensing import notifications
from licensing.enums import AdhesionState
from licensing.models import (
    Certificate,
    Decision,
    EvidenceFile,
    LicenceVersion,
    OrganisationEnd,
    RepresentativeChange,
    SigningLink,
)
from licensing.notifications import REMINDER_TOPIC
from licensing.selectors.adhesion import Matter
from licensing.selectors.rights import adhesions_to_ask, signers_before
from licensing.services.certificate import RENDER_TOPIC
from licensing.services.certificate_pdf import store_certificate_pdf
from licensing.services.decision_letter import LETTER_TOPIC, store_letter
from licensing.services.ending import TOPIC as END_TOPIC
from licensing.services.ending import carry_out_end
from licensing.services.evidence import SCAN_TOPIC
from licensing.services.licence import TELL_TOPIC
from licensing.services.opinion import remind_opinions
from licensing.services.reminders import remind_of_ends, remind_signatories
from licensing.services.representative_change import TOPIC as CHANGE_TOPIC
from licensing.services.representative_change import take_effect
from licensing.services.restriction import tell_office_of_restrictions
from licensing.services.scan import scan_evidence
from licensing.services.signing_link import CODE_TOPIC, LINK_TOPIC, ask_again
from licensing.services.tokens import known_code, known_token

MATTERS = ("adhesion__organisation", "adhesion__referent", "change__organisation", "change__declared_by")


@shared_task(name="licensing.remind")
def remind() -> None:
    """Recall what ends soon: adhesions, and links nobody signed with. Harmless however often it runs."""
    remind_of_ends()
    remind_signatories()


@outbox.handles(LINK_TOPIC)
def mail_signing_link(payload: Mapping[str, Any]) -> None:
    """Mail a one-time link to the legal representative, unless it was replaced meanwhile."""
    _mail_link(payload["link_id"], "signing_link")


@outbox.handles(REMINDER_TOPIC)
def mail_signing_reminder(payload: Mapping[str, Any]) -> None:
    """Mail the same link again before it expires, unless it was used or replaced meanwhile."""
    _mail_link(payload["link_id"], "signing_reminder")


def _mail_link(link_id: int, template: str) -> None:
    link = SigningLink.objects.select_related(*MATTERS).get(pk=link_id)
    if link.used_at or link.revoked_at or link.expires_at <= clock.now():
        return
    token = known_token(link)
    if not token:
        raise outbox.Dead("the secret key that made this link is gone: send a new link")
    matter = link.matter
    send_mail(
        {
            "template": f"licensing/mail/{_wording(template, matter)}",
            "to": link.email,
            "language": link.language,
            "key": f"{template}:{link.pk}",
            "context": {
                "name": matter.legal_representative_name,
                "organisation": matter.organisation.name,
                "referent": str(matter.referent),
                "referent_email": matter.referent.email,
                "day": matter.effective_on.isoformat() if isinstance(matter, RepresentativeChange) else "",
                "days": settings.DINAMIS["SIGNING_LINK_DAYS"],
                "expires_at": link.expires_at,
                "url": settings.SITE_URL + reverse("licensing:signing", args=[token]),
            },
        }
    )


def _wording(template: str, matter: Matter) -> str:
    """Return the mail of a link: who is asked to bind an organisation, or has joined with it already, is told so."""
    if isinstance(matter, RepresentativeChange):
        return "representative_link" if template == "signing_link" else "representative_reminder"
    again = template == "signing_link" and matter.state == AdhesionState.APPROVED
    return "signing_again" if again else template


@outbox.handles(CODE_TOPIC)
def mail_signing_code(payload: Mapping[str, Any]) -> None:
    """Mail the six-digit code, unless another one was asked since or it has expired."""
    link = SigningLink.objects.select_related(*MATTERS).get(pk=payload["link_id"])
    if link.used_at or link.revoked_at or link.codes_sent != payload["number"]:
        return
    if link.code_expires_at is None or link.code_expires_at <= clock.now():
        return
    code = known_code(link)
    if not code:
        raise outbox.Dead("the secret key that made this code is gone: ask for a new code")
    send_mail(
        {
            "template": "licensing/mail/signing_code",
            "to": link.email,
            "language": link.language,
            "key": f"signing_code:{link.pk}:{link.codes_sent}",
            "context": {
                "code": code,
                "organisation": link.matter.organisation.name,
                "minutes": settings.DINAMIS["SIGNING_CODE_MINUTES"],
            },
        }
    )


@outbox.handles(RENDER_TOPIC)
def render_certificate(payload: Mapping[str, Any]) -> None:
    """Render the PDF of a certificate once."""
    certificate = Certificate.objects.get(pk=payload["certificate_id"])
    if not certificate.sha256:
        store_certificate_pdf(certificate)


@outbox.handles(SCAN_TOPIC)
def scan_document(payload: Mapping[str, Any]) -> None:
    """Scan a document, unless it was taken back meanwhile; without a verdict it is tried again later."""
    evidence = EvidenceFile.objects.filter(pk=payload["evidence_id"]).first()
    if evidence is not None:
        scan_evidence(evidence)


@outbox.handles(TELL_TOPIC, queue=outbox.SLOW)
def tell_new_version(payload: Mapping[str, Any]) -> None:
    """Tell everybody whose signature a new version replaces, once each; legal representatives get a link to sign it."""
    version = LicenceVersion.objects.select_related("licence").get(pk=payload["version_id"])
    assert version.published_at is not None
    ends_at = version.published_at + timedelta(days=version.grace_days)
    for person in signers_before(version):
        notifications.new_version(version, person, ends_at)
    for adhesion in adhesions_to_ask(version):
        ask_again(adhesion=adhesion)


@outbox.handles(LETTER_TOPIC)
def render_letter(payload: Mapping[str, Any]) -> None:
    """Render the letter of an adverse decision once."""
    store_letter(Decision.objects.get(pk=payload["decision_id"]))


@outbox.handles(END_TOPIC)
def carry_out_organisation_end(payload: Mapping[str, Any]) -> None:
    """Let the declared end of an organisation take effect, unless it was taken back."""
    carry_out_end(OrganisationEnd.objects.select_related("organisation").get(pk=payload["end_id"]))


@outbox.handles(CHANGE_TOPIC)
def let_change_take_effect(payload: Mapping[str, Any]) -> None:
    """Let a confirmed change of a legal representative take effect, unless it was withdrawn."""
    take_effect(RepresentativeChange.objects.get(pk=payload["change_id"]))


@shared_task(name="licensing.remind_opinions")
def remind_about_opinions() -> None:
    """Queue the reminders of opinions that are due soon or late."""
    remind_opinions(at=clock.now())


@shared_task(name="licensing.tell_restrictions")
def tell_restrictions() -> None:
    """Tell the office of organisations that lost their last référent. Harmless however often it runs."""
    tell_office_of_restrictions()
