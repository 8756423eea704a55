# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who does a thing. "Cancelled by the provider" is never "cancelled"."""

from dataclasses import dataclass
from typing import Any

from dinamis.core.statemachine import By


@dataclass(frozen=True)
class Actor:
    """A kind, a name to show, and the account when there is one."""

    kind: By
    label: str
    user: Any = None

    @classmethod
    def person(cls, user: Any) -> "Actor":
        """Return the actor for a signed-in person."""
        return cls(By.PERSON, str(user), user)

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
