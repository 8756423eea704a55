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


class EndKind(TextChoices):
    """How an organisation ends."""

    ENDED = "ended", pgettext_lazy("organisation", "ended without a successor")
    MERGED = "merged", pgettext_lazy("organisation", "merged into another")
    SPLIT = "split", pgettext_lazy("organisation", "split into several")


class OrganisationEndState(TextChoices):
    """Where the end of an organisation stands."""

    DECLARED = "declared", pgettext_lazy("end of an organisation", "declared, not in effect yet")
    CARRIED_OUT = "carried_out", pgettext_lazy("end of an organisation", "in effect")
    CANCELLED = "cancelled", pgettext_lazy("end of an organisation", "taken back")


class RepresentativeReason(TextChoices):
    """Why somebody else binds an organisation from a day on."""

    END_OF_MANDATE = "end_of_mandate", _("the mandate of the former one ends")
    DEPARTURE = "departure", _("the former one leaves the organisation")
    DEATH = "death", _("the former one has died")
    DELEGATION = "delegation", _("the power to sign is delegated")


class RepresentativeChangeState(TextChoices):
    """Where the change of a legal representative stands."""

    AWAITING_SIGNATURE = "awaiting_signature", pgettext_lazy("change of representative", "awaiting their signature")
    SIGNED = "signed", pgettext_lazy("change of representative", "signed, to be confirmed by the office")
    CONFIRMED = "confirmed", pgettext_lazy("change of representative", "confirmed, not in effect yet")
    IN_EFFECT = "in_effect", pgettext_lazy("change of representative", "in effect")
    REFUSED = "refused", pgettext_lazy("change of representative", "refused")
    DECLINED = "declined", pgettext_lazy("change of representative", "declined by the person named")
    WITHDRAWN = "withdrawn", pgettext_lazy("change of representative", "withdrawn")
    LAPSED = "lapsed", pgettext_lazy("change of representative", "not signed in time")


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


class LicenceFamily(TextChoices):
    """What a licence speaks of; it names the family of products, not one text."""

    CHARTER = "charter", _("charter of the scheme")
    PLEIADES_UIA = "pleiades_uia", _("Pléiades, authorised institutional users")
    PLEIADES_NEO_UIA = "pleiades_neo_uia", _("Pléiades Neo, authorised institutional users")
    SPOT_6_7_UIA = "spot_6_7_uia", _("SPOT 6-7, authorised institutional users")
    OPEN = "open", _("Open Licence 2.0")
    COPERNICUS = "copernicus", _("Copernicus")
    KALIDEOS = "kalideos", _("Kalideos, one licence per sensor")
    AIRBUS_STANDARD = "airbus_standard", _("Airbus standard end-user licence")
    OTHER = "other", pgettext_lazy("licence family", "other")


class Sharing(TextChoices):
    """To whom the products may be handed."""

    NOBODY = "nobody", _("to nobody")
    ENTITLED = "entitled", _("to other bodies that hold a right under the same licence")
    ANYBODY = "anybody", _("to anybody")


class Contractors(TextChoices):
    """Whether companies working for a public body may use the products."""

    NEVER = "never", _("not admitted")
    UNDERTAKING = "undertaking", _("admitted, each having signed, for the duration of the contract")
    FREE = "free", _("admitted without condition")


class Derived(TextChoices):
    """What may be made of the products and spread."""

    NOTHING = "nothing", _("nothing")
    NOT_REVERSIBLE = "not_reversible", _("products from which the image cannot be restored")
    ANYTHING = "anything", _("any derived product")


class Publication(TextChoices):
    """How the images themselves may be published."""

    NOTHING = "nothing", _("not at all")
    EXTRACT = "extract", _("small extracts, with the credit line")
    FREE = "free", _("freely, with the credit line")


class EndDuty(TextChoices):
    """What becomes of the files when a right or a contract ends."""

    KEEP = "keep", _("they may be kept")
    DESTROY = "destroy", _("they are destroyed")
    RETURN = "return", _("they are returned, then destroyed")


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


class ChangeKind(TextChoices):
    """What happened to a right, in the feed for partners."""

    GRANTED = "granted", pgettext_lazy("entitlement", "granted")
    STARTED = "started", pgettext_lazy("entitlement", "begun")
    SUSPENDED = "suspended", pgettext_lazy("entitlement", "suspended")
    RESTORED = "restored", pgettext_lazy("entitlement", "restored")
    BLOCKED = "blocked", pgettext_lazy("entitlement", "blocked")
    UNBLOCKED = "unblocked", pgettext_lazy("entitlement", "let in again")
    SUPERSEDED = "superseded", pgettext_lazy("entitlement", "superseded")
    REVOKED = "revoked", pgettext_lazy("entitlement", "revoked")
    EXPIRED = "expired", pgettext_lazy("entitlement", "expired")


