# SPDX-License-Identifier: AGPL-3.0-or-later
"""The description of the API is valid, complete, and shown to people without a script."""

import pytest
from django.urls import get_resolver
from openapi_spec_validator import OpenAPIV31SpecValidator

from dinamis.core.api.pages import document, operations

ADDRESS = "/api/v1/openapi.json"


@pytest.fixture
def described():
    document.cache_clear()
    return document()


def test_the_document_is_valid_openapi_3_1(client, described):
    answer = client.get(ADDRESS)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=300")
    assert answer.json() == described
    assert described["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []


def test_generating_it_says_no_word_of_warning(capsys):
    document.cache_clear()
    document()
    assert capsys.readouterr().err == ""


def test_every_address_of_the_api_is_described(described):
    (api,) = [one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/"]
    names = {one.name for one in api.url_patterns} - {"home", "openapi", "not_found"}
    assert len(described["paths"]) == len(names)


def test_every_operation_has_its_words_its_refusals_and_its_credentials(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            assert {"400", "401", "403", "406"} <= set(operation["responses"]), (path, method)
            for status in set(operation["responses"]) - {"200", "201", "304"}:
                assert set(operation["responses"][status]["content"]) == {"application/problem+json"}
            assert operation["security"], path


@pytest.mark.django_db
def test_the_page_shows_every_operation_and_programs_are_led_to_the_document(client):
    page = client.get("/api/v1/", headers={"Accept": "text/html"})
    for operation in operations():
        assert f"{operation['method']} {operation['path']}" in page.content.decode()
    assert "<script>" not in page.content.decode()
    assert client.get("/api/v1/", headers={"Accept": "application/json"}).json()["openapi"].endswith(ADDRESS)
