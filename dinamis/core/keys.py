# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a request signed by an API key may never do, whatever verb it reaches (I12, docs/adr/0011).

Refusal is the default: while a key acts, no state moves and no row is saved, except rows of the models that say
`keys_may_write = True`. A view that forgets to look at the key is then still safe.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models.signals import pre_delete, pre_save
from django.utils.translation import gettext as _

from dinamis.core.exceptions import NotPermitted

_acting: ContextVar[Any] = ContextVar("dinamis_api_key", default=None)


class KeyForbidden(NotPermitted):
    """An API key tried what only a person does, in a browser."""

    code = "key_forbidden"


@contextmanager
def window() -> Iterator[None]:
    """Bound the life of `act_as`: whatever key is acting inside, none is afterwards."""
    token = _acting.set(None)
    try:
        yield
    finally:
        _acting.reset(token)


def act_as(key: Any) -> None:
    """Say that the rest of this `window()` happens on the word of `key`."""
    _acting.set(key)


def acting() -> Any:
    """Return the key on whose word we act, or None."""
    return _acting.get()


def refuse_keys() -> None:
    """Raise KeyForbidden while a key acts: signing, deciding, inviting and managing keys are acts of a person."""
    if acting() is not None:
        raise KeyForbidden(_("An API key cannot do this: sign in with a browser."))


@contextmanager
def writing_history() -> Iterator[None]:
    """Let the history of what a key was allowed to do be written: one row of it, by `core.transitions` alone."""
    token = _acting.set(None)
    try:
        yield
    finally:
        _acting.reset(token)


def refuse_model(model: Any) -> None:
    """Raise KeyForbidden while a key acts, unless rows of this model are open to keys."""
    if not getattr(model, "keys_may_write", False):
        refuse_keys()


def _refuse_row(sender: Any, **kwargs: Any) -> None:
    refuse_model(sender)


def watch() -> None:
    """Refuse, from now on, every row a key would save or delete (called once, when the site starts)."""
    pre_save.connect(_refuse_row, dispatch_uid="dinamis.core.keys.save", weak=False)
    pre_delete.connect(_refuse_row, dispatch_uid="dinamis.core.keys.delete", weak=False)
