# SPDX-License-Identifier: AGPL-3.0-or-later
"""Downloads against recorded answers: resume, refusals, and what is left on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from dinamis.providers.base import DeliveryFile, ProviderError
from dinamis.providers.download import fetch

DATA = bytes(range(256)) * 4096
FILE = DeliveryFile(
    url="https://files.example/a.zip", name="a.zip", size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest()
)
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(handler))


def ranged(request: httpx.Request) -> httpx.Response:
    """A server that honours ranges."""
    header = request.headers.get("Range", "")
    start = int(header[6:-1]) if header else 0
    if start >= len(DATA):
        return httpx.Response(416)
    headers = {"Content-Range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"} if header else {}
    return httpx.Response(206 if header else 200, headers=headers, content=DATA[start:])


class Broken(httpx.SyncByteStream):
    """A body that breaks after its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self.data
        raise httpx.ReadError("cut")


def test_part_file_is_resumed_by_a_later_call(tmp_path: Path) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Broken(DATA[:300_000])) if "Range" not in request.headers else _raise()

    def _raise() -> httpx.Response:
        raise httpx.ConnectError("down")

    target = tmp_path / "a.zip"
    with pytest.raises(ProviderError) as caught:
        fetch(client(cut), FILE, target, attempts=2)
    assert (caught.value.permanent, caught.value.code) == (False, "network")
    assert not target.exists()
    part = tmp_path / "a.zip.part"
    kept = part.stat().st_size
    assert 0 < kept <= 300_000
    asked: list[str | None] = []

    def rest(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Range"))
        return ranged(request)

    assert fetch(client(rest), FILE, target).read_bytes() == DATA
    assert asked == [f"bytes={kept}-"]
    assert not part.exists()


def test_server_that_ignores_ranges_starts_again(tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(b"x" * 1000)
    whole = client(lambda request: httpx.Response(200, content=DATA))
    assert fetch(whole, FILE, tmp_path / "a.zip").read_bytes() == DATA


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (lambda r: httpx.Response(200, content=DATA[:1000]), "wrong_size"),
        (lambda r: httpx.Response(200, content=DATA + b"more"), "wrong_size"),
        (lambda r: httpx.Response(200, content=b"\0" * len(DATA)), "wrong_checksum"),
        (lambda r: httpx.Response(404, json={"message": "gone"}), "not_found"),
    ],
)
def test_refused_files_leave_nothing(tmp_path: Path, handler: Handler, code: str) -> None:
    with pytest.raises(ProviderError) as caught:
        fetch(client(handler), FILE, tmp_path / "a.zip")
    assert (caught.value.permanent, caught.value.code) == (True, code)
    assert list(tmp_path.iterdir()) == []


def test_another_range_than_asked_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(DATA[:10])
    odd = client(lambda r: httpx.Response(206, headers={"Content-Range": f"bytes 0-9/{len(DATA)}"}, content=DATA))
    with pytest.raises(ProviderError) as caught:
        fetch(odd, FILE, tmp_path / "a.zip")
    assert caught.value.code == "unreadable_answer"
    assert list(tmp_path.iterdir()) == []


def test_complete_part_file_is_verified_without_a_request(tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(DATA)

    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError("no request is needed")

    assert fetch(client(never), FILE, tmp_path / "a.zip").read_bytes() == DATA
