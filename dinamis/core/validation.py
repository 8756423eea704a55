# SPDX-License-Identifier: AGPL-3.0-or-later
"""Django's validation errors, turned into refusals that read like every other refusal of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model

from dinamis.core.exceptions import Invalid

M = TypeVar("M", bound=Model)


def checked(instance: M, *, exclude: tuple[str, ...] = ()) -> M:
    """Return `instance` after full_clean(). Raises Invalid for the first thing wrong, `pointer` naming the field."""
    with as_invalid():
        instance.full_clean(exclude=exclude)
    return instance


@contextmanager
def as_invalid(pointer: str = "") -> Iterator[None]:
    """Turn a ValidationError raised inside into Invalid; `pointer` names the field when the error does not."""
    try:
        yield
    except ValidationError as error:
        named = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
        field, errors = next(iter(named.items()))
        first = errors[0]
        raise Invalid(
            " ".join(first.messages),
            pointer=pointer if field == NON_FIELD_ERRORS else field,
            code=first.code or "invalid",
        ) from error
