# SPDX-License-Identifier: AGPL-3.0-or-later
"""A client that holds each answer of the API against its own description: what is sent is what the document says."""

from functools import cache
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from dinamis.core.api.pages import document

API = "/api/v1/"
HERE = "urn:openapi"


class DescribedClient(Client):
    """Django's client; an answer of the API whose status or members its operation does not describe fails the test."""

    def request(self, **request: Any) -> Any:
        """Return the answer, once it is as the document says."""
        answer = super().request(**request)
        if request.get("PATH_INFO", "").startswith(API) and "json" in answer.get("Content-Type", ""):
            check_described(request["REQUEST_METHOD"], answer)
        return answer


def check_described(method: str, answer: Any) -> None:
    """Assert that the operation that gave `answer` describes its type and body. Which refusals it describes is asked by
    tests/dinamis/test_api_contract.py; a success that it does not describe is none."""
    operation = _operation(method, answer)
    described = operation["responses"].get(str(answer.status_code)) if operation else None
    if described is None:
        assert operation is None or answer.status_code >= 400, f"{operation['operationId']}: {answer.status_code}"
        return
    kind = answer["Content-Type"].partition(";")[0]
    assert kind in described.get("content", {}), f"{operation['operationId']} does not describe {kind}"
    errors = list(_validator(described["content"][kind]["schema"]).iter_errors(answer.json()))
    assert not errors, [f"{error.json_path}: {error.message[:200]}" for error in errors[:5]]


def _operation(method: str, answer: Any) -> dict[str, Any] | None:
    match = answer.resolver_match
    if match is None:
        return None
    return _operations().get((match.view_name, method.lower()))


@cache
def _operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Every operation by the name of its address and its method."""
    from django.urls import Resolver404, resolve

    found = {}
    for path, methods in document()["paths"].items():
        address = path
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    number = parameter["schema"].get("type") == "integer"
                    address = address.replace(f"{{{parameter['name']}}}", "1" if number else "x")
        try:
            name = resolve(address).view_name
        except Resolver404:
            continue
        found |= {(name, method): operation for method, operation in methods.items()}
    return found


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    whole = Resource.from_contents(document(), default_specification=DRAFT202012)
    registry: Any = Registry().with_resource(HERE, whole)
    formats = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(_absolute(schema), registry=registry, format_checker=formats)


def _absolute(schema: Any) -> Any:
    """The schema with its references leading into the document."""
    if isinstance(schema, dict):
        return {name: f"{HERE}{value}" if name == "$ref" else _absolute(value) for name, value in schema.items()}
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema
