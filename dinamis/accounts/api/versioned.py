# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes of what somebody read: on the version they name, by If-Match or in the body."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.response import Response

from dinamis.accounts.api.idempotency import idempotent
from dinamis.core.api.conditional import check_if_match, etag_of
from dinamis.core.exceptions import DomainError, IllegalTransition, Invalid, PreconditionFailed, StaleVersion


def acted(
    request: Any,
    asked: Mapping[str, Any],
    *,
    read: Callable[[], Any],
    shape: Callable[[Any], Any],
    act: Callable[[Any, int], None],
    member: str = "version",
    told: Callable[[DomainError], DomainError] | None = None,
) -> Response:
    """Do something once, on the version the caller read, and answer with what there is then and its ETag.

    `read` finds what is changed (raises NotVisible), `shape` shows it, `act` takes it and the version; `member` is the
    name of the version, in the body and of the thing; `told` says more of a conflict. Raises Invalid where none is
    named; StaleVersion (409) where it is not the present one, PreconditionFailed (412) where If-Match was sent.
    """

    def execute() -> tuple[int, Any]:
        thing = read()
        conditional = check_if_match(request, etag_of(shape(thing)))
        act(thing, getattr(thing, member) if conditional else _named(asked, member))
        return 200, shape(read())

    try:
        response = idempotent(request, execute)
    except (StaleVersion, IllegalTransition) as error:
        raise _conflict(told(error) if told else error, conditional="If-Match" in request.headers) from error
    return tagged(response)


def tagged(response: Response) -> Response:
    """Give an answer the ETag of what it says. One that is replayed says what was there then: who changes it by this
    tag changes nothing that came in between."""
    response.headers["ETag"] = etag_of(response.data)
    return response


def _named(asked: Mapping[str, Any], member: str) -> int:
    seen: int | None = asked.get(member)
    if seen is None:
        raise Invalid(
            _("Say which %(member)s you read, here or by If-Match.") % {"member": member},
            pointer=member,
            code="required",
        )
    return seen


def _conflict(error: DomainError, *, conditional: bool) -> DomainError:
    return PreconditionFailed(str(error), **error.extra) if conditional and isinstance(error, StaleVersion) else error
