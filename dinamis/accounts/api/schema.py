# SPDX-License-Identifier: AGPL-3.0-or-later
"""How the OpenAPI document speaks of credentials and refusals."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from dinamis.core.api.pagination import DEFAULT_LIMIT, MAX_LIMIT


class KeyScheme(OpenApiAuthenticationExtension):
    """HTTP Basic, or the pair of headers."""

    target_class = "dinamis.accounts.api.authentication.KeyAuthentication"
    name = ["apiKey", "accessKey", "secretKey"]  # noqa: RUF012

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return the three schemes."""
        return [
            {"type": "http", "scheme": "basic", "description": "access key and secret key of an API key"},
            {"type": "apiKey", "in": "header", "name": "access-key"},
            {"type": "apiKey", "in": "header", "name": "secret-key"},
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Return either of the two ways."""
        return [{"apiKey": []}, {"accessKey": [], "secretKey": []}]


class ProblemError(serializers.Serializer):
    """One value that cannot be used."""

    detail = serializers.CharField()
    code = serializers.CharField()
    pointer = serializers.CharField(required=False, help_text="JSON pointer into the body")
    parameter = serializers.CharField(required=False, help_text="name of the query parameter")
    repair = serializers.CharField(required=False)


class Missing(serializers.Serializer):
    """One condition that fails, and the page that repairs it."""

    code = serializers.CharField()
    detail = serializers.CharField()
    repair = serializers.CharField(allow_blank=True)


class Problem(serializers.Serializer):
    """RFC 9457 problem details."""

    type = serializers.CharField(help_text="urn:dinamis:problem:<code>")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemError(many=True, required=False)  # type: ignore[assignment]
    missing = Missing(many=True, required=False)


WORDS = {
    400: "Malformed body, or a query parameter that is not known",
    401: "Missing or bad credentials",
    403: "Not permitted, or not entitled (`missing`)",
    404: "Nothing here, or not for you",
    406: "Only JSON is spoken here",
    409: "Illegal transition, stale decision, or an Idempotency-Key used for another body",
    412: "`If-Match` names another state",
    413: "The body is too large",
    415: "Only JSON is read here",
    422: "Some values cannot be used (`errors`)",
    503: "Busy: try again after `Retry-After` seconds",
}
ALWAYS = (400, 401, 403, 406)


def answers(ok: Any, *more: int, status: int = 200) -> dict[Any, Any]:
    """Return the `responses` of an operation: what it gives, then the refusals every operation has and `more`."""
    problems = {
        (code, "application/problem+json"): OpenApiResponse(Problem, description=WORDS[code])
        for code in sorted({*ALWAYS, *more})
    }
    return {status: OpenApiResponse(ok, description="Created" if status == 201 else "OK"), **problems}


CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="from `next` of the page before")
LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}, description="page size"
)
IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="ETag of the state you decide on; else 412"
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="the same key and body get the first answer again",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="ETag you have; 304 when it is current"
)


def closed_bodies(result: dict[str, Any], **_settings: Any) -> dict[str, Any]:
    """Say that bodies have no other members (`views.validated` refuses them): a hook over the finished document."""
    components = result["components"]["schemas"]
    operations = [operation for methods in result["paths"].values() for operation in methods.values()]
    waiting, seen = _named_in([operation.get("requestBody", {}) for operation in operations]), set()
    while waiting:
        name = waiting.pop()
        if name not in seen and components[name].get("type") == "object":
            components[name]["additionalProperties"] = False
            waiting += _named_in(components[name])
        seen.add(name)
    return result


def _named_in(schema: Any) -> list[str]:
    """The components that a part of the document refers to."""
    if isinstance(schema, dict):
        own = [schema["$ref"].rpartition("/")[2]] if "$ref" in schema else []
        return own + [name for value in schema.values() for name in _named_in(value)]
    return [name for one in schema for name in _named_in(one)] if isinstance(schema, list) else []


def conditional_answers(result: dict[str, Any], **_settings: Any) -> dict[str, Any]:
    """Describe 304 where `If-None-Match` is read (RFC 9110, 15.4.5): a hook over the finished document."""
    for operations in result["paths"].values():
        for operation in operations.values():
            if any(parameter["name"] == "If-None-Match" for parameter in operation.get("parameters", ())):
                operation["responses"]["304"] = {"description": "Not modified: what you have is current"}
    return result
