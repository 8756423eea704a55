# SPDX-License-Identifier: AGPL-3.0-or-later
import ipaddress
import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LA_POSTE = "356000000"


def validate_siret(value: str) -> None:
    """Refuse a SIRET that is not 14 digits or fails its checksum.

    Luhn over the 14 digits; establishments of La Poste (SIREN 356000000) sum their digits to a multiple of 5 instead
    (INSEE, "Identifiant SIRET").
    """
    if not re.fullmatch(r"[0-9]{14}", value):
        raise ValidationError(_("A SIRET has 14 digits."), code="siret_format")
    if value.startswith(LA_POSTE) and sum(map(int, value)) % 5 == 0:
        return
    if _luhn(value) % 10:
        raise ValidationError(_("This SIRET has a wrong check digit: one figure is mistyped."), code="siret_checksum")


def _luhn(digits: str) -> int:
    doubled = (int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled)


def validate_ror(value: str) -> None:
    """Refuse what is not a ROR identifier: `0`, six characters, two check digits (ROR documentation)."""
    if not re.fullmatch(r"0[0-9a-hj-km-np-tv-z]{6}[0-9]{2}", value):
        raise ValidationError(_("A ROR identifier looks like 02feahw73."), code="ror_format")


def validate_country(value: str) -> None:
    """Refuse what is not an ISO 3166-1 alpha-2 code."""
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ValidationError(_("Write the two-letter country code (ISO 3166-1)."), code="country_format")


def validate_network(value: str) -> None:
    """Refuse what is neither an address nor a network in CIDR form, IPv4 or IPv6."""
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValidationError(
            _("“%(value)s” is not a network: write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.") % {"value": value},
            code="network_format",
        ) from error
