# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the person at the terminal reads: progress lines, and failures said in words."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = time.monotonic()
hushed = False


class Failure(Exception):
    """Something the person can repair; the message says what and how. Shown without traceback."""


def hush() -> None:
    """Say no more: what a wrapped command printed last stays last."""
    global hushed  # noqa: PLW0603  (one terminal, one switch)
    hushed = True


def say(text: str) -> None:
    """Print one progress line on stderr, preceded by the seconds elapsed since the command began."""
    if hushed:
        return
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Say what begins, then how long it took; an exception passes through."""
    begun = time.monotonic()
    say(f"{doing} …")
    yield
    say(f"{doing}: done in {time.monotonic() - begun:.1f} s")
