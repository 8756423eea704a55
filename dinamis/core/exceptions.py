# SPDX-License-Identifier: AGPL-3.0-or-later
"""The domain errors. Pages and API turn each into the same words; the HTTP status is the API's (RFC 9457)."""

from collections.abc import Mapping, Sequence
from typing import Any


class DomainError(Exception):
    """A refusal a person can read. `code` is stable, `message` translated, `extra` goes into problem+json."""

    status = 400
    code = "refused"

    def __init__(self, message: Any, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(str(message))
        self.message = message
        self.code = code or self.code
        self.extra = extra


class NotPermitted(DomainError):
    """The person may see the thing but not do this to it."""

    status = 403
    code = "not_permitted"


class NotEntitled(DomainError):
    """`decide()` said no; `missing` lists every failing condition with the page that repairs it."""

    status = 403
    code = "not_entitled"

    def __init__(self, message: Any, *, missing: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message, missing=list(missing))


class NotVisible(DomainError):
    """The thing does not exist for this person."""

    status = 404
    code = "not_found"


class IllegalTransition(DomainError):
    """The thing is not in a state from which this can be done."""

    status = 409
    code = "illegal_transition"


class StaleVersion(DomainError):
    """Somebody changed the thing since the page was shown."""

    status = 409
    code = "stale_version"


class PreconditionFailed(DomainError):
    """The state that `If-Match` names is not the present one."""

    status = 412
    code = "precondition_failed"


class QuotaExceeded(DomainError):
    """An envelope cannot hold the cost; `available` and `required` are in `unit`."""

    status = 409
    code = "quota_exceeded"


class Busy(DomainError):
    """A lock was not free in time. Trying again later is right."""

    status = 503
    code = "busy"


class Invalid(DomainError):
    """A value that cannot be used; `pointer` names the field, `repair` says what to do."""

    status = 422
    code = "invalid"

    def __init__(self, message: Any, *, pointer: str = "", repair: Any = "", code: str | None = None) -> None:
        super().__init__(message, code=code, pointer=pointer, repair=str(repair))
        self.pointer = pointer
        self.repair = repair

    def at(self, pointer: str) -> "Invalid":
        """Return the same refusal of a value that the caller named `pointer`."""
        return Invalid(self.message, pointer=pointer, repair=self.repair, code=self.code)


class SeveralInvalid(Invalid):
    """Several values that cannot be used, each an Invalid of `errors`; the first speaks where only one is shown."""

    def __init__(self, errors: Sequence[Invalid]) -> None:
        first = errors[0]
        super().__init__(first.message, pointer=first.pointer, repair=first.repair, code=first.code)
        self.errors = tuple(errors)


def refuse(errors: Sequence[Invalid]) -> None:
    """Raise what `errors` hold: one as it is, several together; nothing when there is none."""
    if errors:
        raise errors[0] if len(errors) == 1 else SeveralInvalid(errors)
