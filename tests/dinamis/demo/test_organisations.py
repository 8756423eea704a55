# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from dinamis.accounts.validators import validate_siret
from dinamis.demo.organisations import ORGANISATIONS
from dinamis.demo.people import PASSWORD, PEOPLE, PROMISED, person
from dinamis.demo.siret import invented_siret


@pytest.mark.parametrize("number", [1, 1101, 2053, 9999])
def test_an_invented_siret_passes_the_checksum(number):
    validate_siret(invented_siret(number))


@pytest.mark.parametrize("number", [0, 10_000, -1])
def test_a_number_outside_the_range_is_refused(number):
    with pytest.raises(ValueError, match="from 1 to 9999"):
        invented_siret(number)


def test_every_siret_of_the_demo_is_valid_and_nobodys():
    numbers = [cast.data.siret for cast in ORGANISATIONS if cast.data.country == "FR"]
    assert len(set(numbers)) == len(numbers) == 11
    for number in numbers:
        validate_siret(number)
        assert number.startswith("0000")


def test_the_three_classes_and_many_states_are_there():
    assert {cast.eligibility_class.value for cast in ORGANISATIONS} == {
        "french_institutional",
        "foreign_scientific",
        "private",
    }
    assert len(ORGANISATIONS) == 13
    assert len({cast.until.value for cast in ORGANISATIONS}) == 8


def test_addresses_cannot_be_anybodys():
    addresses = [one.email for one in PEOPLE]
    addresses += [cast.referent[1] for cast in ORGANISATIONS]
    addresses += [cast.representative.email for cast in ORGANISATIONS if cast.representative.email]
    addresses += [member.email for cast in ORGANISATIONS for member in cast.members]
    assert all(address.endswith(".example") for address in addresses)


def test_the_same_address_is_the_same_person_everywhere():
    names = {}
    for cast in ORGANISATIONS:
        pairs = [cast.referent, *((member.name, member.email) for member in cast.members)]
        pairs.append((cast.representative.name, cast.representative.email))
        for name, email in pairs:
            assert names.setdefault(email, name) == name
    for one in PEOPLE:
        assert names.setdefault(one.email, one.name) == one.name


def test_the_password_is_long_enough():
    assert len(PASSWORD) >= 12


def test_only_the_legal_representative_has_no_account():
    assert [key for key in PROMISED if not person(key).has_account] == ["legal_representative"]


def test_an_unknown_person_is_an_error():
    with pytest.raises(KeyError):
        person("nobody")
