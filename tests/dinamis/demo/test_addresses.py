# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import secrets

import pytest
from allauth.mfa.signals import authenticator_added
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

from dinamis.demo.addresses import demo_document, served
from dinamis.demo.people import PASSWORD, PROMISED
from tests.factories.accounts import ModeratorFactory

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


def test_a_changed_second_factor_is_written_where_the_file_stands(monkeypatch, tmp_path, rf):
    monkeypatch.setenv("DINAMIS_VAR", str(tmp_path))
    request = rf.get("/")
    request.session = SessionStore()
    moderator = ModeratorFactory(email="dora.lenoir@dinamis.example", enrolled=False)
    other = secrets.token_hex(20)

    def enrol():
        made = TOTP.activate(moderator, other)
        authenticator_added.send(sender=type(moderator), request=request, user=moderator, authenticator=made.instance)

    enrol()
    assert not (tmp_path / "demo.json").exists()
    moderator.authenticator_set.all().delete()
    call_command("write_demo_json")
    assert "moderator" not in json.loads((tmp_path / "demo.json").read_text())["totp"]
    enrol()
    assert json.loads((tmp_path / "demo.json").read_text())["totp"]["moderator"] == other


def test_the_document_prints_the_api_keys_and_their_address():
    document = demo_document()
    assert document["api_url"].endswith("/api/v1/")
    assert {"researcher", "colleague", "organisation", "partner"} <= set(document["api_clients"])
    key = document["api_clients"]["researcher"]
    assert set(key) == {"access_key", "secret_key", "client_id", "client_secret"}
    assert len(key["secret_key"]) == 64
