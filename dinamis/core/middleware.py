# SPDX-License-Identifier: AGPL-3.0-or-later
"""One place where a domain error that no view expected becomes an answer a reader can use."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dinamis.core.actors import Actor
from dinamis.core.evidence.context import said_by, saying
from dinamis.core.exceptions import DomainError
from dinamis.core.problem import problem_from, wants_problem

GetResponse = Callable[[HttpRequest], HttpResponse]


class ActingMiddleware:
    """Tells the events of this request who is signed in and by which page they act."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        with saying(lambda: _said_by(request)):
            return self.get_response(request)


def _said_by(request: HttpRequest) -> dict[str, Any]:
    action = request.resolver_match.view_name if request.resolver_match else ""
    # Only a person the view has asked for: finding out costs a query that reads must not pay.
    user = getattr(request, "_cached_user", None)
    if user is None or not user.is_authenticated:
        return {"action": action[:100], "actor_kind": "anonymous"}
    return said_by(Actor.person(user), action=action)


class DomainErrorMiddleware:
    """Answer domain errors: problem+json to programs, a page that says what to do to people."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a DomainError into its answer; leave everything else to Django."""
        if not isinstance(error, DomainError):
            return None
        if wants_problem(request):
            return problem_from(error)
        return render(request, "core/refused.html", {"error": error}, status=error.status)
