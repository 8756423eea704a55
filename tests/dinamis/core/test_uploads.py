# SPDX-License-Identifier: AGPL-3.0-or-later
"""Five gigabytes are cut after twelve megabytes, and nothing of them stays."""

import io
import tempfile

from django.core.handlers.wsgi import WSGIRequest

from dinamis.core.uploads import was_cut

HEAD = (
    b'--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nStatuts\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n"
)
TAIL = b"\r\n--B--\r\n"


class Endless(io.RawIOBase):
    """A body of `size` bytes that is never held in memory; `taken` counts what was read of it."""

    def __init__(self, size):
        self.left, self.head, self.taken = size, HEAD, 0

    def read(self, size=-1):
        if self.head:
            piece, self.head = self.head[:size], self.head[size:]
        elif self.left > 0:
            piece = b"%PDF-1.7 " * (min(size, self.left, 2**20) // 9 + 1)
            piece = piece[: min(size, self.left)]
            self.left -= len(piece)
        else:
            piece = TAIL if self.left == 0 else b""
            self.left = -1
        self.taken += len(piece)
        return piece


def request(size):
    body = Endless(size)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "multipart/form-data; boundary=B",
        "CONTENT_LENGTH": str(len(HEAD) + size + len(TAIL)),
        "wsgi.input": body,
    }
    return WSGIRequest(environ), body


def test_five_gigabytes(tmp_path, settings, monkeypatch):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    asked, body = request(5 * 2**30)
    assert asked.POST["title"] == "Statuts"
    assert "file" not in asked.FILES
    assert was_cut(asked)
    assert body.taken < settings.DINAMIS["UPLOAD_MAX_BYTES"] + 2**20
    assert list(tmp_path.iterdir()) == []


def test_a_file_within_the_limit_arrives_whole():
    asked, _body = request(3_000_000)
    assert asked.FILES["file"].size == 3_000_000
    assert not was_cut(asked)
    asked.close()
