# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the certificate of an adhesion says. The PDF and the verification page read the same facts."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from dinamis.core.periods import last_day
from licensing.enums import AdhesionState, Capacity
from licensing.models import Acceptance, Certificate, Decision
from licensing.reasons import label_of

VALIDITY = {
    "valid": gettext_lazy("valid"),
    "scheduled": gettext_lazy("not begun yet"),
    "suspended": pgettext_lazy("certificate", "suspended"),
    "expired": pgettext_lazy("certificate", "expired"),
    "revoked": pgettext_lazy("certificate", "revoked"),
    "ended": pgettext_lazy("certificate", "ended by the organisation"),
}
# The codes of `Acceptance.authenticated_by` in words.
AUTHENTICATED = {
    "one-time link and mailed code": gettext_lazy("one-time link and code sent by mail"),
    "one-time link and mailed code, confirmed by the office": gettext_lazy(
        "one-time link and code sent by mail; the office has confirmed who signed"
    ),
    "signed-in account": gettext_lazy("signed-in account"),
}
TONES = {"valid": "ok", "scheduled": "wait", "suspended": "act", "expired": "over", "revoked": "bad", "ended": "over"}


@dataclass(frozen=True)
class SignedText:
    """One text the legal representative accepted."""

    name: str
    number: int
    language: str
    sha256: str
    accepted_at: datetime


@dataclass(frozen=True)
class CertificateFacts:
    """Everything the certificate states. `validity` holds at the moment asked; the PDF prints none."""

    number: str
    version: int
    organisation: str
    acronym: str
    identifier: str
    city: str
    country: str
    eligibility_class: str
    valid_from: datetime
    valid_until: date
    issued_at: datetime
    signatory: str
    signatory_title: str
    signatory_email: str
    referent: str
    texts: tuple[SignedText, ...]
    licences: tuple[str, ...]
    url: str
    validity: str

    @property
    def validity_label(self) -> str:
        """The word for the validity."""
        return str(VALIDITY[self.validity])

    @property
    def tone(self) -> str:
        """The tone of the status component."""
        return TONES[self.validity]


def certificate_facts(certificate: Certificate, *, at: datetime) -> CertificateFacts:
    """Return what a certificate says at `at`, in the language in use."""
    adhesion = certificate.adhesion
    organisation = adhesion.organisation
    acceptances = _acceptances(certificate)
    return CertificateFacts(
        number=certificate.number,
        version=certificate.version,
        organisation=organisation.name,
        acronym=organisation.acronym,
        identifier=_identifier(organisation.siret, organisation.ror),
        city=organisation.city,
        country=organisation.country,
        eligibility_class=str(adhesion.get_eligibility_class_display()),
        valid_from=adhesion.period.lower,
        valid_until=last_day(adhesion.period.upper),
        issued_at=certificate.issued_at,
        signatory=acceptances[0].typed_name if acceptances else adhesion.legal_representative_name,
        signatory_title=adhesion.legal_representative_title,
        signatory_email=adhesion.legal_representative_email,
        referent=str(adhesion.referent),
        texts=tuple(_signed(acceptance) for acceptance in acceptances),
        licences=tuple(sorted({right.licence.name for right in adhesion.entitlements.select_related("licence")})),
        url=verification_url(certificate),
        validity=validity(certificate, at=at),
    )


def _acceptances(certificate: Certificate) -> list[Acceptance]:
    """Return what was accepted for the organisation until the certificate was issued, last signature of each text."""
    rows = Acceptance.objects.filter(
        organisation=certificate.adhesion.organisation,
        capacity=Capacity.LEGAL_REPRESENTATIVE,
        accepted_at__lte=certificate.issued_at,
    ).select_related("licence_version__licence")
    latest = {row.licence_version_id: row for row in rows.order_by("accepted_at", "id")}
    return sorted(latest.values(), key=lambda row: row.licence_version.licence.position)


def _signed(acceptance: Acceptance) -> SignedText:
    version = acceptance.licence_version
    return SignedText(
        version.licence.name, version.number, acceptance.language, acceptance.sha256, acceptance.accepted_at
    )


