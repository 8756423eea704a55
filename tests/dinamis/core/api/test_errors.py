# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever goes wrong in the API is told in problem+json."""

import json

import pytest
from django.db.utils import OperationalError
from django.test import RequestFactory
from rest_framework.request import Request

from dinamis.core.api.errors import exception_handler, pointed
from dinamis.core.exceptions import Invalid
from tests.factories.accounts import UserFactory
from tests.factories.api import caller_of

API = "/api/v1"


@pytest.fixture
def api(db):
    return caller_of(UserFactory())


def problem(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["type"], body["status"]) == (f"urn:dinamis:problem:{code}", status)
    assert body["title"]
    return body


def send(api, body, content_type="application/json", path="decisions"):
    return api.post(f"{API}/{path}", body, content_type=content_type)


def test_addresses_that_are_none(api, client):
    for path in ("nothing", "me/", "items/x", "projects/-1", ""):
        answer = api.get(f"{API}/{path}", headers={"Accept": "application/json"})
        if path:
            problem(answer, 404, "not_found")
    problem(client.get(f"{API}/nothing"), 404, "not_found")
    problem(api.get(f"{API}/projects/{10**30}"), 404, "not_found")


def test_methods_and_types_that_are_none(api):
    for method in ("post", "put", "patch", "delete", "options"):
        problem(getattr(api, method)(f"{API}/me"), 405, "method_not_allowed")
    assert api.post(f"{API}/me")["Allow"] == "GET, HEAD"
    problem(api.get(f"{API}/me", headers={"Accept": "text/csv"}), 406, "not_acceptable")
    problem(send(api, "a=1", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")


@pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"items": NaN}', b"\xff\xfe{}"])
def test_json_that_is_none(api, body):
    problem(send(api, body), 400, "malformed")


def test_a_body_too_large_is_not_read(api, settings):
    settings.DINAMIS = {**settings.DINAMIS, "API_MAX_BYTES": 1000}
    problem(send(api, json.dumps({"items": ["x" * 1000]})), 413, "too_large")


def test_what_nobody_expected_is_noted_and_its_words_are_not_told(api, monkeypatch, caplog):
    def broken(*args):
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("dinamis.accounts.api.me.active_memberships", broken)
    api.raise_request_exception = False
    body = problem(api.get(f"{API}/me"), 500, "internal")
    assert "secret" not in json.dumps(body)
    assert "ZeroDivisionError" in caplog.text


def handled(error, method="post"):
    request = Request(getattr(RequestFactory(), method)("/api/v1/x"))
    return exception_handler(error, {"request": request, "view": None})


def test_a_lock_that_is_not_free_is_busy():
    error = OperationalError("lock")
    error.__cause__ = type("Lock", (Exception,), {"sqlstate": "55P03"})()
    answer = handled(error)
    assert (answer.status_code, answer["Retry-After"]) == (503, "3")


def test_a_refused_value_is_pointed_at_in_the_body_or_named_in_the_address():
    error = Invalid("Too big.", pointer="files.3", repair="Make it smaller.", code="size")
    body = json.loads(handled(error).content)
    assert body["errors"] == [
        {"detail": "Too big.", "code": "size", "pointer": "/files/3", "repair": "Make it smaller."}
    ]
    assert json.loads(handled(error, "get").content)["errors"][0]["parameter"] == "files"


def test_pointers_are_escaped():
    assert pointed({"a/b": {"c~d": ["bad"]}}) == [{"pointer": "/a~1b/c~0d", "detail": "bad", "code": "invalid"}]
