# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest
from django.test import RequestFactory

from dinamis.core.exceptions import Busy, Invalid, NotEntitled
from dinamis.core.middleware import DomainErrorMiddleware
from dinamis.core.problem import problem, problem_from


def body(response):
    return json.loads(response.content)


def test_a_problem_has_the_members_of_rfc_9457():
    response = problem(403, "not_entitled", "No right.", missing=[{"code": "x"}])
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert body(response) == {
        "type": "urn:dinamis:problem:not_entitled",
        "title": "Forbidden",
        "status": 403,
        "detail": "No right.",
        "missing": [{"code": "x"}],
    }


def test_missing_credentials_are_challenged_and_a_busy_server_says_when():
    assert problem(401, "x", "y")["WWW-Authenticate"] == 'Bearer realm="dinamis"'
    assert problem_from(Busy("later"))["Retry-After"] == "3"


def test_domain_errors_keep_what_they_name():
    invalid = body(problem_from(Invalid("Too big.", pointer="aoi", repair="Make it smaller.")))
    assert (invalid["status"], invalid["pointer"], invalid["repair"]) == (422, "aoi", "Make it smaller.")
    denied = body(problem_from(NotEntitled("No.", missing=[{"code": "blocked"}])))
    assert (denied["status"], denied["missing"]) == (403, [{"code": "blocked"}])


@pytest.mark.parametrize("path", ["/api/v1/orders", "/d/token/name.tif", "/stac/search", "/tiles/items/0/0/0.mvt"])
def test_programs_get_problems_from_the_middleware(path):
    middleware = DomainErrorMiddleware(lambda request: None)
    response = middleware.process_exception(RequestFactory().get(path), Busy("later"))
    assert (response.status_code, body(response)["type"]) == (503, "urn:dinamis:problem:busy")


def test_other_errors_are_left_to_django():
    middleware = DomainErrorMiddleware(lambda request: None)
    assert middleware.process_exception(RequestFactory().get("/"), ValueError("x")) is None
