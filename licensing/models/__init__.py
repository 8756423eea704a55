# SPDX-License-Identifier: AGPL-3.0-or-later
from licensing.models.adhesion import Adhesion, Certificate, Decision, EvidenceFile, SigningLink
from licensing.models.change import EntitlementChange
from licensing.models.entitlement import Block, Entitlement, Project, Suspension
from licensing.models.form import FormRevision
from licensing.models.licence import Acceptance, AcceptanceTrace, Licence, LicenceChange, LicenceVersion, Withdrawal
from licensing.models.lifecycle import EntityCorrection

__all__ = [
    "Acceptance",
    "AcceptanceTrace",
    "Adhesion",
    "Block",
    "Certificate",
    "Decision",
    "Entitlement",
    "EntitlementChange",
    "EntityCorrection",
    "EvidenceFile",
    "FormRevision",
    "Licence",
    "LicenceChange",
    "LicenceVersion",
    "Project",
    "SigningLink",
    "Suspension",
    "Withdrawal",
]
