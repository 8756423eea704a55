# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest
from django.core.management import call_command

from dinamis.demo.addresses import demo_document, served
from dinamis.demo.people import PASSWORD, PROMISED

pytestmark = pytest.mark.django_db


def test_an_address_is_given_only_for_what_is_served():
    assert served("/healthz").endswith("/healthz")
    assert served("/nothing-here/") is None


def test_the_document_has_every_promised_key(settings, monkeypatch):
    settings.SITE_URL = "http://localhost:8010"
    monkeypatch.setenv("SIMULATOR_PUBLIC_URL", "http://localhost:8010/simulator/")
    monkeypatch.setenv("DATABASE_URL", "postgresql://web@/dinamis")
    document = demo_document()
    assert set(document) == {
        *("url", "stac_url", "stac_root_url", "api_url", "signing_url", "simulator_url", "mailbox_url"),
        *("database_url", "password", "accounts", "totp", "api_clients"),
    }
    assert document["url"] == "http://localhost:8010"
    assert document["simulator_url"] == "http://localhost:8010/simulator"
    assert document["mailbox_url"] == "http://localhost:8010/demo/mailbox/"
    assert document["database_url"] == "postgresql://web@/dinamis"
    assert document["password"] == PASSWORD
    assert tuple(document["accounts"]) == PROMISED


def test_the_file_is_written_whole(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DINAMIS_VAR", str(tmp_path / "var"))
    call_command("write_demo_json")
    assert (
        json.loads((tmp_path / "var" / "demo.json").read_text())["accounts"]["moderator"]
        == "dora.lenoir@dinamis.example"
    )
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["demo.json"]


def test_the_document_prints_the_api_keys_and_their_address():
    document = demo_document()
    assert document["api_url"].endswith("/api/v1/")
    assert {"researcher", "colleague", "organisation", "partner"} <= set(document["api_clients"])
    key = document["api_clients"]["researcher"]
    assert set(key) == {"access_key", "secret_key", "client_id", "client_secret"}
    assert len(key["secret_key"]) == 64
