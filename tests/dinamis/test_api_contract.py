# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever a program sends to an operation of the OpenAPI document, the answer is one that the document describes.

Schemathesis draws requests from the document, right ones and wrong ones, with the identifiers of real rows among them;
they reach the site as a WSGI application, with the key of a researcher, of an organisation or without any. An answer is
never a 5xx; its status, its type and its body are as declared.
"""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dinamis.accounts.enums import ApiScope
from dinamis.core.api.pages import document
from tests.cast import gather
from tests.factories.api import basic, key_of
from tests.factories.catalogue import AssetFactory, CollectionFactory, ItemFactory
from tests.factories.licensing import person_signs

EXAMPLES = int(os.environ.get("DINAMIS_CONTRACT_EXAMPLES", "6"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(document())
SCHEMA.app = get_wsgi_application()
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}


@pytest.fixture(scope="module")
def callers(django_db_setup, django_db_blocker):
    """The headers of each kind of caller, in a world where there is something to read; written once."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = gather()
        AssetFactory(item=ItemFactory(collection=CollectionFactory(licence=cast.licences["pleiades-uia"])))
        person_signs(cast.alice, cast.licences["pleiades-uia"].versions.get(state="published"))
        writer = key_of(cast.alice, name="projets", scopes=[ApiScope.RIGHTS.value, ApiScope.PROJECTS.value])
        keys = (key_of(cast.alice), writer, key_of(cast.remi, organisation=cast.institute))
        yield [{}, *({"Authorization": basic(credentials)} for _key, credentials in keys)]
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _inside_one_transaction(caplog):
    """A request ends without closing the connection, as those of Django's own test client; refusals are not logged."""
    caplog.set_level("CRITICAL", logger="django.request")
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def conforms(operation, callers, examples):
    """Send so many requests to an operation, each from the same beginning."""
    requests = st.one_of(operation.as_strategy(mode) for mode in GenerationMode)

    @seed(1)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=requests, caller=st.sampled_from(callers))
    def asked(case, caller):
        with transaction.atomic():
            case.call_and_validate(headers=caller, checks=CHECKS)
            transaction.set_rollback(True)

    asked()


def test_every_operation_of_the_document_is_asked():
    described = {f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods}
    assert set(OPERATIONS) == described
    assert len(described) > 15


@pytest.mark.django_db
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_an_operation_answers_as_it_says(callers, label):
    conforms(OPERATIONS[label], callers, EXAMPLES)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_an_operation_answers_as_it_says_fifty_times(callers, label):
    conforms(OPERATIONS[label], callers, max(EXAMPLES, 50))
