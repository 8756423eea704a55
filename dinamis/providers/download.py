# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching a delivered file: streamed, resumed, verified, and only then given its name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import httpx

from dinamis.providers.base import DeliveryFile, ErrorCode, Progress, RequestRefused, TransientError
from dinamis.providers.http_errors import error_from, transport_error

CHUNK = 256 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)\Z")


def fetch(
    client: httpx.Client,
    file: DeliveryFile,
    target: Path,
    *,
    headers: Mapping[str, str] | None = None,
    attempts: int = 4,
    on_progress: Progress | None = None,
) -> Path:
    """Download ``file`` to ``target``.

    What is already in ``target.part`` is kept and the rest asked with ``Range``; an interrupted transfer is resumed up
    to ``attempts`` times in a row without a new byte, and what was received stays for a later call. Raises
    ``TransientError`` then, ``RequestRefused`` (``wrong_size``, ``wrong_checksum``) after removing what came when it is
    not what the manifest promised.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    idle = 0
    while _size(part) < file.size:
        before = _size(part)
        try:
            ended = _transfer(client, file, part, headers or {}, on_progress)
        except TransientError:
            ended = False
            idle = 0 if _size(part) > before else idle + 1
            if idle >= attempts:
                raise
        if ended and _size(part) < file.size:
            _refuse(part, ErrorCode.WRONG_SIZE, f"{file.name}: {_size(part)} bytes came, {file.size} were promised")
    _verify(part, file)
    part.replace(target)
    return target


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _transfer(
    client: httpx.Client, file: DeliveryFile, part: Path, headers: Mapping[str, str], on_progress: Progress | None
) -> bool:
    """One request; True when the server sent all it said it had."""
    start = _size(part)
    asked = dict(headers) | {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with client.stream("GET", file.url, headers=asked) as response:
            if response.status_code == 416:
                _refuse(part, ErrorCode.WRONG_SIZE, f"{file.name}: the server has fewer than {file.size} bytes")
            if response.is_error:
                response.read()
                raise error_from(response)
            start = _start_of(response, start, file, part)
            _append(response, part, start, file, on_progress)
    except httpx.HTTPError as error:
        raise transport_error(error) from error
    return True


def _start_of(response: httpx.Response, start: int, file: DeliveryFile, part: Path) -> int:
    """Where the body begins: 0 when the server ignored the range."""
    if response.status_code != 206:
        return 0
    match = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != start:
        _refuse(part, ErrorCode.UNREADABLE_ANSWER, f"{file.name}: the server answered another range")
    return start


def _append(response: httpx.Response, part: Path, start: int, file: DeliveryFile, on_progress: Progress | None) -> None:
    done = start
    with part.open("r+b" if start else "wb") as out:
        out.seek(start)
        out.truncate()
        for chunk in response.iter_bytes(CHUNK):
            done += len(chunk)
            if done > file.size:
                break
            out.write(chunk)
            if on_progress is not None:
                on_progress(done, file.size)
    if done > file.size:
        _refuse(part, ErrorCode.WRONG_SIZE, f"{file.name}: more than {file.size} bytes came")


def _verify(part: Path, file: DeliveryFile) -> None:
    digest = hashlib.sha256()
    if not part.exists():
        part.touch()
    with part.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    if _size(part) != file.size:
        _refuse(part, ErrorCode.WRONG_SIZE, f"{file.name}: {_size(part)} bytes came, {file.size} were promised")
    if digest.hexdigest() != file.sha256.lower():
        _refuse(
            part, ErrorCode.WRONG_CHECKSUM, f"{file.name}: SHA-256 {digest.hexdigest()}, {file.sha256} was promised"
        )


def _refuse(part: Path, code: ErrorCode, message: str) -> None:
    part.unlink(missing_ok=True)
    raise RequestRefused(message, code=code)
