# SPDX-License-Identifier: AGPL-3.0-or-later
"""One place where a domain error that no view expected becomes an answer a reader can use."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dinamis.core.exceptions import DomainError
from dinamis.core.problem import problem_from, wants_problem

GetResponse = Callable[[HttpRequest], HttpResponse]


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
