# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is served as bytes: deliveries (with Range), quicklooks (cached on disk)."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from threading import BoundedSemaphore

from dinamis.providers.simulator.http import ApiError, Request, Response, Router, bytes_response
from dinamis.providers.simulator.scenes import scene_quicklook
from dinamis.providers.simulator.world import World

CHUNK = 256 * 1024
SIZES = (64, 1024)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


class Files:
    """The handlers of deliveries and quicklooks."""

    def __init__(self, world: World) -> None:
        self.world = world
        # A page asks for twenty quicklooks at once: more than two at a time only cost memory.
        self._drawing = BoundedSemaphore(2)

    def routes(self, router: Router) -> None:
        """Register the resources."""
        router.add("GET", "/deliveries/{order}/{name}", self.delivery)
        router.add("GET", "/quicklooks/{name}", self.quicklook, open_to_all=True)

    def delivery(self, request: Request, order: str, name: str) -> Response:
        """A delivered file; ``Range: bytes=a-b`` is honoured."""
        made = [p["file"] for p in self.world.order(order)["productions"] if p["file"]]
        faults = self.world.faults
        if name not in [file["name"] for file in made] or faults.strike("missing_file", request.path):
            raise ApiError(404, "The file is not there")
        path = self.world.files / order / name
        size = path.stat().st_size
        if faults.strike("truncated_file", request.path):
            size //= 2
        start, stop = _range(request.header("Range"), size)
        broken = faults.strike("interrupted_download", request.path) is not None
        headers = {
            "Content-Type": "application/zip",
            "Content-Length": str(stop - start),
            "Accept-Ranges": "bytes",
            "ETag": f'"{path.stat().st_mtime_ns:x}-{size:x}"',
        }
        if request.header("Range"):
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        status = 206 if request.header("Range") else 200
        return Response(status, headers, _chunks(path, start, stop, (start + stop) // 2 if broken else None))

    def quicklook(self, request: Request, name: str) -> Response:
        """``<catalogId>.jpg?size=512``, rendered once."""
        scene = self.world.store.scene(name.removesuffix(".jpg"))
        if scene is None or not name.endswith(".jpg"):
            raise ApiError(404, f"No quicklook {name}")
        wanted = request.arg("size", "512")
        size = min(max(int(wanted), SIZES[0]), SIZES[1]) if wanted.isdigit() else 512
        path = self.world.config.state / "quicklooks" / f"{scene['id']}-{size}.jpg"
        headers = {"Cache-Control": "public, max-age=86400"}
        if path.exists():
            return bytes_response(path.read_bytes(), "image/jpeg", headers)
        with self._drawing:
            data = path.read_bytes() if path.exists() else scene_quicklook(scene, size)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.{id(data)}")
        part.write_bytes(data)
        part.replace(path)
        return bytes_response(data, "image/jpeg", headers)


def _range(header: str, size: int) -> tuple[int, int]:
    """First byte and one past the last. Raises ``ApiError`` 416."""
    if not header:
        return 0, size
    match = _RANGE.match(header.strip())
    first, last = match.groups() if match else ("", "")
    if not match or not (first or last):
        raise ApiError(416, "Range not satisfiable", headers={"Content-Range": f"bytes */{size}"})
    start = int(first) if first else max(0, size - int(last))
    stop = min(int(last) + 1, size) if first and last else size
    if start >= stop:
        raise ApiError(416, "Range not satisfiable", headers={"Content-Range": f"bytes */{size}"})
    return start, stop


def _chunks(path: Path, start: int, stop: int, break_at: int | None) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(start)
        while start < stop:
            limit = stop if break_at is None else max(break_at, start)
            data = source.read(min(CHUNK, limit - start))
            if not data:
                raise OSError(errno.ECONNRESET, "interrupted on purpose")
            start += len(data)
            yield data
