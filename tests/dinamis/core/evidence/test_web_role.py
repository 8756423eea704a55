# SPDX-License-Identifier: AGPL-3.0-or-later
"""The role of the web writes events by changing facts, and in no other way."""

import os

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from dinamis.core.models import Event
from tests.factories.accounts import OrganisationFactory

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = (
    "INSERT INTO core_event SELECT * FROM core_event",
    "UPDATE core_event SET action = 'x'",
    "DELETE FROM core_event",
    "TRUNCATE core_event",
    "INSERT INTO core_eventlink VALUES (1, 1, '', '', now())",
    "UPDATE core_eventlink SET chain = ''",
    "DELETE FROM core_eventlink",
    "INSERT INTO core_eventsalt (table_name, object_id, salt) VALUES ('x', 1, 'x')",
    "DELETE FROM core_eventsalt",
    "UPDATE core_dailyseal SET root = ''",
    "DELETE FROM core_dailyseal",
    "SELECT dinamis_write_event('insert', 'x', 1, '{}', '{}')",
    "SELECT dinamis_baseline('accounts_organisation')",
    "ALTER TABLE accounts_organisation DISABLE TRIGGER USER",
    "SET session_replication_role = replica",
    "DROP FUNCTION dinamis_record_event() CASCADE",
)


@pytest.fixture
def web():
    url = os.environ.get("DATABASE_WEB_URL")
    if not url:
        pytest.skip("DATABASE_WEB_URL names no connection of the web role")
    call_command("grant_web_role", verbosity=0)
    with psycopg.connect(url, dbname=connection.settings_dict["NAME"], autocommit=True) as session:
        yield session


@pytest.mark.parametrize("statement", REFUSED)
def test_the_web_role_is_refused(web, statement):
    OrganisationFactory()
    before = list(Event.objects.values_list("id", "sha256"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(statement)
    assert list(Event.objects.values_list("id", "sha256")) == before


def test_the_web_role_cannot_switch_events_off(web):
    organisation = OrganisationFactory()
    web.execute("SET pgtrigger.ignore = '{accounts_organisation:record_events,pgtrigger_record_events_afbf0}'")
    web.execute("UPDATE accounts_organisation SET name = 'Autre' WHERE id = %s", [organisation.pk])
    event = Event.objects.latest("id")
    assert (event.operation, event.object_id, event.role) == ("update", organisation.pk, "dinamis_web")


def test_the_web_role_may_link(web):
    OrganisationFactory()
    assert web.execute("SELECT dinamis_link_events(true)").fetchone()[0] >= 1
