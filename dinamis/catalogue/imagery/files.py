# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files written whole or not at all, and their checksums."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHUNK = 2**20
SHA256_MULTIHASH = "1220"


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file, 64 small hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def multihash(sha256: str) -> str:
    """The ``file:checksum`` of the STAC file extension for a SHA-256 (code 0x12, 32 bytes)."""
    return f"{SHA256_MULTIHASH}{sha256}"


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary path beside ``target`` that takes its name when the block ends well, and vanishes when it does not.

    The suffix is kept, since raster drivers look at it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{secrets.token_hex(6)}{target.suffix}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        for leftover in (temporary, temporary.with_name(f"{temporary.name}.aux.xml")):
            leftover.unlink(missing_ok=True)


def fsync_file(path: Path) -> None:
    """Have the bytes of ``path`` on the disk before a database row says so. Raises OSError."""
    with path.open("rb") as opened:
        os.fsync(opened.fileno())
