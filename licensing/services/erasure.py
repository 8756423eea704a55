# SPDX-License-Identifier: AGPL-3.0-or-later
"""What licensing gives in a copy of personal data and erases with an account; the duties that stand against it."""

from collections.abc import Iterator

from dinamis.accounts.models import User
from dinamis.core.personal import register
from licensing.enums import AdhesionState, Capacity
from licensing.models import Acceptance, AcceptanceTrace, Adhesion, EvidenceFile
from licensing.sentences import UNDECIDED
from licensing.services.retention import minimise_signature

UNDER_WAY = (
    AdhesionState.DRAFT,
    AdhesionState.AWAITING_SIGNATURE,
    AdhesionState.SUBMITTED,
    AdhesionState.IN_REVIEW,
    AdhesionState.CHANGES_REQUESTED,
)


def adhesion_duties(person: User) -> Iterator[str]:
    """Yield a kept sentence for each adhesion the person has filed that is not decided."""
    for adhesion in Adhesion.objects.filter(referent=person, state__in=UNDER_WAY).select_related("organisation"):
        yield UNDECIDED.keep(organisation=str(adhesion.organisation))


def erase_signatures(person: User) -> None:
    """Keep that the person signed, when and which text; replace the name by what only a claimed name can be tested
    against, and delete where it was signed from.
    """
    AcceptanceTrace.objects.filter(acceptance__person=person).delete()
    for acceptance in Acceptance.objects.filter(person=person, capacity=Capacity.SELF):
        minimise_signature(acceptance)


def documents_sent(person: User) -> Iterator[tuple[str, str]]:
    """Yield name and storage key of the documents the person has uploaded and may open."""
    for evidence in EvidenceFile.objects.filter(uploaded_by=person).order_by("pk"):
        if evidence.openable:
            yield f"{evidence.pk}-{evidence.file_name}", evidence.storage_key


register.files.append(documents_sent)
register.duties.append(adhesion_duties)
register.erasers.append(erase_signatures)
