# SPDX-License-Identifier: AGPL-3.0-or-later
"""The mails about the end of an organisation: to its members, its legal representatives, and its successor."""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse

from dinamis.accounts.enums import MembershipState
from dinamis.accounts.models import User
from dinamis.accounts.selectors.membership import referents
from dinamis.core.mail import queue_mail
from licensing.models import Adhesion, OrganisationEnd
from licensing.selectors.representative import signatory_language


def end_declared(end: OrganisationEnd) -> None:
    """Tell the members from which day on their organisation ends, and what they lose with it."""
    _to_members(end, _members(end), "declared", end.words)


def end_cancelled(end: OrganisationEnd, words: str) -> None:
    """Tell the members that the end is taken back, and why."""
    _to_members(end, _members(end), "cancelled", words)


def organisation_ended(end: OrganisationEnd, members: Iterable[User], adhesions: Iterable[Adhesion]) -> None:
    """Tell who was a member, and the legal representatives of the adhesions in force, that it has taken effect."""
    _to_members(end, members, "carried_out", end.words)
    for address, adhesion in {one.legal_representative_email: one for one in adhesions}.items():
        _send(end, address, signatory_language(adhesion), "carried_out", end.words, url="")


def newcomers_by_merger(end: OrganisationEnd, count: int) -> None:
    """Tell the référents of the successor how many people wait for their word."""
    successor = end.successions.get().organisation
    for reader in referents(successor):
        queue_mail(
            "licensing/mail/merger_newcomers",
            to=reader.email,
            language=reader.language,
            context={
                "person": str(reader),
                "organisation": end.organisation.name,
                "successor": successor.name,
                "count": count,
                "url": settings.SITE_URL + reverse("accounts:organisation"),
            },
            key=f"merger_newcomers:{end.pk}:{reader.pk}",
        )


def _members(end: OrganisationEnd) -> list[User]:
    active = end.organisation.memberships.filter(state=MembershipState.ACTIVE, user__is_active=True)
    return [membership.user for membership in active.select_related("user").order_by("user_id")]


def _to_members(end: OrganisationEnd, members: Iterable[User], stage: str, words: str) -> None:
    for reader in members:
        _send(
            end, reader.email, reader.language, stage, words, url=settings.SITE_URL + reverse("accounts:organisation")
        )


def _send(end: OrganisationEnd, to: str, language: str, stage: str, words: str, *, url: str) -> None:
    queue_mail(
        "licensing/mail/organisation_ends",
        to=to,
        language=language,
        context={
            "organisation": end.organisation.name,
            "stage": stage,
            "kind": end.kind,
            "day": end.effective_on.isoformat(),
            "successors": ", ".join(row.organisation.name for row in end.successions.select_related("organisation")),
            "words": words,
            "url": url,
        },
        key=f"organisation_ends:{end.pk}:{stage}:{to}",
    )
