# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who does a thing. "Cancelled by the provider" is never "cancelled"."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from dinamis.core.statemachine import By

# A history keeps names, not languages: "B for A" is written so, and said in the reader's language when it is shown.
FOR = " for "
_behalf: ContextVar[Any] = ContextVar("dinamis_behalf", default=None)


@contextmanager
def on_behalf_of(person: Any) -> Iterator[None]:
    """Say that what is done in the block is done for `person` (None = in one's own name); the caller has checked it."""
    token = _behalf.set(person)
    try:
        yield
    finally:
        _behalf.reset(token)


def behalf() -> Any:
    """Return the person for whom somebody acts here, or None."""
    return _behalf.get()


def who_words(label: str) -> str:
    """Return the label of a history in the language in use."""
    name, stands, other = label.partition(FOR)
    return gettext("%(name)s for %(other)s") % {"name": name, "other": other} if stands else label


@dataclass(frozen=True)
class Actor:
    """A kind, a name to show, and the account when there is one."""

    kind: By
    label: str
    user: Any = None

    @classmethod
    def person(cls, user: Any) -> "Actor":
        """Return the actor for a signed-in person, who may stand in for somebody here ("B for A")."""
        label = f"{user}{FOR}{_behalf.get()}" if _behalf.get() is not None else str(user)
        return cls(By.PERSON, label[:200], user)

    @classmethod
    def signatory(cls, name: str) -> "Actor":
        """Return the actor for a legal representative acting through a one-time link."""
        return cls(By.SIGNATORY, name)

    @classmethod
    def provider(cls, name: str) -> "Actor":
        """Return the actor for what a provider did."""
        return cls(By.PROVIDER, name)


SYSTEM = Actor(By.SYSTEM, "DINAMIS")


@dataclass(frozen=True)
class Reason:
    """A coded reason and its words."""

    code: str = ""
    words: str = ""

    def __bool__(self) -> bool:
        """Tell whether anything was given."""
        return bool(self.code or self.words.strip())
