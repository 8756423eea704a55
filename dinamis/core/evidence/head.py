# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far the chain had come, written outside the database and signed: what its owner deletes at the end is missed."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core import signing

SALT = "dinamis.evidence.head"


@dataclass(frozen=True)
class Head:
    """The last position linked and the chain there."""

    position: int
    chain: str


def path() -> Path:
    """Return the file that holds the head."""
    return Path(settings.EVIDENCE_HEAD)


def write(head: Head) -> None:
    """Replace the file in one step; a head that is behind the one written already is dropped."""
    known = read()
    if known is not None and known.position >= head.position:
        return
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}")
    draft.write_text(signing.dumps([head.position, head.chain], salt=SALT))
    draft.replace(target)


def read() -> Head | None:
    """Return what the file says, None where there is none. Raises BadSignature when somebody else wrote it."""
    try:
        said = path().read_text()
    except FileNotFoundError:
        return None
    position, chain = signing.loads(said, salt=SALT)
    return Head(position, chain)
