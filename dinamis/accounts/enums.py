# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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
