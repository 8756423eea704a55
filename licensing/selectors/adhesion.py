# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of adhesions: what is missing, what is to be signed, what waits on the desk."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.core.lookalike import domain_of, suspicion
from dinamis.core.models import StateChange
from licensing.enums import Acceptors, AdhesionState, Capacity, EligibilityClass, LicenceVersionState
from licensing.models import (
    Acceptance,
    Adhesion,
    Decision,
    EvidenceFile,
    LicenceVersion,
    RepresentativeChange,
    SigningLink,
)
from licensing.selectors.form import unanswered

Matter = Adhesion | RepresentativeChange
WAITING = (AdhesionState.SUBMITTED, AdhesionState.IN_REVIEW, AdhesionState.CHANGES_REQUESTED)
IN_FORCE = (AdhesionState.APPROVED, AdhesionState.SUSPENDED)
FREE_FIELDS = ("mission", "answers")
DRAFT_FIELDS = (
    *FREE_FIELDS,
    "organisation",
    "legal_representative_name",
    "legal_representative_title",
    "legal_representative_email",
)
NEEDING_PROJECT = (EligibilityClass.FOREIGN_SCIENTIFIC, EligibilityClass.PRIVATE)


@dataclass(frozen=True)
class Missing:
    """One thing the form still lacks: the field, and its name for a reader."""

    field: str
    text: str


def reviewable_fields(adhesion: Adhesion) -> tuple[str, ...]:
    """Return the fields its référent may write: what the legal representative signed never changes afterwards."""
    return DRAFT_FIELDS if adhesion.state == AdhesionState.DRAFT else FREE_FIELDS


def missing_to_send(adhesion: Adhesion) -> list[Missing]:
    """Return what must still be filled in before the form can be sent to the legal representative."""
    organisation = adhesion.organisation
    needs = [
        ("organisation_name", organisation.name, _("the name of the organisation")),
        ("sector", organisation.sector, _("its sector of activity")),
        ("legal_representative_name", adhesion.legal_representative_name, _("the name of the legal representative")),
        ("legal_representative_email", adhesion.legal_representative_email, _("their e-mail address")),
        ("mission", adhesion.mission, _("the mission and the intended use")),
    ]
    missing = [Missing(field, text) for field, value, text in needs if not value]
    return missing + [Missing(name, label) for name, label in unanswered(adhesion)]


def texts_to_sign(*classes: str) -> list[LicenceVersion]:
    """Return the texts in force that the legal representative of these classes is to accept, the charter first."""
    return list(
        LicenceVersion.objects.filter(
            state=LicenceVersionState.PUBLISHED,
            licence__acceptors__in=[Acceptors.ORGANISATION, Acceptors.BOTH],
            licence__classes__overlap=list(classes),
        )
        .select_related("licence")
        .order_by("licence__position", "licence__code")
    )


def texts_due(matter: Matter) -> list[LicenceVersion]:
    """Return the texts this adhesion still asks its legal representative to accept.

    Before the office decided: all of its class. In force: those whose version the organisation has not accepted, be it
    a new version or a licence added since. A new legal representative reads all that the organisation is bound by.
    """
    if isinstance(matter, RepresentativeChange):
        in_force = matter.organisation.adhesions.filter(state__in=IN_FORCE)
        return texts_to_sign(*in_force.values_list("eligibility_class", flat=True))
    adhesion = matter
    texts = texts_to_sign(adhesion.eligibility_class)
    if adhesion.state not in IN_FORCE:
        return texts
    given = Acceptance.objects.filter(
        organisation_id=adhesion.organisation_id, capacity=Capacity.LEGAL_REPRESENTATIVE, withdrawal=None
    )
    signed = set(given.values_list("licence_version_id", flat=True))
    return [text for text in texts if text.pk not in signed]


def find_link(token: str) -> SigningLink | None:
    """Return the link of a token, whatever its state; None when nobody ever sent it."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    links = SigningLink.objects.select_related(
        "adhesion__organisation", "adhesion__referent", "change__organisation", "change__declared_by"
    )
    return links.filter(token_sha256=digest).first()


def is_signed(link: SigningLink) -> bool:
    """Tell whether what a link asks a signature for was signed, be it with this link or another."""
    matter = link.matter
    return (matter.signed_at if isinstance(matter, RepresentativeChange) else matter.submitted_at) is not None


def is_claimed(adhesion: Adhesion, at: datetime) -> bool:
    """Tell whether a moderator holds the adhesion at `at`: a claim is a lease."""
    return bool(adhesion.claimed_by_id and adhesion.claimed_until and adhesion.claimed_until > at)


def joinable_organisations(at: datetime) -> QuerySet[Organisation]:
    """Return the organisations whose adhesion is in force at `at`, by name."""
    return Organisation.objects.filter(
        adhesions__state=AdhesionState.APPROVED, adhesions__period__contains=at
    ).distinct()


def search_organisations(words: str, at: datetime, limit: int = 20) -> list[Organisation]:
    """Return joinable organisations whose name, acronym or city contains every word, whatever the case."""
    found = joinable_organisations(at)
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(acronym__icontains=word) | Q(city__icontains=word))
    return list(found[:limit])


def last_decision(adhesion: Adhesion) -> Decision | None:
    """Return what the office decided last on the adhesion itself, not on who represents the organisation."""
    return adhesion.decisions.filter(representative_change=None).last()


def history(matter: Matter) -> list[StateChange]:
    """Return every change of state of an adhesion, or of a change of its representative, oldest first."""
    return list(
        StateChange.objects.filter(aggregate=matter.machine.aggregate, object_id=matter.pk).select_related("actor")
    )


def review_warnings(adhesion: Adhesion) -> list[str]:
    """Return what a moderator should look at twice before deciding."""
    warnings = []
    if adhesion.legal_representative_email.lower() == adhesion.referent.email.lower():
        warnings.append(_("The legal representative and the référent share one address."))
    warnings += representative_warnings(adhesion)
    scans = set(adhesion.evidence.values_list("scan", flat=True))
    if not scans - {EvidenceFile.Scan.INFECTED}:
        warnings.append(_("No evidence was attached."))
    if EvidenceFile.Scan.INFECTED in scans:
        warnings.append(_("The scan found something in a document: it cannot be opened."))
    if EvidenceFile.Scan.UNSCANNED in scans:
        warnings.append(_("A document was not scanned: open it with care."))
    return warnings


def representative_warnings(matter: Matter) -> list[str]:
    """Return why the address of the legal representative may not be what it seems."""
    email = matter.legal_representative_email
    words = {
        "mixed": _("The domain “%(domain)s” mixes alphabets: letters may not be what they seem."),
        "script": _("The domain “%(domain)s” is written in another alphabet and reads like a Latin one."),
        "resembles": _("The domain “%(domain)s” looks like the one of the référent but is another."),
    }
    why = suspicion(email, [matter.referent.email]) if email else ""
    return [words[why] % {"domain": domain_of(email)}] if why else []
