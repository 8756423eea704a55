# SPDX-License-Identifier: AGPL-3.0-or-later
from licensing.models.adhesion import Adhesion, Certificate, Decision, EvidenceFile, SigningLink
from licensing.models.change import EntitlementChange
from licensing.models.ending import OrganisationEnd, Succession
from licensing.models.entitlement import Block, Entitlement, Project, ProjectMember, Suspension
from licensing.models.form import FormRevision
from licensing.models.licence import Acceptance, AcceptanceTrace, Licence, LicenceChange, LicenceVersion, Withdrawal
from licensing.models.lifecycle import EntityCorrection
from licensing.models.representative import RepresentativeChange
from licensing.models.review import (
    AdhesionSuspension,
    ChangeRequest,
    DecisionLetter,
    Message,
    Opinion,
    Remark,
    Revocation,
    Submission,
)

__all__ = [
    "Acceptance",
    "AcceptanceTrace",
    "Adhesion",
    "AdhesionSuspension",
    "Block",
    "Certificate",
    "ChangeRequest",
    "Decision",
    "DecisionLetter",
    "Entitlement",
    "EntitlementChange",
    "EntityCorrection",
    "EvidenceFile",
    "FormRevision",
    "Licence",
    "LicenceChange",
    "LicenceVersion",
    "Message",
    "Opinion",
    "OrganisationEnd",
    "Project",
    "ProjectMember",
    "Remark",
    "RepresentativeChange",
    "Revocation",
    "SigningLink",
    "Submission",
    "Succession",
    "Suspension",
    "Withdrawal",
]
