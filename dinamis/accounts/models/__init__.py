# SPDX-License-Identifier: AGPL-3.0-or-later
from dinamis.accounts.models.api_client import ApiClient
from dinamis.accounts.models.identity import AffiliationEvidence, AffiliationRule
from dinamis.accounts.models.invitation import Invitation
from dinamis.accounts.models.my_data import DataExport, Erasure
from dinamis.accounts.models.nomination import Nomination
from dinamis.accounts.models.organisation import Membership, Organisation
from dinamis.accounts.models.registry import RegistryEntry
from dinamis.accounts.models.user import User

__all__ = [
    "AffiliationEvidence",
    "AffiliationRule",
    "ApiClient",
    "DataExport",
    "Erasure",
    "Invitation",
    "Membership",
    "Nomination",
    "Organisation",
    "RegistryEntry",
    "User",
]
