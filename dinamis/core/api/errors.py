# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every refusal of the partner API as problem+json (RFC 9457): ours, the framework's, and what nobody expected."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions as drf

from dinamis.core.exceptions import Busy, DomainError, Invalid, SeveralInvalid
from dinamis.core.problem import problem, problem_from
from dinamis.core.transitions import LOCK_NOT_AVAILABLE

log = logging.getLogger(__name__)

CODES = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


class InvalidParameters(Exception):
    """Query parameters that cannot be used, each with `parameter`, `detail` and `code`."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors


def exception_handler(error: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """Return the problem for `error`; what nobody expected is logged and answered by 500 without its words."""
    if isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE:
        error = Busy(_("Somebody is changing this at the same moment. Try again in a few seconds."))
    if isinstance(error, DomainError):
        return _domain(error, context["request"])
    if isinstance(error, InvalidParameters):
        return problem(422, "invalid", _("Some values cannot be used: see errors."), errors=error.errors)
    if isinstance(error, drf.ValidationError):
        return invalid(pointed(error.detail), context["request"])
    if isinstance(error, drf.APIException):
        return _framework(error)
    return _django(error) or _unexpected(error, context)


def _domain(error: DomainError, request: HttpRequest) -> JsonResponse:
    if isinstance(error, Invalid):
        several = error.errors if isinstance(error, SeveralInvalid) else (error,)
        detail = str(error) if len(several) == 1 else ""
        return invalid([_one(one) for one in several], request, code=error.code, detail=detail)
    return problem_from(error)


def _django(error: Exception) -> JsonResponse | None:
    if isinstance(error, Http404):
        return problem(404, "not_found", _("There is nothing here, or not for you."))
    if isinstance(error, PermissionDenied):
        return problem(403, "not_permitted", str(error) or _("You may not do this."))
    if isinstance(error, RequestDataTooBig):
        return problem(413, "too_large", _("The request is too large."))
    return None


def invalid(
    errors: list[dict[str, str]], request: HttpRequest, *, code: str = "invalid", detail: str = ""
) -> JsonResponse:
    """Return 422 with every value that cannot be used: `pointer` into the body, or `parameter` of the address."""
    if request.method in {"GET", "HEAD"}:
        errors = [_of_address(one) for one in errors]
    return problem(422, code, detail or _("Some values cannot be used: see errors."), errors=errors)


def _of_address(error: dict[str, str]) -> dict[str, str]:
    pointer = error.pop("pointer", "")
    return {"parameter": pointer.split("/")[1], **error} if pointer else error


def _one(error: Invalid) -> dict[str, str]:
    one = {"detail": str(error), "code": error.code}
    if error.pointer:
        one["pointer"] = "/" + error.pointer.strip("/").replace(".", "/")
    if error.repair:
        one["repair"] = str(error.repair)
    return one


def pointed(detail: Any, path: str = "") -> list[dict[str, str]]:
    """Flatten the errors of a serializer: one entry each, with the JSON pointer (RFC 6901) of its value."""
    return list(_walk(detail, path))


def _walk(detail: Any, path: str) -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _walk(inner, path if name == "non_field_errors" else f"{path}/{_escaped(str(name))}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _walk(inner, f"{path}/{index}" if isinstance(inner, Mapping | list) else path)
    else:
        yield {"pointer": path, "detail": str(detail), "code": str(getattr(detail, "code", "invalid"))}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _framework(error: drf.APIException) -> JsonResponse:
    status = error.status_code
    response = problem(status, CODES.get(status, "refused"), str(error.detail))
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _unexpected(error: Exception, context: Mapping[str, Any]) -> JsonResponse:
    request: HttpRequest = context["request"]._request
    log.error("Unexpected error in %s %s", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=type(context["view"]), request=request)
    return problem(500, "internal", _("Something went wrong on our side. It was noted."))