def _identifier(siret: str, ror: str) -> str:
    if siret:
        return _("SIRET %(siret)s") % {"siret": f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"}
    return _("ROR %(ror)s") % {"ror": ror} if ror else ""


def verification_url(certificate: Certificate) -> str:
    """Return the absolute address the QR code leads to; its secret opens the full certificate."""
    return f"{settings.SITE_URL}{reverse('licensing:certificate', args=[certificate.number])}?key={certificate.secret}"


def validity(certificate: Certificate, *, at: datetime) -> str:
    """Return valid, scheduled, suspended, expired, revoked or ended: computed when asked, never stored."""
    adhesion = certificate.adhesion
    if adhesion.state == AdhesionState.REVOKED:
        return "revoked"
    if adhesion.state == AdhesionState.TERMINATED:
        return "ended"
    if at >= adhesion.period.upper:
        return "expired"
    if adhesion.state == AdhesionState.SUSPENDED:
        return "suspended"
    return "scheduled" if at < adhesion.period.lower else "valid"


@dataclass(frozen=True)
class SignedTextFacts:
    """Everything the copy of a signed text states, in the language it was signed in. `text` is what was signed."""

    name: str
    number: int
    published_at: datetime | None
    language: str
    sha256: str
    text: str
    signatory: str
    capacity: str
    organisation: str
    project: str
    authenticated_by: str
    accepted_at: datetime
    withdrawn_at: datetime | None
    file_name: str
    url: str


def signed_text_facts(acceptance: Acceptance) -> SignedTextFacts:
    """Return what the copy of a signed text says, in the language in use."""
    version = acceptance.licence_version
    withdrawal = getattr(acceptance, "withdrawal", None)
    return SignedTextFacts(
        name=version.licence.name,
        number=version.number,
        published_at=version.published_at,
        language=acceptance.language,
        sha256=acceptance.sha256,
        text=version.text_in(acceptance.language),
        signatory=acceptance.typed_name,
        capacity=str(acceptance.get_capacity_display()),
        organisation=acceptance.organisation.name if acceptance.organisation else "",
        project=acceptance.project.title if acceptance.project else "",
        authenticated_by=str(AUTHENTICATED.get(acceptance.authenticated_by, acceptance.authenticated_by)),
        accepted_at=acceptance.accepted_at,
        withdrawn_at=withdrawal.withdrawn_at if withdrawal else None,
        file_name=f"{version.licence.code}-v{version.number}.{acceptance.language}.md",
        url=f"{settings.SITE_URL}{reverse('licensing:text', args=[version.pk])}?language={acceptance.language}",
    )


@dataclass(frozen=True)
class LetterFacts:
    """Everything the letter of a decision states, in the language in use; its page and its PDF print the same."""

    reference: str
    organisation: str
    eligibility_class: str
    referent: str
    verdict: str
    verdict_label: str
    reason: str
    words: str
    recourse: str
    decided_at: datetime
    url: str


def letter_facts(decision: Decision) -> LetterFacts:
    """Return what the letter of a decision says. The office signs as a whole: the moderator is not named."""
    adhesion = decision.adhesion
    return LetterFacts(
        reference=decision.number,
        organisation=adhesion.organisation.name,
        eligibility_class=str(adhesion.get_eligibility_class_display()),
        referent=str(adhesion.referent),
        verdict=decision.verdict,
        verdict_label=str(decision.get_verdict_display()),
        reason=label_of(decision.verdict, decision.reason_code),
        words=decision.words,
        recourse=recourse_of(decision),
        decided_at=decision.decided_at,
        url=settings.SITE_URL + reverse("licensing:decision", args=[decision.pk]),
    )


def recourse_of(decision: Decision) -> str:
    """Return how the decision is contested, as it was written on its day, in the language in use."""
    language = (get_language() or "fr")[:2]
    texts: dict[str, str] = decision.recourse
    return texts.get(language) or texts.get("fr", "")
