# SPDX-License-Identifier: AGPL-3.0-or-later
import ipaddress
import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LA_POSTE = "356000000"
# The letters of check digits that are no figure: neither i, o nor q (annuaire des établissements, "numéro UAI").
UAI_LETTERS = "abcdefghjklmnprstuvwxyz"
# Crockford's base 32, in which the middle of a ROR identifier is written.
BASE_32 = "0123456789abcdefghjkmnpqrstvwxyz"
# ISO 3166-1 alpha-2, officially assigned.
COUNTRIES = frozenset(
    re.findall(
        "..",
        "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCR"
        "CUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHU"
        "IDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQ"
        "MRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSI"
        "SJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW",
    )
)


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
    """Refuse what is not a ROR identifier: `0`, six characters in base 32, two check digits.

    The check digits follow ISO/IEC 7064 MOD 97-10 over the number the six characters write (ROR, "identifier pattern").
    """
    if not re.fullmatch(r"0[0-9a-hj-km-np-tv-z]{6}[0-9]{2}", value):
        raise ValidationError(_("A ROR identifier looks like 02feahw73."), code="ror_format")
    number = 0
    for character in value[1:7]:
        number = number * 32 + BASE_32.index(character)
    if 98 - number * 100 % 97 != int(value[7:]):
        raise ValidationError(
            _("This ROR identifier has wrong check digits: one character is mistyped."), code="ror_checksum"
        )


def validate_uai(value: str) -> None:
    """Refuse what is not a UAI number: seven digits and the letter of their remainder modulo 23."""
    if not re.fullmatch(r"[0-9]{7}[A-Z]", value):
        raise ValidationError(_("A UAI number has seven digits and a letter, like 0750736T."), code="uai_format")
    if UAI_LETTERS[int(value[:7]) % 23] != value[7].lower():
        raise ValidationError(_("This UAI number has a wrong check letter: one figure is mistyped."), code="uai_letter")


def validate_country(value: str) -> None:
    """Refuse what is not an ISO 3166-1 alpha-2 code."""
    if value not in COUNTRIES:
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


def register_of(value: str) -> str:
    """Return the register an identifier belongs to by its form: siret, uai, ror. Raises ValidationError.

    The check digits are verified.
    """
    if re.fullmatch(r"[0-9]{14}", value):
        validate_siret(value)
        return "siret"
    if re.fullmatch(r"[0-9]{7}[A-Z]", value):
        validate_uai(value)
        return "uai"
    if value.startswith("0") and len(value) == 9:
        validate_ror(value)
        return "ror"
    raise ValidationError(
        _("This is no SIRET (14 digits), UAI (7 digits and a letter) or ROR identifier (like 02feahw73)."),
        code="identifier_format",
    )


def tidied_identifier(value: str) -> str:
    """Return an identifier as its register writes it: no spaces, no address, UAI in capitals, ROR in small letters."""
    plain = "".join(value.split()).lower().removeprefix("https://ror.org/").removeprefix("ror.org/")
    return plain.upper() if re.fullmatch(r"[0-9]{7}[a-z]", plain) else plain


def validate_scope(value: str) -> None:
    """Refuse an affiliation scope that is no domain of two labels or more, in small ASCII letters."""
    if not re.fullmatch(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", value):
        raise ValidationError(_("A scope is a domain such as univ-example.fr."), code="scope_format")


def validate_person_name(value: str) -> None:
    """Refuse what is no name of a person: addresses, formulas, markup, figures."""
    plain = all(letter in " -'’.·" or unicodedata.category(letter)[0] in "LM" for letter in value)
    if not plain or not value[:1].isalpha():
        raise ValidationError(_("A name has letters, spaces, hyphens and apostrophes."), code="person_name")
