# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads of who binds an organisation, and of changes of that."""

from datetime import datetime

from django.db.models import QuerySet

from dinamis.accounts.models import Organisation
from dinamis.core import clock
from licensing.enums import RepresentativeChangeState
from licensing.models import Adhesion, RepresentativeChange
from licensing.selectors.adhesion import IN_FORCE

S = RepresentativeChangeState


def in_force_of(organisation: Organisation, at: datetime) -> QuerySet[Adhesion]:
    """Return the adhesions of an organisation whose period has not ended at `at`, oldest first."""
    return organisation.adhesions.filter(state__in=IN_FORCE, period__endswith__gt=at).order_by("pk")


def changes_of(organisation: Organisation) -> QuerySet[RepresentativeChange]:
    """Return the changes of an organisation's legal representative, the latest first."""
    rows = RepresentativeChange.objects.filter(organisation=organisation).order_by("-declared_at", "-pk")
    return rows.select_related("evidence", "declared_by", "decision", "organisation", "adhesion__referent")


def to_confirm() -> QuerySet[RepresentativeChange]:
    """Return the changes that wait for the office, the longest waiting first."""
    return RepresentativeChange.objects.filter(state=S.SIGNED).select_related("organisation").order_by("signed_at")


def is_succeeded(adhesion: Adhesion, at: datetime) -> bool:
    """Tell whether the representative an adhesion names lost that capacity, though nobody has written it there yet."""
    confirmed = RepresentativeChange.objects.filter(organisation=adhesion.organisation_id, state=S.CONFIRMED)
    return confirmed.filter(effective_on__lte=at.astimezone(clock.PARIS).date()).exists()


def signatory_language(adhesion: Adhesion, *, before: datetime | None = None) -> str:
    """Return the language of the legal representative, of now or `before` a moment, "" when nobody knows it."""
    links = adhesion.signing_links.order_by("created_at")
    changes = adhesion.organisation.representative_changes.filter(state=S.IN_EFFECT).order_by("in_effect_at")
    if before is not None:
        links, changes = links.filter(created_at__lt=before), changes.filter(in_effect_at__lt=before)
    link, change = links.last(), changes.last()
    if change is not None and change.in_effect_at and (link is None or link.created_at < change.in_effect_at):
        return change.language
    return link.language if link else ""
