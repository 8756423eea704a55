# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values that forms, services and models check alike."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from licensing.enums import EligibilityClass

# France and what INSEE registers under its SIRET: overseas departments and collectivities (ISO 3166-1).
FRENCH_CODES = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF"})


def validate_class_identity(eligibility_class: str, country: str, siret: str) -> None:
    """Refuse a class that does not fit the country, or a French body without SIRET (domain facts, 2.2)."""
    french = country in FRENCH_CODES
    if eligibility_class == EligibilityClass.FOREIGN_SCIENTIFIC:
        if french:
            raise _wrong("country", _("This class is for organisations established outside France."), "class_country")
        return
    if not french:
        raise _wrong("country", _("This class is for organisations established in France."), "class_country")
    if not siret:
        raise _wrong("siret", _("Give the SIRET of the organisation."), "siret_missing")


def _wrong(field: str, message: object, code: str) -> ValidationError:
    return ValidationError({field: ValidationError(str(message), code=code)})
