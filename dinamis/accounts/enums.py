# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OfficeRole(TextChoices):
    """What a person does for the scheme itself."""

    NONE = "none", _("none")
    MODERATOR = "moderator", _("moderator")
    ADMINISTRATOR = "administrator", _("administrator")
    OPINION_CNES = "opinion_cnes", _("opinion of CNES")
    OPINION_AIRBUS = "opinion_airbus", _("opinion of Airbus DS")


class MemberRole(TextChoices):
    """What a person does in an organisation."""

    MEMBER = "member", _("member")
    REFERENT = "referent", _("DINAMIS référent")


class MembershipState(TextChoices):
    """Where a membership stands."""

    INVITED = "invited", _("invited")
    REQUESTED = "requested", _("requested")
    ACTIVE = "active", _("active")
    ENDED = "ended", _("ended")


class MembershipEnd(TextChoices):
    """How a membership ended; empty for those that ended before this was kept."""

    LEFT = "left", pgettext_lazy("membership", "left")
    REMOVED = "removed", pgettext_lazy("membership", "removed by a référent")
    DECLINED = "declined", pgettext_lazy("membership", "declined")
    ROLE_CHANGED = "role_changed", pgettext_lazy("membership", "goes on in another role")
    BY_OFFICE = "by_office", pgettext_lazy("membership", "ended by the office")
    ORGANISATION_ENDED = "organisation_ended", pgettext_lazy("membership", "the organisation ended")


class NominationState(TextChoices):
    """Where the naming of a référent stands."""

    PROPOSED = "proposed", pgettext_lazy("nomination", "proposed")
    ACCEPTED = "accepted", pgettext_lazy("nomination", "accepted")
    DECLINED = "declined", pgettext_lazy("nomination", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("nomination", "withdrawn")
    EXPIRED = "expired", pgettext_lazy("nomination", "expired")


class ApiClientState(TextChoices):
    """Whether an API key may still be used; *expired* is computed from its date."""

    ACTIVE = "active", pgettext_lazy("API key", "active")
    REVOKED = "revoked", pgettext_lazy("API key", "revoked")


class ErasureState(TextChoices):
    """Where the erasure of an account stands."""

    ASKED = "asked", pgettext_lazy("erasure", "asked")
    CANCELLED = "cancelled", pgettext_lazy("erasure", "taken back")
    REFUSED = "refused", pgettext_lazy("erasure", "refused")
    DONE = "done", pgettext_lazy("erasure", "done")


class ErasureCause(TextChoices):
    """Why an account is to be erased."""

    ASKED = "asked", pgettext_lazy("cause of an erasure", "asked by its person")
    UNUSED = "unused", pgettext_lazy("cause of an erasure", "not used any more")


class ApiScope(TextChoices):
    """What an API key may be used for. None of them lets it sign, decide, invite or manage keys."""

    RIGHTS = "rights:read", _("read rights, projects and adhesions, ask for decisions")
    CATALOGUE = "catalogue:read", _("read the catalogue")
    PROJECTS = "projects:write", _("describe, change and end projects")
    ORDERS = "orders:read", _("read orders and what can be ordered")
    ORDERS_WRITE = "orders:write", _("write, submit and cancel orders")
    TICKETS = "tickets:create", _("ask for download links")
    ENTITLEMENTS = "entitlements:read", _("read the entitlements of every organisation (partner portals)")
    PUBLISH = "catalogue:write", _("publish, change and delete images of the catalogue (data centres)")


# What an administrator alone grants, and to the key of an organisation only.
PARTNER_SCOPES = (ApiScope.ENTITLEMENTS, ApiScope.PUBLISH)


class IdentityOccasion(TextChoices):
    """When a provider of identity said something of a person."""

    SIGNED_IN = "signed_in", _("signed in")
    LINKED = "linked", _("linked")
    UNLINKED = "unlinked", _("unlinked")


class Affiliation(TextChoices):
    """Values of eduPersonScopedAffiliation a rule may rest on; alum and library-walk-in are bound to nothing."""

    MEMBER = "member", _("member of the institution")
    EMPLOYEE = "employee", _("employee")
    STAFF = "staff", _("staff")
    FACULTY = "faculty", _("teaching or research staff")
    RESEARCHER = "researcher", _("researcher")
    TEACHER = "teacher", _("teacher")
    STUDENT = "student", _("student")


class RuleEffect(TextChoices):
    """What a rule makes of a matching sign-in."""

    PROPOSE = "propose", _("the account is proposed to the référent")
    ACTIVATE = "activate", _("the account is activated at once")


class InvitationState(TextChoices):
    """Where an invitation stands; *expired* is computed from its date."""

    SENT = "sent", pgettext_lazy("invitation", "sent")
    ACCEPTED = "accepted", pgettext_lazy("invitation", "accepted")
    DECLINED = "declined", pgettext_lazy("invitation", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "withdrawn")
