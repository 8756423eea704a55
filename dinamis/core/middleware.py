# SPDX-License-Identifier: AGPL-3.0-or-later
"""What stands around every view: who acts, the short way to the open API, and answers to errors no view expected."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve

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


class OpenApiMiddleware:
    """Hands programs that read the open API, and maps that ask for their tiles, straight to the view.

    They bring no session, so that nobody is signed in, no form is posted and no message waits: what the middleware
    below would find out takes as long as finding an image. Whoever is signed in, or reads pages, takes the long way.
    """

    # A document is no page: nothing of it runs, and nobody shows it inside of theirs.
    headers = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY"}  # noqa: RUF012

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a program; pass on everybody else."""
        if not _is_program(request):
            return self.get_response(request)
        request.user = AnonymousUser()
        request.resolver_match = match = resolve(request.path_info)
        try:
            response = match.func(request, *match.args, **match.kwargs)
        except DomainError as error:
            response = problem_from(error)
        if hasattr(response, "render"):
            response = response.render()
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response


def _is_program(request: HttpRequest) -> bool:
    return (
        request.path_info.startswith(settings.OPEN_API)
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "text/html" not in request.META.get("HTTP_ACCEPT", "")
    )


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
