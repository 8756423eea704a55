# SPDX-License-Identifier: AGPL-3.0-or-later
"""Remembers what a step was done from, so that a second start skips it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from dinamis.embedded.state import checkout_root


def digest(paths: Iterable[Path], *words: str) -> str:
    """SHA-256 over the names and contents of files, and some words. An absent file counts as absent."""
    total = hashlib.sha256()
    for word in words:
        total.update(word.encode() + b"\0")
    for path in sorted(paths):
        total.update(relative(path).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"absent")
    return total.hexdigest()


def relative(path: Path) -> str:
    """The path inside the checkout, so that a copy of the checkout has the same digests."""
    root = checkout_root()
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


class Stamps:
    """A small file of step → digest."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, str]:
        """Every stamp; none when the file is absent or damaged (the steps are then simply done again)."""
        try:
            held = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    def current(self, step: str, value: str) -> bool:
        """Whether the step was done from exactly these inputs."""
        return self.read().get(step) == value

    def mark(self, step: str, value: str) -> None:
        """Write that the step was done; in one rename, so that a crash leaves the former file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.read() | {step: value}, indent=1))
        fresh.replace(self.path)