class SuspensionCause(TextChoices):
    """Why a right rests; it is active again only when no cause is left."""

    NO_REFERENT = "no_referent", _("the organisation has no référent")
    NEW_VERSION = "new_version", _("a new version of the licence awaits a signature")
    INQUIRY = "inquiry", _("an inquiry is under way")
    BREACH = "breach", _("the terms of the licence were not respected")
    OTHER = "other", _("other")


class BlockSubject(TextChoices):
    """What a block keeps out."""

    PERSON = "person", _("a person")
    ORGANISATION = "organisation", _("an organisation")
    DOCUMENT = "document", _("whatever rests on a document")


class RevocationState(TextChoices):
    """Where a revocation stands."""

    NOTICED = "noticed", _("notice given")
    ANSWERED = "answered", _("answered by the organisation")
    REVOKED = "revoked", pgettext_lazy("revocation", "decided: revoked")
    DROPPED = "dropped", _("dropped")


class OpinionBody(TextChoices):
    """Who is asked for an opinion."""

    CNES = "cnes", "CNES"
    AIRBUS = "airbus", "Airbus DS"


class OpinionState(TextChoices):
    """Where an opinion stands."""

    ASKED = "asked", pgettext_lazy("opinion", "asked")
    GIVEN = "given", pgettext_lazy("opinion", "given")
    WITHDRAWN = "withdrawn", pgettext_lazy("opinion", "not asked any more")


class OpinionVerdict(TextChoices):
    """What an opinion says."""

    YES = "yes", pgettext_lazy("opinion", "favourable")
    RESERVATIONS = "reservations", pgettext_lazy("opinion", "favourable with reservations")
    NO = "no", pgettext_lazy("opinion", "unfavourable")


class DenyCode(TextChoices):
    """Every way a right can be missing."""

    NOT_SIGNED_IN = "not_signed_in", _("You are not signed in.")
    PERSON_INACTIVE = "person_inactive", _("Your account is closed.")
    NO_MEMBERSHIP = "no_membership", _("You do not belong to an organisation that adheres to DINAMIS.")
    MEMBERSHIP_INACTIVE = "membership_inactive", _("Your membership is not active.")
    ADHESION_MISSING = "adhesion_missing", _("Your organisation has not joined DINAMIS yet.")
    ADHESION_SUSPENDED = "adhesion_suspended", _("The adhesion of your organisation is suspended.")
    ADHESION_ENDED = "adhesion_ended", _("The adhesion of your organisation has ended.")
    NO_REFERENT = "no_referent", _("Your organisation has had no référent for too long.")
    NO_ENTITLEMENT = "no_entitlement", _("Your organisation has no right to products under this licence.")
    ENTITLEMENT_NOT_STARTED = "entitlement_not_started", _("The right of your organisation has not begun yet.")
    ENTITLEMENT_EXPIRED = "entitlement_expired", _("The right of your organisation has expired.")
    ENTITLEMENT_SUSPENDED = "entitlement_suspended", _("The right of your organisation is suspended.")
    ACTION_NOT_GRANTED = "action_not_granted", _("The licence does not cover this action for your organisation.")
    CLASS_NOT_ADMITTED = "class_not_admitted", _("The licence does not admit organisations of your class.")
    COUNTRY_NOT_ADMITTED = "country_not_admitted", _("The licence does not admit the country of your organisation.")
    NATIONALITY_UNKNOWN = "nationality_unknown", _("Nobody has checked yet whether the nationality condition is met.")
    NATIONALITY_NOT_MET = "nationality_not_met", _("The nationality condition of the licence is not met.")
    PURPOSE_NOT_ADMITTED = "purpose_not_admitted", _("The licence does not admit the purpose of your right.")
    CONTRACTOR_NOT_ADMITTED = "contractor_not_admitted", _("The licence does not admit contractors.")
    PROJECT_NOT_STARTED = "project_not_started", _("The project has not begun yet.")
    PROJECT_ENDED = "project_ended", _("The project has ended.")
    NOT_IN_PROJECT = "not_in_project", _("You are not among the members of the project.")
    ORGANISATION_ACCEPTANCE_MISSING = (
        "organisation_acceptance_missing",
        _("The legal representative has not accepted the licence in force."),
    )
    PERSON_ACCEPTANCE_MISSING = "person_acceptance_missing", _("You have not signed the licence in force.")
    BLOCKED = "blocked", _("Access is blocked.")
    EMBARGO = "embargo", _("This image is under embargo.")
    LICENCE_EMBARGO = "licence_embargo", _("The licence opens images only some time after their acquisition.")
    HOLD_BACK = "hold_back", _("This image is reserved for its requester for the time being.")
    WITHDRAWN = "withdrawn", _("This image has been withdrawn.")
    PROJECT_REQUIRED = "project_required", _("Several projects could cover this: name one.")
