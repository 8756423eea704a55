# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a history says of each change, as it was done; the labels of transitions are the words of buttons."""

from typing import Any

from django.utils.translation import gettext_lazy as _

HAPPENED: dict[tuple[str, str], Any] = {
    ("licensing.adhesion", "create"): _("Draft written"),
    ("licensing.adhesion", "send_for_signature"): _("Sent for signature"),
    ("licensing.adhesion", "decline_signature"): _("The legal representative declined to sign"),
    ("licensing.adhesion", "recall"): _("Taken back for a correction"),
    ("licensing.adhesion", "sign"): _("The legal representative signed"),
    ("licensing.adhesion", "start_review"): _("Taken in charge by the office"),
    ("licensing.adhesion", "request_changes"): _("Changes requested"),
    ("licensing.adhesion", "resubmit"): _("Changes sent"),
    ("licensing.adhesion", "approve"): _("Approved"),
    ("licensing.adhesion", "refuse"): _("Refused"),
    ("licensing.adhesion", "withdraw"): _("The request was withdrawn"),
    ("licensing.adhesion", "suspend"): _("Rights suspended"),
    ("licensing.adhesion", "resume"): _("Suspension lifted"),
    ("licensing.adhesion", "revoke"): _("Revoked by the office"),
    ("licensing.adhesion", "terminate"): _("The organisation left DINAMIS"),
    ("licensing.adhesion", "close"): _("Ended with the organisation"),
    ("licensing.representativechange", "create"): _("New legal representative declared"),
    ("licensing.representativechange", "sign"): _("Signed by the new representative"),
    ("licensing.representativechange", "decline_signature"): _("The new representative declined to sign"),
    ("licensing.representativechange", "lapse"): _("The link to sign has expired"),
    ("licensing.representativechange", "confirm"): _("Confirmed by the office"),
    ("licensing.representativechange", "refuse"): _("Not confirmed by the office"),
    ("licensing.representativechange", "take_effect"): _("The change took effect"),
    ("licensing.representativechange", "withdraw"): _("The declaration was withdrawn"),
}
