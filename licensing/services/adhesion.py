# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every verb of an adhesion in one place, in the order of its life."""

from dinamis.accounts.services.organisation import OrganisationData
from licensing.services.acceptance import TextAccepted
from licensing.services.filing import (
    LegalRepresentative,
    adopt_revision,
    edit_adhesion,
    open_adhesion,
    recall_adhesion,
    reissue_link,
    resubmit_adhesion,
    send_for_signature,
    terminate_adhesion,
    withdraw_adhesion,
)
from licensing.services.renewal import renew_adhesion
from licensing.services.review import (
    approve_adhesion,
    claim_adhesion,
    refuse_adhesion,
    release_adhesion,
    request_changes,
)
from licensing.services.revocation import answer_notice, confirm_revocation, drop_revocation, give_notice
from licensing.services.signature import decline_signature, sign_adhesion
from licensing.services.signing_link import request_signing_code
from licensing.services.suspension import resume_adhesion, suspend_adhesion

__all__ = [
    "LegalRepresentative",
    "OrganisationData",
    "TextAccepted",
    "adopt_revision",
    "answer_notice",
    "approve_adhesion",
    "claim_adhesion",
    "confirm_revocation",
    "decline_signature",
    "drop_revocation",
    "edit_adhesion",
    "give_notice",
    "open_adhesion",
    "recall_adhesion",
    "refuse_adhesion",
    "reissue_link",
    "release_adhesion",
    "renew_adhesion",
    "request_changes",
    "request_signing_code",
    "resubmit_adhesion",
    "resume_adhesion",
    "send_for_signature",
    "sign_adhesion",
    "suspend_adhesion",
    "terminate_adhesion",
    "withdraw_adhesion",
]
