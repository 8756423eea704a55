# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds are told by content; a file that is two kinds at once is refused."""

import io
import struct
import zipfile

import pytest
from PIL import Image

from dinamis.core.filekind import kind_of, whole_problem

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"


def picture(kind):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(out, kind)
    return out.getvalue()


def archive(comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.txt", "a")
        file.comment = comment
    return out.getvalue()


def problem(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    return whole_problem(path, kind_of(content[:4096]))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PDF, "application/pdf"), (picture("PNG"), "image/png"), (picture("JPEG"), "image/jpeg")],
)
def test_honest_files(tmp_path, content, media_type):
    assert kind_of(content) == media_type
    assert problem(tmp_path, content) == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90",
        b"<html>",
        b"<svg xmlns='x' onload='y'/>",
        b"GIF89a",
        archive(),
        b" %PDF-1.7",
        b"\xef\xbb\xbf%PDF-",
    ],
)
def test_other_kinds(content):
    assert kind_of(content) == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"%PDF-1.4\n<html><script>alert(1)</script>\n%%EOF", "markup"),
        (b"\xff\xd8\xff\xe0 < SVG onload=x>\xff\xd9", "markup"),
        (PDF + archive(), "archive"),
        (PDF[:-7] + archive(b"%%EOF"), "archive"),
        (picture("PNG") + archive(), "archive"),
        (picture("JPEG") + archive(), "archive"),
        (PDF[:-7], "cut"),
        (PDF + b"MZ trailing program", "extra"),
        (picture("PNG")[:-6], "cut"),
        (picture("PNG") + b"x", "extra"),
        (b"\x89PNG\r\n\x1a\nrest", "cut"),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">L4s", 0xFFFFFFFF, b"IDAT") + b"x" * 40, "cut"),
        (picture("JPEG")[:-2], "cut"),
    ],
)
def test_two_faced_and_cut_files(tmp_path, content, why):
    assert problem(tmp_path, content) == why
