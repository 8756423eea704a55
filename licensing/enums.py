# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EligibilityClass(TextChoices):
    """The three kinds of organisations that may adhere."""

    FRENCH_INSTITUTIONAL = "french_institutional", _("French institution")
    FOREIGN_SCIENTIFIC = "foreign_scientific", _("foreign scientific institution")
    PRIVATE = "private", _("private company in France")


class Purpose(TextChoices):
    """What imagery is used for; a right is bound to one purpose."""

    PUBLIC_SERVICE = "public_service", _("public-service mission, non-commercial")
    SCIENTIFIC_COOPERATION = "scientific_cooperation", _("scientific cooperation")
    PUBLIC_ORDER = "public_order", _("work for a public body")
    OWN_RESEARCH = "own_research", _("own research and development")


class Action(TextChoices):
    """What one may want to do with imagery."""

    DOWNLOAD = "download", _("download")
    ORDER_ARCHIVE = "order_archive", _("order archive scenes")
    REQUEST_ACQUISITION = "request_acquisition", _("request acquisitions")


class AdhesionState(TextChoices):
    """Where an adhesion stands."""

    DRAFT = "draft", _("draft")
    AWAITING_SIGNATURE = "awaiting_signature", _("awaiting signature")
    SUBMITTED = "submitted", _("submitted")
    IN_REVIEW = "in_review", _("in review")
    CHANGES_REQUESTED = "changes_requested", _("changes requested")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    SUSPENDED = "suspended", _("suspended")
    REVOKED = "revoked", _("revoked")
    TERMINATED = "terminated", _("ended by the organisation")


class LicenceKind(TextChoices):
    """A text to accept: the charter of the scheme, or a licence on products."""

    CHARTER = "charter", _("charter")
    PRODUCT = "product", _("product licence")


class Acceptors(TextChoices):
    """Whose signature a licence asks for."""

    NOBODY = "nobody", _("nobody")
    ORGANISATION = "organisation", _("the organisation")
    PERSON = "person", _("each person")
    BOTH = "both", _("the organisation and each person")


class LicenceVersionState(TextChoices):
    """Where a licence text stands."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    SUPERSEDED = "superseded", _("superseded")


class Capacity(TextChoices):
    """In which capacity a person signs."""

    SELF = "self", _("for oneself")
    LEGAL_REPRESENTATIVE = "legal_representative", _("for the organisation, as its legal representative")


class EntitlementState(TextChoices):
    """Stored states of a right; scheduled, active, expired and suspended are computed when asked."""

    GRANTED = "granted", pgettext_lazy("entitlement", "granted")
    SUPERSEDED = "superseded", pgettext_lazy("entitlement", "superseded")
    REVOKED = "revoked", pgettext_lazy("entitlement", "revoked")


class SuspensionCause(TextChoices):
    """Why a right rests; it is active again only when no cause is left."""

    NO_REFERENT = "no_referent", _("the organisation has no référent")
    NEW_VERSION = "new_version", _("a new version of the licence awaits a signature")
    INQUIRY = "inquiry", _("an inquiry is under way")
    BREACH = "breach", _("the terms of the licence were not respected")
    OTHER = "other", _("other")


class DenyCode(TextChoices):
    """Every way a right can be missing."""

    NOT_SIGNED_IN = "not_signed_in", _("You are not signed in.")
    PERSON_INACTIVE = "person_inactive", _("Your account is closed.")
    NO_MEMBERSHIP = "no_membership", _("You do not belong to an organisation that adheres to DINAMIS.")
    MEMBERSHIP_INACTIVE = "membership_inactive", _("Your membership is not active.")
    ADHESION_MISSING = "adhesion_missing", _("Your organisation has not joined DINAMIS yet.")
    ADHESION_SUSPENDED = "adhesion_suspended", _("The adhesion of your organisation is suspended.")
    ADHESION_ENDED = "adhesion_ended", _("The adhesion of your organisation has ended.")
    NO_ENTITLEMENT = "no_entitlement", _("Your organisation has no right to products under this licence.")
    ENTITLEMENT_NOT_STARTED = "entitlement_not_started", _("The right of your organisation has not begun yet.")
    ENTITLEMENT_EXPIRED = "entitlement_expired", _("The right of your organisation has expired.")
    ENTITLEMENT_SUSPENDED = "entitlement_suspended", _("The right of your organisation is suspended.")
    ACTION_NOT_GRANTED = "action_not_granted", _("The licence does not cover this action for your organisation.")
    ORGANISATION_ACCEPTANCE_MISSING = (
        "organisation_acceptance_missing",
        _("The legal representative has not accepted the licence in force."),
    )
    PERSON_ACCEPTANCE_MISSING = "person_acceptance_missing", _("You have not signed the licence in force.")
    BLOCKED = "blocked", _("Access is blocked.")
    EMBARGO = "embargo", _("This image is under embargo.")
    HOLD_BACK = "hold_back", _("This image is reserved for its requester for the time being.")
    WITHDRAWN = "withdrawn", _("This image has been withdrawn.")
    PROJECT_REQUIRED = "project_required", _("Several projects could cover this: name one.")
