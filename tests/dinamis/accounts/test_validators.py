# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from django.core.exceptions import ValidationError

from dinamis.accounts.validators import validate_country, validate_ror, validate_siret, validate_uai


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (validate_siret, "73282932000074"),
        (
            validate_siret,
            "35600000049837",
        ),  # an establishment of La Poste: fails Luhn, its digits sum to a multiple of 5
        (validate_ror, "02feahw73"),
        (validate_ror, "04k8k6n84"),
        (validate_uai, "0750736T"),
        (validate_country, "RE"),
    ],
)
def test_right_values_pass(check, value):
    check(value)


@pytest.mark.parametrize(
    ("check", "value", "code"),
    [
        (validate_siret, "73282932000075", "siret_checksum"),
        (validate_siret, "7328293200007", "siret_format"),
        (validate_siret, "7328293200007a", "siret_format"),
        (validate_siret, "٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "siret_format"),
        (validate_siret, "35600000049838", "siret_checksum"),
        (validate_ror, "12feahw73", "ror_format"),
        (validate_ror, "02feahw74", "ror_checksum"),
        (validate_ror, "02fehaw73", "ror_checksum"),
        (validate_uai, "0750736A", "uai_letter"),
        (validate_uai, "0750737T", "uai_letter"),
        (validate_uai, "750736T", "uai_format"),
        (validate_country, "ZZ", "country_format"),
        (validate_country, "FRA", "country_format"),
        (validate_country, "fr", "country_format"),
    ],
)
def test_wrong_values_are_named(check, value, code):
    with pytest.raises(ValidationError) as caught:
        check(value)
    assert caught.value.code == code
