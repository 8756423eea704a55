# SPDX-License-Identifier: AGPL-3.0-or-later
"""The row of a legal representative's signature, and where it came from, apart from it."""

from dataclasses import dataclass

from dinamis.core import clock
from licensing.enums import Capacity
from licensing.models import Acceptance, AcceptanceTrace, LicenceVersion
from licensing.services.licence import USER_AGENT_LENGTH


@dataclass(frozen=True)
class TextAccepted:
    """One ticked box: the version, the language it was read in, the SHA-256 (hex) of the text shown."""

    version_id: int
    language: str
    sha256: str


@dataclass(frozen=True)
class Signatory:
    """Who signs for which organisation, with which name, how they were recognised, and from where."""

    organisation_id: int
    email: str
    typed_name: str
    authenticated_by: str
    ip: str | None = None
    user_agent: str = ""


def accept_for_organisation(who: Signatory, version: LicenceVersion, text: TextAccepted) -> Acceptance:
    """Write that an organisation accepts a text from now on. Must be called inside the transaction of the act."""
    acceptance = Acceptance.objects.create(
        licence_version=version,
        capacity=Capacity.LEGAL_REPRESENTATIVE,
        organisation_id=who.organisation_id,
        email=who.email,
        language=text.language,
        sha256=text.sha256,
        typed_name=who.typed_name,
        authenticated_by=who.authenticated_by,
        accepted_at=clock.now(),
    )
    AcceptanceTrace.objects.create(acceptance=acceptance, ip=who.ip, user_agent=who.user_agent[:USER_AGENT_LENGTH])
    return acceptance
