# SPDX-License-Identifier: AGPL-3.0-or-later
"""The download gateway: `/d/<token>/<name>`. No session; the right is asked at every request, every byte range."""

from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from dinamis.core import clock
from dinamis.core.problem import problem
from licensing.selectors.decision import Deny
from orders.models import TicketObject
from orders.selectors.downloads.ticket import find, key_stands, still_allowed
from orders.services.downloads.ticket import hash_token, note_fetched

METHODS = "GET, HEAD"


@csrf_exempt
def gateway(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """Hand a file over to nginx, or say in problem+json why not. Never a redirect."""
    response = _answer(request, token, name)
    # Django would write the path of a refused request, and with it the token, into the log.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _answer(request: HttpRequest, token: str, name: str) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        response: HttpResponse = problem(405, "method_not_allowed", _("Only GET and HEAD are possible here."))
        response["Allow"] = METHODS
        return response
    obj = find(hash_token(token), name)
    if obj is None:
        return problem(404, "not_found", _("There is no such link."))
    at = clock.now()
    if obj.ticket.expires_at <= at:
        return problem(410, "link_expired", _("This link has expired: ask for a new one."))
    if not key_stands(obj, at=at):
        return problem(403, "key_ended", _("The API key that asked for this link is not in force any more."))
    answer = still_allowed(obj, at=at)
    if isinstance(answer, Deny):
        return problem(403, "not_entitled", _("This file may not be downloaded any more."), missing=answer.missing())
    note_fetched(obj, at=at)
    return _hand_over(obj)


def _hand_over(obj: TicketObject) -> HttpResponse:
    """Range requests, ETag and the bytes are nginx's work."""
    response = HttpResponse(content_type=obj.asset.media_type)
    response["X-Accel-Redirect"] = settings.FILES_INTERNAL_PREFIX + quote(obj.asset.storage_key)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=obj.name)
    response["Cache-Control"] = "private, no-store"
    return response
