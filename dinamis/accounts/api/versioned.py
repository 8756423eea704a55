# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes of what somebody read: on the version they name, by If-Match or in the body."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.response import Response

from dinamis.accounts.api.idempotency import idempotent
from dinamis.core.api.conditional import check_if_match, etag_of
from dinamis.core.exceptions import Invalid, PreconditionFailed, StaleVersion


def acted(
    request: Any,
    asked: Mapping[str, Any],
    *,
    read: Callable[[], Any],
    shape: Callable[[Any], Any],
    act: Callable[[Any, int], None],
    member: str = "version",
) -> Response:
    """Do something once, on the version the caller read, and answer with what there is now and its ETag.

    `read` finds what is changed (raises NotVisible), `shape` shows it, `act` takes it and the version; `member` is the
    name of the version, in the body and of the thing. Raises Invalid where none is named; StaleVersion (409) where it
    is not the present one, PreconditionFailed (412) where If-Match was sent.
    """

    def execute() -> tuple[int, Any]:
        thing = read()
        conditional = check_if_match(request, etag_of(shape(thing)))
        seen = getattr(thing, member) if conditional else asked.get(member)
        if seen is None:
            raise Invalid(
                _("Say which %(member)s you read, here or by If-Match.") % {"member": member},
                pointer=member,
                code="required",
            )
        act(thing, seen)
        return 200, shape(read())

    try:
        response = idempotent(request, execute)
    except StaleVersion as error:
        if "If-Match" in request.headers:
            raise PreconditionFailed(str(error), **error.extra) from error
        raise
    response.headers["ETag"] = etag_of(shape(read()))
    return response
