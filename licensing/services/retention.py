# SPDX-License-Identifier: AGPL-3.0-or-later
"""What ends with time in licensing (`licensing.personal` says why and when)."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from dinamis.accounts.enums import MembershipState
from dinamis.accounts.models import Membership
from dinamis.core.models import StateChange
from dinamis.core.retention import delete, months_before, sweep
from dinamis.core.triggers import ERASED
from licensing.enums import Capacity
from licensing.models import Acceptance, AcceptanceTrace, Adhesion, Entitlement, EvidenceFile, SigningLink
from licensing.models.adhesion import CLOSED


def _old_traces(now: datetime) -> "QuerySet[AcceptanceTrace]":
    return AcceptanceTrace.objects.filter(acceptance__accepted_at__lt=months_before(now, "TRACE_MONTHS"))


def _old_links(now: datetime) -> "QuerySet[SigningLink]":
    return SigningLink.objects.filter(expires_at__lt=months_before(now, "TRACE_MONTHS")).exclude(email=ERASED)


def _forget_address(link: SigningLink) -> None:
    link.email = ERASED
    link.save(update_fields=["email"])


def _old_documents(now: datetime) -> "QuerySet[EvidenceFile]":
    """Documents of adhesions that closed long enough ago: the day is that of their last change of state."""
    limit = months_before(now, "EVIDENCE_MONTHS")
    later = StateChange.objects.filter(
        aggregate=Adhesion.machine.aggregate, object_id=OuterRef("adhesion_id"), at__gte=limit
    )
    return EvidenceFile.objects.filter(~Exists(later), adhesion__state__in=CLOSED, uploaded_at__lt=limit)


def _remove_document(evidence: EvidenceFile) -> None:
    # The event of the deletion keeps SHA-256, kind and size: what was judged can still be told from what was not.
    path = settings.FILES_ROOT / evidence.storage_key
    evidence.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _old_signatures(now: datetime) -> "QuerySet[Acceptance]":
    """Signatures under which nobody has had a right for the time in which they could be contested."""
    limit = months_before(now, "PROOF_MONTHS")
    belongs = Membership.objects.filter(user=OuterRef("person")).filter(
        ~Q(state=MembershipState.ENDED) | Q(ended_at__gte=limit)
    )
    rights = Entitlement.objects.filter(organisation=OuterRef("organisation"), period__endswith__gte=limit)
    over = Q(~Exists(belongs), capacity=Capacity.SELF) | Q(~Exists(rights), capacity=Capacity.LEGAL_REPRESENTATIVE)
    return Acceptance.objects.filter(over, accepted_at__lt=limit).exclude(typed_name=ERASED, email=ERASED)


def minimise_signature(acceptance: Acceptance) -> None:
    """Replace name and address; the event of the signature keeps salted fingerprints of both."""
    acceptance.typed_name = acceptance.email = ERASED
    acceptance.save(update_fields=["typed_name", "email"])


sweep("traces of signatures", due=_old_traces, apply=delete)
sweep("addresses of signing links", due=_old_links, apply=_forget_address)
sweep("documents of closed adhesions", due=_old_documents, apply=_remove_document)
sweep("names under old signatures", due=_old_signatures, apply=minimise_signature)
