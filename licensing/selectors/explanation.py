# SPDX-License-Identifier: AGPL-3.0-or-later
"""A decision in words, in either language: what fails, and what would open it."""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from licensing.enums import DenyCode
from licensing.selectors.decision import Allow, Deny

REMEDIES: dict[DenyCode, Any] = {
    DenyCode.NOT_SIGNED_IN: _("Sign in."),
    DenyCode.PERSON_INACTIVE: _("Write to the DINAMIS office."),
    DenyCode.NO_MEMBERSHIP: _("Find your organisation and ask to join it, or open its adhesion."),
    DenyCode.NO_REFERENT: _("Write to the DINAMIS office, so that a référent is named."),
    DenyCode.MEMBERSHIP_INACTIVE: _("Your référent activates memberships: ask them."),
    DenyCode.ADHESION_MISSING: _("Its référent sends the adhesion; the office then decides."),
    DenyCode.ADHESION_SUSPENDED: _("Its référent reads the reason on the page of the adhesion."),
    DenyCode.ADHESION_ENDED: _("Its référent renews the adhesion."),
    DenyCode.NO_ENTITLEMENT: _("Its legal representative accepts the licence, and the office decides."),
    DenyCode.ENTITLEMENT_NOT_STARTED: _("Wait for the date shown on the right."),
    DenyCode.ENTITLEMENT_EXPIRED: _("Its référent renews the adhesion, or adds a project that runs."),
    DenyCode.ENTITLEMENT_SUSPENDED: _("Its référent reads the reason on the page of the adhesion."),
    DenyCode.ACTION_NOT_GRANTED: _("The licence decides this for your class: nothing can be done here."),
    DenyCode.CLASS_NOT_ADMITTED: _("The licence decides this for your class: nothing can be done here."),
    DenyCode.COUNTRY_NOT_ADMITTED: _("The licence decides this: nothing can be done here."),
    DenyCode.NATIONALITY_UNKNOWN: _("Your référent says in the adhesion whether it is met, with the source."),
    DenyCode.NATIONALITY_NOT_MET: _("If this is wrong, your référent corrects the adhesion with the source."),
    DenyCode.PURPOSE_NOT_ADMITTED: _("Describe a project whose purpose the licence admits."),
    DenyCode.CONTRACTOR_NOT_ADMITTED: _("The public body that ordered the work uses the images itself."),
    DenyCode.PROJECT_NOT_STARTED: _("Wait for its first day, or correct its dates."),
    DenyCode.PROJECT_ENDED: _("Name a project that runs."),
    DenyCode.NOT_IN_PROJECT: _("Ask the owner of the project to add you."),
    DenyCode.ORGANISATION_ACCEPTANCE_MISSING: _(
        "The legal representative accepts it through a link that the office sends."
    ),
    DenyCode.PERSON_ACCEPTANCE_MISSING: _("Read the licence and sign it."),
    DenyCode.BLOCKED: _("Write to the DINAMIS office, which tells you the reason."),
    DenyCode.EMBARGO: _("Wait for its end."),
    DenyCode.LICENCE_EMBARGO: _("Wait for its end."),
    DenyCode.HOLD_BACK: _("Wait for its end."),
    DenyCode.WITHDRAWN: _("Nothing can be done here."),
    DenyCode.PROJECT_REQUIRED: _("Choose the project in your request."),
}


@dataclass(frozen=True)
class Explained:
    """What fails, what would open it, and the page where that is done ("" when there is none)."""

    fails: str
    remedy: str
    url: str


def explain(answer: Allow | Deny, *, language: str) -> list[Explained]:
    """Return, in "fr" or "en", one explanation per failing condition; none when the answer is yes."""
    if isinstance(answer, Allow):
        return []
    with translation.override(language):
        return [
            Explained(str(reason.code.label), str(REMEDIES[reason.code]), reason.repair_url)
            for reason in answer.reasons
        ]
