# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request may be asked at another hour: the clock of the house is moved for it, in Python and in the database."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from dinamis.core import clock

HEADER = "X-Hour"


class HourMiddleware:
    """Answers a request as of the moment its header names (ISO 8601 with an offset); without it, as of now."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, on the clock it asks for."""
        if (hour := request.headers.get(HEADER)) is None:
            return self.get_response(request)
        with clock.at(datetime.fromisoformat(hour)):
            return self.get_response(request)
