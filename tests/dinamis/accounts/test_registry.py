# SPDX-License-Identifier: AGPL-3.0-or-later
"""Extracts of public registers: what is read of them, what is left out, and that nothing needs them."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from dinamis.accounts.models import RegistryEntry
from dinamis.accounts.services.registry import find_in_registry, import_registry
from tests.factories.accounts import UserFactory, siret

pytestmark = pytest.mark.django_db


def test_sirene_by_commas_with_a_wrong_number_a_double_and_a_nameless_line(tmp_path):
    path = tmp_path / "StockEtablissement.csv"
    lines = [
        "siret,denominationUniteLegale,sigleUniteLegale,libelleCommuneEtablissement",
        f"{siret(1)},INSTITUT DES RIVAGES,IR,BREST",
        f"{siret(1)},INSTITUT DES RIVAGES,IR,QUIMPER",
        "12345678901234,FAUX,,",
        f"{siret(2)},,,LYON",
    ]
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    assert import_registry("siret", path) == (1, 3)
    entry = find_in_registry(" ".join(siret(1)))
    assert (entry.name, entry.acronym, entry.city, entry.country) == ("INSTITUT DES RIVAGES", "IR", "QUIMPER", "FR")
    path.write_text("\n".join([lines[0], f"{siret(1)},NOUVEAU NOM,,BREST"]))
    assert import_registry("siret", path) == (1, 0)
    assert RegistryEntry.objects.get().name == "NOUVEAU NOM"


def test_uai_by_semicolons_and_ror_as_json(tmp_path, capsys):
    path = tmp_path / "annuaire.csv"
    path.write_text(
        "numero_uai;appellation_officielle;nom_commune\n0750736t;École des essais;Paris\n0750736A;Faux;Paris\n"
    )
    assert import_registry("uai", path) == (1, 1)
    dump = tmp_path / "ror.json"
    dump.write_text(
        json.dumps(
            [
                {
                    "id": "https://ror.org/02feahw73",
                    "names": [
                        {"value": "CNRS", "types": ["acronym"]},
                        {"value": "Centre national", "types": ["ror_display", "label"]},
                    ],
                    "locations": [{"geonames_details": {"name": "Paris", "country_code": "FR"}}],
                },
                {"id": "https://ror.org/02feahw74", "names": [], "locations": []},
            ]
        )
    )
    call_command("import_registry", "ror", str(dump))
    assert "1 entries kept" in capsys.readouterr().out
    assert find_in_registry("ror.org/02FEAHW73").acronym == "CNRS"
    assert find_in_registry("0750736t").name == "École des essais"
    assert find_in_registry(siret(9)) is None
    with pytest.raises(ValidationError):
        find_in_registry("CNRS")
    with pytest.raises(CommandError):
        call_command("import_registry", "ror", str(tmp_path / "absent.json"))


@pytest.mark.parametrize("number", ["0750736T", siret(4), "02feahw73", "n'importe quoi", "12345678901234"])
def test_the_form_is_filled_in_or_says_why_not_and_never_insists(number):
    RegistryEntry.objects.create(register="uai", number="0750736T", name="École des essais", city="Paris")
    client = Client()
    client.force_login(UserFactory())
    answer = client.get(reverse("licensing:adhesion_new"), {"number": number})
    assert answer.status_code == 200
    found = number == "0750736T"
    assert (answer.context["form"].initial.get("name") == "École des essais") is found
    assert bool(answer.context["search"].errors) is not found
