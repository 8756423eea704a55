# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verbs on organisations."""

from dataclasses import asdict, dataclass, replace

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.accounts.validators import tidied_identifier
from dinamis.core.exceptions import Invalid
from dinamis.core.validation import checked


@dataclass(frozen=True)
class OrganisationData:
    """What a form says of a legal entity; `country` is ISO 3166-1 alpha-2, `siret` 14 digits."""

    name: str
    acronym: str = ""
    country: str = "FR"
    siret: str = ""
    ror: str = ""
    sector: str = ""
    city: str = ""
    uai: str = ""

    def tidied(self) -> "OrganisationData":
        """Return the same without the spaces people type into identifiers."""
        return replace(
            self,
            name=" ".join(self.name.split()),
            country=self.country.strip().upper(),
            siret=tidied_identifier(self.siret),
            ror=tidied_identifier(self.ror),
            uai=tidied_identifier(self.uai),
        )


def create_organisation(*, data: OrganisationData) -> Organisation:
    """Create an organisation. Raises Invalid: wrong SIRET, ROR or country, or an identifier used already."""
    return _saved(Organisation(**asdict(data.tidied())))


def update_organisation(*, organisation: Organisation, data: OrganisationData) -> Organisation:
    """Rewrite what is known of an organisation. Raises Invalid as `create_organisation` does."""
    for field, value in asdict(data.tidied()).items():
        setattr(organisation, field, value)
    return _saved(organisation)


def _saved(organisation: Organisation) -> Organisation:
    checked(organisation)
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        raise Invalid(_("An organisation with this identifier exists already."), code="organisation_exists") from error
    return organisation
